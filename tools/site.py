"""Render the lessons as web pages that need no kernel and no network, with labs that move: `make site`.

python tools/site.py                   # into site/
python tools/site.py --output /tmp/x   # elsewhere
"""

import argparse
import re
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_output
from pygments.formatters import HtmlFormatter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, it finds tools and lab

from tools.site_labs import Recorded, record_all, widget  # noqa: E402

BINDER = re.compile(r"https://mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)/HEAD\?urlpath=lab/tree/")
STYLE = Path(__file__).with_name("site.css")
SCRIPT = Path(__file__).with_name("site.js")
PREVIEW = ROOT / "docs" / "preview.png"  # the image that other sites show with a link to this one
TITLE = "Async HTTP, hands on"
MORE = "more"  # the folder of the notebooks for the curious
SLIDERS = "sliders: "  # how the text output of sliders begins


@dataclass(frozen=True)
class Page:
    """A notebook: its path in notebooks/ without the suffix, title, opening sentence, minutes, body and labs."""

    name: str
    title: str
    opening: str
    minutes: str
    body: str
    labs: list[Recorded]

    @property
    def is_more(self) -> bool:
        """Whether it is for the curious, and not a lesson."""
        return "/" in self.name


def put_pictures(notebook: NotebookNode, labs: list[Recorded]) -> None:
    """Put each picture into a notebook as SVG, not as an image, so that its text can be searched and read aloud.

    A lab's picture gets its sliders. Outputs that only a kernel's sliders need are removed.
    """
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [each for each in cell.outputs if not _is_for_a_kernel(each)]
        for output in cell.outputs:
            if svg := output.get("data", {}).get("image/svg+xml"):
                output.data = nbformat.from_dict({"text/html": "".join(svg)})
        for number, lab in enumerate(labs, 1):
            if lab.cell == cell.get("id"):
                _give_sliders(cell, lab, f"lab-{number}")


def _give_sliders(cell: NotebookNode, lab: Recorded, name: str) -> None:
    """Put a lab's controls above its saved picture or, if there is none, above the picture of its start."""
    pictures = [each for each in cell.outputs if each.get("data", {}).get("text/html", "").startswith("<svg")]
    if not pictures:
        pictures = [new_output("display_data", {"text/html": lab.first.svg})]
        cell.outputs.append(pictures[0])
    pictures[0].data["text/html"] = widget(lab, pictures[0].data["text/html"], name)


def _is_for_a_kernel(output: NotebookNode) -> bool:
    data = output.get("data", {})
    return "application/javascript" in data or "".join(data.get("text/plain", "")).startswith(SLIDERS)


def page(path: Path, repository: str, labs: list[Recorded]) -> Page | None:
    """Render one notebook. If it does not begin with a title, print that and return None."""
    notebook = nbformat.read(path, as_version=4)
    first = notebook.cells[0].source if notebook.cells else ""
    found = re.match(r"# (.+)\n\s*((?:.+\n?)*)", first)
    if found is None:
        print(f"{path} is left out: its first cell is not a title", file=sys.stderr)
        return None
    title, opening = found.groups()
    put_pictures(notebook, labs)
    body, _ = exporter().from_notebook_node(notebook)
    opening = re.sub(r"[^.]*:$", "", " ".join(opening.split())).strip()
    minutes = re.search(r"(\d+) minutes", first)
    folder = _notebooks_folder(path)
    name = path.relative_to(folder).with_suffix("").as_posix()
    return Page(name, title, opening, minutes[1] if minutes else "", relinked(body, path, folder, repository), labs)


@cache
def exporter() -> HTMLExporter:
    """Return what turns notebooks into HTML; it compiles its templates only once."""
    return HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="basic",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        filters={"clean_html": lambda text: text},  # cleaning the course's own notebooks changes nothing
    )


def _notebooks_folder(path: Path) -> Path:
    """Return the lessons' folder; a notebook for the curious is in a folder inside it."""
    return path.parent.parent if path.parent.name == MORE else path.parent


def relinked(body: str, path: Path, notebooks: Path, repository: str) -> str:
    """Return a notebook's HTML, in which links to notebooks lead to pages, and links to files to the repository.

    Raises:
        SystemExit: a link leads out of the repository.
    """

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


def html_page(title: str, opening: str, navigation: str, body: str, site_url: str) -> str:
    """Return a complete page with its style and script; `site_url` is where the site is published."""
    style = STYLE.read_text() + colours()
    about = {"og:title": title, "og:description": opening, "og:image": site_url + PREVIEW.name, "og:type": "website"}
    metas = "".join(f'<meta property="{name}" content="{escape(text)}">\n' for name, text in about.items())
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="description" content="{escape(opening)}">\n{metas}'
        '<meta name="twitter:card" content="summary_large_image">\n'
        f'<link rel="icon" href="data:,">\n<title>{escape(title)}</title>\n<style>\n{style}</style>\n'
        "<noscript><style>.lab .controls { display: none; }</style></noscript>\n</head>\n"
        f"<body>\n<nav>{navigation}</nav>\n<main>\n{body}\n</main>\n<script>\n{SCRIPT.read_text()}</script>\n"
        "</body>\n</html>\n"
    )


