"""Render the lessons as web pages that need no kernel and no network: `make site`.

python tools/site.py                   # into site/
python tools/site.py --output /tmp/x   # elsewhere
"""

import argparse
import re
import sys
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).resolve().parent.parent
BINDER = re.compile(r"https://mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)/HEAD\?urlpath=lab/tree/")
STYLE = Path(__file__).with_name("site.css")


@dataclass(frozen=True)
class Page:
    """A notebook: its path in notebooks/ without an ending, its title, the sentence below it, and its body."""

    name: str
    title: str
    opening: str
    body: str


class Pictures(Preprocessor):
    """Puts the pictures themselves into the page, not images of them, so that their words can be searched and heard.

    What is for live sliders alone is left out.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        if "outputs" in cell:
            cell.outputs = [each for each in cell.outputs if "application/javascript" not in each.get("data", {})]
        for output in cell.get("outputs", []):
            svg = output.get("data", {}).get("image/svg+xml")
            if svg:
                output.data = nbformat.from_dict({"text/html": svg})
        return cell, resources


def page(path: Path, notebooks: Path, repository: str) -> Page | None:
    """Render a notebook of the folder `notebooks`; None, and a line that says so, if it does not begin with a title."""
    notebook = nbformat.read(path, as_version=4)
    first = notebook.cells[0].source if notebook.cells else ""
    found = re.match(r"# (.+)\n\s*((?:.+\n?)*)", first)
    if found is None:
        print(f"{path} is left out: its first cell is no title", file=sys.stderr)
        return None
    title, opening = found.groups()
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="basic", preprocessors=[Pictures], exclude_input_prompt=True, exclude_output_prompt=True
    )
    body, _ = exporter.from_notebook_node(notebook)
    opening = re.sub(r"[^.]*:$", "", " ".join(opening.split())).strip()
    name = path.relative_to(notebooks).with_suffix("").as_posix()
    return Page(name, title, opening, relinked(body, path, notebooks, repository))


def relinked(body: str, path: Path, notebooks: Path, repository: str) -> str:
    """Let a notebook's links to other notebooks lead to their pages, and links to other files to the repository."""

    def new(link: re.Match[str]) -> str:
        target, hash, anchor = unescape(link[1]).partition("#")
        if re.match(r"[a-z]+:|/|$", target):
            return str(link[0])
        file = (path.parent / target).resolve()
        if file.suffix == ".ipynb" and file.is_relative_to(notebooks.resolve()):
            return f'href="{target.removesuffix(".ipynb")}.html{hash}{anchor}"'
        if not file.is_relative_to(ROOT):
            raise SystemExit(f"{path} links to {target}, which is not in this repository. Nothing was written.")
        return f'href="https://github.com/{repository}/blob/HEAD/{file.relative_to(ROOT)}{hash}{anchor}"'

    return re.sub(r'href="([^"]*)"', new, body)


def whole(title: str, navigation: str, body: str) -> str:
    """A whole page with its style inside."""
    style = STYLE.read_text() + colours()
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n'
        f"<body>\n<nav>{navigation}</nav>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def colours() -> str:
    """The colours of code, for a light page and for a dark one."""
    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def live(repository: str, name: str) -> str:
    """Return the URL that opens a learner's copy of a notebook on Binder, in JupyterLab."""
    return f"https://mybinder.org/v2/gh/{repository}/HEAD?urlpath=lab/tree/my-course/{name}.ipynb"


def entries(pages: list[Page], repository: str) -> str:
    """Return an item of the index for each page."""
    return "\n".join(
        f'<li><h2><a href="{page.name}.html">{escape(page.title)}</a></h2>\n<p>{escape(page.opening)}</p>\n'
        f'<p><a href="{live(repository, page.name)}">Open it live on Binder</a></p></li>'
        for page in pages
    )


def index(pages: list[Page], repository: str) -> str:
    lessons = entries([page for page in pages if "/" not in page.name], repository)
    more = entries([page for page in pages if "/" in page.name], repository)
    hint = "These pages hold the lessons as they were run once. To move their sliders, open one live."
    body = f'<h1>Async HTTP, hands on</h1>\n<p>{hint}</p>\n<ol class="lessons">\n{lessons}\n</ol>'
    body += f'\n<p>More, for the curious:</p>\n<ul class="lessons">\n{more}\n</ul>' if more else ""
    return whole("Async HTTP, hands on", "", body)


def render(notebooks: Path, output: Path) -> list[Path]:
    """Write a page for each notebook and one that lists them; return their paths."""
    [repository] = set(BINDER.findall((ROOT / "README.md").read_text()))
    paths = [*sorted(notebooks.glob("*.ipynb")), *sorted(notebooks.glob("more/*.ipynb"))]
    pages = [each for path in paths if (each := page(path, notebooks, repository))]
    texts = {"index": index(pages, repository)}
    for each in pages:
        index_page = "../" * each.name.count("/") + "index.html"
        links = (
            f'<a href="{index_page}">All lessons</a> <a href="{live(repository, each.name)}">Open it live on Binder</a>'
        )
        texts[each.name] = whole(each.title, links, each.body)
    for name, text in texts.items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / f"{name}.html").write_text(text, encoding="utf-8")
    return [output / f"{name}.html" for name in texts]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "site", help="folder to write to (default: site/)")
    parser.add_argument("--notebooks", type=Path, default=ROOT / "notebooks", help="folder to read from")
    arguments = parser.parse_args()
    written = render(arguments.notebooks, arguments.output)
    print(f"{len(written)} pages; open {written[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
