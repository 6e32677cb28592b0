"""`make site`: the lessons as pages that can be read anywhere, without a kernel and without a network."""

import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from tests.support import lessons
from tests.tools.conftest import PATHS, problems
from tools.site import BINDER, PREVIEW, main, published

ROOT = Path(__file__).parents[2]
NAMES = [path.relative_to(lessons.FOLDER).with_suffix("").as_posix() for path in PATHS]

# Texts whose contrast with their background is below 4.5: tag, text, and the ratio as WCAG defines it.
PALE = """() => {
  const parts = text => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const linear = c => c > 0.03928 ? ((c + 0.055) / 1.055) ** 2.4 : c / 12.92;
  const light = ([r, g, b]) => [r, g, b].map(c => linear(c / 255))
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const seen = parts(node.tagName === 'svg' ? getComputedStyle(node.querySelector('rect')).fill
        : getComputedStyle(node).backgroundColor);
      if (seen.length < 4 || seen[3] > 0) return seen;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    if (!own || ['title', 'desc', 'style'].includes(node.tagName) || node.className === 'anchor-link') continue;
    const style = getComputedStyle(node);
    const ink = parts(node instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([node.tagName + '.' + node.getAttribute('class'), node.textContent, ratio]);
  }
  return found;
}"""


def make_site(output: Path, notebooks: Path) -> int:
    return main(["--output", str(output), "--notebooks", str(notebooks)])


@pytest.fixture
def theme():
    return "light"


in_both_themes = pytest.mark.parametrize("theme", ["light", "dark"])


@pytest.fixture
def page(theme, chromium):
    context = chromium.new_context(color_scheme=theme, viewport={"width": 1100, "height": 900})
    page = context.new_page()
    page.asked, page.errors = [], []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.on("console", lambda message: message.type == "error" and page.errors.append(message.text))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    yield page
    context.close()


def links(text: str) -> list[str]:
    return re.findall(r'<a\b[^>]*?\bhref="([^"]*)"', text)


def words_of(svg: str) -> str:
    """What a picture tells those who do not see it."""
    return unescape(re.search("<title>.+?</title><desc>.+?</desc>", svg, re.DOTALL)[0])


def test_each_lesson_has_a_page_and_the_index_names_all(site):
    files = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    assert sorted(files) == sorted(f"{name}.html" for name in ("index", *NAMES))
    index = (site / "index.html").read_text()
    assert [link for link in links(index) if not link.startswith("https:")] == [f"{name}.html" for name in NAMES]


def test_a_page_requests_only_itself(site, page):
    """It makes no other request and writes nothing to the console."""
    for file in site.rglob("*.html"):
        page.asked.clear()
        page.goto(file.as_uri(), wait_until="networkidle")
        assert [url for url in page.asked if not url.startswith("data:")] == [file.as_uri()]
    assert page.errors == []


@in_both_themes
def test_text_has_enough_contrast(site, page):
    """In the light and in the dark theme, text contrasts with its background."""
    for file in site.rglob("*.html"):
        page.goto(file.as_uri())
        page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
        assert page.evaluate(PALE) == []


def test_no_page_is_wider_than_a_telephone(site, page):
    page.set_viewport_size({"width": 360, "height": 640})
    for file in site.rglob("*.html"):
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("path", lessons.PATHS, ids=lambda path: path.stem)
def test_every_picture_is_on_its_page(path, site):
    """Its words are text that can be searched."""
    outputs = [output for cell in lessons.read(path).cells for output in cell.get("outputs", [])]
    pictures = [o.data["image/svg+xml"] for o in outputs if "image/svg+xml" in o.get("data", {})]
    text = unescape((site / path.relative_to(lessons.FOLDER).with_suffix(".html")).read_text())
    assert pictures or path in lessons.MORE, "a lesson without a picture"
    assert text.count("<svg ") == len(pictures)  # those of the labs are packed
    assert [words for words in map(words_of, pictures) if words not in text] == []


@pytest.mark.parametrize("name", ["index", *NAMES])
def test_links_lead_to_pages_or_https(name, site):
    file = site / f"{name}.html"
    for link in links(file.read_text()):
        target, _, anchor = link.partition("#")
        if urlsplit(link).scheme:
            assert link.startswith("https://")
        else:
            page = (file.parent / (target or file.name)).read_text()
            assert not anchor or f'id="{anchor}"' in page, link


