"""Run notebooks from top to bottom and save them without noise, so that changes are easy to read in a diff.

    python tools/execute_notebooks.py                                # all in notebooks/ and notebooks/more/
    python tools/execute_notebooks.py notebooks/01_why_async.ipynb   # this notebook

If a cell without the tag raises-exception raises, or a file changes while its notebook runs, that file is not saved and
no other notebook is run.
"""

import argparse
import re
import sys
import sysconfig
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
ALL = ("notebooks/*.ipynb", "notebooks/more/*.ipynb")
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
WIDGET = (
    "application/vnd.jupyter.widget-view+json"  # without a kernel, JupyterLab shows "Error displaying widget" instead
)
CELL_TIMEOUT = 300  # seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="notebooks to run (default: all)")
    paths = parser.parse_args().notebooks or [each for glob in ALL for each in sorted(ROOT.glob(glob))]
    if not paths:
        print("There is no notebook in notebooks/", file=sys.stderr)
        return 1
    for path in paths:
        print(path, flush=True)
        before = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(before, as_version=4)
        try:
            execute(notebook, path.resolve().parent)
        except CellFailed as failed:
            print(f"{path}, {failed}", file=sys.stderr)
            return 1
        if path.read_text(encoding="utf-8") != before:
            print(f"{path} changed while it ran, so its outputs were not saved. Run it again.", file=sys.stderr)
            return 1
        clean(notebook)
        nbformat.write(notebook, path)
    return 0


class CellFailed(Exception):
    """A cell raised, hung or lost its kernel. The message names the cell."""


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run the cells in a fresh kernel that works in `folder`, and store their outputs in the notebook.

    Raises:
        CellFailed: a cell did not run to its end.
    """
    notebook.metadata["kernelspec"] = KERNEL
    started = []
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=lambda cell, cell_index: started.append(cell_index),
    )
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        number = started[-1]
        raise CellFailed(f"cell {number} (id {notebook.cells[number].get('id')}): {error}") from error


def clean(notebook: nbformat.NotebookNode) -> None:
    """Remove from an executed notebook everything that differs between runs, machines or readers."""
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in ("tags",) if key in cell.metadata})
        for output in cell.get("outputs", []):
            output.pop("transient", None)
            if output.output_type == "error":
                output.traceback = [without_places(line) for line in output.traceback]
            output.get("data", {}).pop(WIDGET, None)


def without_places(text: str) -> str:
    """Return a text without the folders and memory addresses of this machine."""
    paths = sysconfig.get_paths()
    for folder in (paths["purelib"], paths["platlib"], paths["stdlib"], str(ROOT)):
        for spelling in (folder, folder.replace(str(Path.home()), "~", 1)):
            text = text.replace(spelling + "/", "")
    return re.sub(r"\b0x[0-9a-f]{6,16}\b", "0x...", text)


if __name__ == "__main__":
    sys.exit(main())