def published(repository: str) -> str:
    """Return the URL of the site on GitHub Pages; README's Binder link names the repository."""
    owner, name = repository.split("/")
    return f"https://{owner.lower()}.github.io/{name}/"


def colours() -> str:
    """Return the style sheet of code, for light and dark pages."""
    light = HtmlFormatter(style="default").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def binder_url(repository: str, name: str) -> str:
    """Return the URL that opens a learner's copy of a notebook on Binder, in JupyterLab."""
    return f"https://mybinder.org/v2/gh/{repository}/HEAD?urlpath=lab/tree/my-course/{name}.ipynb"


def index(pages: list[Page], repository: str, readme: str) -> str:
    """Return the front page: what the course is, each lesson with a lab that moves, and how to start."""
    opening = " ".join(re.findall(r"\A# .+\n\n((?:.+\n)+)", readme)[0].split())
    commands = re.findall(r"^```\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[0].rstrip()
    lessons, more = (
        "\n".join(_entry(page, repository) for page in pages if page.is_more == is_more) for is_more in (False, True)
    )
    body = (
        f'<h1>{TITLE}</h1>\n<p class="opening">{escape(opening)}</p>\n'
        "<p>Every picture below is of a real run. Move a slider, with the mouse, a finger or the arrow keys.</p>\n"
        f'<h2>Lessons</h2>\n<ol class="lessons">\n{lessons}\n</ol>\n'
        f"{f'<h2>For the curious</h2><ul class=lessons>{more}</ul>' if more else ''}\n"
        f'<h2>Start</h2>\n<p>Clone <a href="https://github.com/{repository}">the repository</a>. In its folder, run:'
        f'</p>\n<pre class="highlight">{escape(commands)}</pre>\n'
        f'<p>Or install nothing: <a href="{binder_url(repository, pages[0].name)}">open the first lesson on Binder</a>.'
        "</p>"
    )
    return html_page(TITLE, opening, "", body, published(repository))


def _entry(page: Page, repository: str) -> str:
    """Return a notebook's entry on the front page; a lesson's has the first of its labs."""
    minutes = f'<span class="minutes">{page.minutes} minutes</span> ' if page.minutes else ""
    labs = [widget(lab, lab.first.svg, f"{page.name}-lab") for lab in page.labs[:1] if not page.is_more]
    return (
        f'<li><h3><a href="{page.name}.html">{escape(page.title)}</a></h3>\n<p>{escape(page.opening)}</p>\n'
        f'{"".join(labs)}<p>{minutes}<a href="{binder_url(repository, page.name)}">Open it live on Binder</a></p></li>'
    )


def notebooks_in(folder: Path) -> list[Path]:
    """Return the paths of the lessons, and then of the notebooks for the curious."""
    return [*sorted(folder.glob("*.ipynb")), *sorted(folder.glob(f"{MORE}/*.ipynb"))]


def render(paths: list[Path], output: Path, recorded: dict[Path, list[Recorded]]) -> list[Path]:
    """Write a page for each notebook and one that lists them; return their paths."""
    readme = (ROOT / "README.md").read_text()
    [repository] = set(BINDER.findall(readme))
    pages = [each for path in paths if (each := page(path, repository, recorded[path]))]
    output.mkdir(parents=True, exist_ok=True)
    texts = {"index": index(pages, repository, readme)}
    for each in pages:
        index_page = "../" * each.name.count("/") + "index.html"
        links = (
            f'<a href="{index_page}">All lessons</a> '
            f'<a href="{binder_url(repository, each.name)}">Open it live on Binder</a>'
        )
        texts[each.name] = html_page(each.title, each.opening, links, each.body, published(repository))
    for name, text in texts.items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / f"{name}.html").write_text(text, encoding="utf-8")
    shutil.copy(PREVIEW, output)
    return [output / f"{name}.html" for name in texts]


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit status; None takes the arguments of the process."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "site", help="folder to write to (default: site/)")
    parser.add_argument("--notebooks", type=Path, default=ROOT / "notebooks", help="folder to read from")
    parser.add_argument(
        "--share", type=float, default=1.0, help="record this share of the usual slider positions (default: 1)"
    )
    arguments = parser.parse_args(argv)
    paths = notebooks_in(arguments.notebooks)
    if not paths:
        raise SystemExit(f"{arguments.notebooks} has no notebooks. Nothing was written.")
    written = render(paths, arguments.output, record_all(paths, arguments.share))
    print(f"{len(written)} pages; open {written[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