@pytest.mark.parametrize("name", NAMES)
def test_each_page_links_to_its_copy_on_binder(name, site):
    live = [link for link in links((site / f"{name}.html").read_text()) if "mybinder.org" in link]
    assert [link.partition("?")[2] for link in live] == [f"urlpath=lab/tree/my-course/{name}.ipynb"]


def test_published_address_is_the_repositorys():
    """README's link to the published lessons and its Binder link name the same account and repository."""
    readme = (ROOT / "README.md").read_text()
    [address] = re.findall(r"https://[\w.-]+\.github\.io/[\w.-]+/", readme)
    assert address.lower() == published(BINDER.search(readme)[1]).lower()


@in_both_themes
def test_axe_finds_nothing_on_the_front_page(site, page):
    """axe-core finds no problem on the front page, in either theme."""
    page.goto((site / "index.html").as_uri())
    assert problems(page) == []


def test_front_page_shows_a_lab_and_the_preview(site, recorded):
    """The front page has a lab of each recorded lesson, and the image for link previews is beside it."""
    index = (site / "index.html").read_text()
    assert index.count('<figure class="lab"') == sum(bool(recorded[path]) for path in lessons.LESSONS)
    assert (site / PREVIEW.name).read_bytes().startswith(b"\x89PNG")
    assert f'content="{published(BINDER.search((ROOT / "README.md").read_text())[1])}{PREVIEW.name}"' in index


def test_links_between_notebooks_lead_to_pages(tmp_path):
    """Links between notebooks lead to their pages, and other links stay as they are."""
    notebooks = tmp_path / "notebooks"
    (notebooks / "more").mkdir(parents=True)
    text = "# Title\n\nOpening.\n\n[a](02_b.ipynb#Part) [c](https://example.org/02_b.ipynb) [d](#Title)"
    nbformat.write(new_notebook(cells=[new_markdown_cell(text)]), notebooks / "01_a.ipynb")
    back = "# More\n\nOpening.\n\n[a](../01_a.ipynb#Title)"
    nbformat.write(new_notebook(cells=[new_markdown_cell(back)]), notebooks / "more" / "b.ipynb")
    assert make_site(tmp_path / "out", notebooks) == 0
    found = links((tmp_path / "out" / "01_a.html").read_text())
    assert found[-3:] == ["02_b.html#Part", "https://example.org/02_b.ipynb", "#Title"]
    found = links((tmp_path / "out" / "more" / "b.html").read_text())
    assert (found[0], found[-1]) == ("../index.html", "../01_a.html#Title")


def test_a_notebook_without_a_title_is_left_out(tmp_path, capsys):
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Title\n\nA sentence.")]), tmp_path / "01.ipynb")
    nbformat.write(new_notebook(), tmp_path / "Untitled.ipynb")
    assert make_site(tmp_path / "site", tmp_path) == 0
    assert capsys.readouterr().err == f"{tmp_path / 'Untitled.ipynb'} is left out: its first cell is not a title\n"
    assert {file.name for file in (tmp_path / "site").iterdir()} == {"index.html", "01.html", "preview.png"}


def test_a_link_out_of_the_repository_is_refused(tmp_path):
    """A message names the link, and nothing is written."""
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Title\n\nA [file](../../far.md).")]), tmp_path / "01.ipynb")
    with pytest.raises(SystemExit) as refused:
        make_site(tmp_path / "site", tmp_path)
    link = "../../far.md, which is not in this repository"
    assert str(refused.value) == f"{tmp_path / '01.ipynb'} links to {link}. Nothing was written."
    assert not (tmp_path / "site").exists()


def test_a_folder_without_notebooks_is_refused(tmp_path):
    """The script says so, and nothing is written."""
    command = [sys.executable, ROOT / "tools" / "site.py", "--output", tmp_path / "site", "--notebooks", tmp_path]
    made = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert made.returncode == 1
    assert made.stderr == f"{tmp_path} has no notebooks. Nothing was written.\n"
    assert not (tmp_path / "site").exists()
