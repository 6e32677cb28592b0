"""Write README's pictures: one picture from each lesson."""

from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "pictures"
PICTURED_CELLS = {  # for each lesson, text that only the source of the pictured cell contains
    "01_why_async": "compare(one_by_one, together)",
    "02_sessions": "compare(complete, early)",
    "03_concurrency_limits": "compare(gathered, orphaned, grouped)",
    "04_retry_backoff": "score(4, crawl",
}


def main() -> None:
    """Write a picture for each lesson."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for lesson, source in PICTURED_CELLS.items():
        notebook = nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", as_version=4)
        [cell] = [cell for cell in notebook.cells if cell.cell_type == "code" and source in cell.source]
        [svg] = [o.data["image/svg+xml"] for o in cell.outputs if "image/svg+xml" in o.get("data", {})]
        (FOLDER / f"{lesson}.svg").write_text("".join(svg) + "\n")


if __name__ == "__main__":
    main()
