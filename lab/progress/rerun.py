"""Run an exercise of a saved notebook in its own kernel."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from ..checking.verdict import NOT_TRIED, NOT_YET, RIGHT, Verdict
from ..drawing.canvas import shortened
from ..errors import summary
from .notebook import SavedExercise

CELL_TIMEOUT = 60  # seconds
SHOWN_LENGTH = 60  # characters of a cell's first line


class Silent(NotebookClient):
    """Discards what cells print, because an endless loop can print gigabytes."""

    def output(self, outs: Any, msg: Any, display_id: Any, cell_index: Any) -> Any:
        """Discard a stream, and keep any other output."""
        return None if msg["msg_type"] == "stream" else super().output(outs, msg, display_id, cell_index)


def rerun(saved: SavedExercise, folder: Path) -> Verdict:
    """Run an exercise's cells and its check, and return the verdict. A blank is not run.

    If something prevents the check, such as a cell that raises, it is the verdict's symptom. The kernel works in a
    temporary folder with copies of the folder's modules, so files that the cells write do not appear in the folder.

    Args:
        saved: the exercise.
        folder: the notebook's folder.
    """
    if saved.blank:
        return Verdict(saved.number, NOT_TRIED)
    check = f'import lab\nawait lab.check("{saved.number}", {saved.function})'
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in (*saved.cells, check)])
    client = Silent(notebook, kernel_name="python3", timeout=CELL_TIMEOUT, shutdown_kernel="immediate")
    try:
        with _copy_of_modules(folder) as copy, client.setup_kernel(cwd=str(copy), env=_environment()):
            symptoms = list(_symptoms(client))
    except Exception as error:  # such as a kernel that does not start or a module that cannot be read
        return Verdict(saved.number, NOT_YET, f"It could not be run: {summary(error).splitlines()[0].rstrip('.: ')}.")
    return _verdict(saved, notebook.cells[-1], symptoms)


def _symptoms(client: NotebookClient) -> Iterator[str]:
    """Run the cells, and yield a sentence for each error. Stop after a cell that does not end."""
    for number, cell in enumerate(client.nb.cells):
        where = f"The cell `{_first_line(cell.source)}`"
        try:
            client.execute_cell(cell, number)
        except CellExecutionError as error:
            yield f"{where} raised {_raised(error)}."
        except CellTimeoutError:
            yield f"{where} had not ended after {CELL_TIMEOUT} s."
            return
        except DeadKernelError:
            yield f"{where} killed the kernel."
            return


def _verdict(saved: SavedExercise, checked: nbformat.NotebookNode, symptoms: list[str]) -> Verdict:
    texts = [output.data.get("text/plain", "") for output in checked.outputs if output.output_type == "execute_result"]
    text = texts[-1] if texts else ""
    states = [state for state in (RIGHT, NOT_TRIED, NOT_YET) if text.startswith(f"{saved.number}: {state}")]
    if not states:
        return Verdict(saved.number, NOT_YET, symptoms[0] if symptoms else "Its check returned no verdict.")
    told = [text.partition(". ")[2], *(f"Before the check: {symptom}" for symptom in symptoms[:1])]
    return Verdict(saved.number, states[0], " ".join(told) if states[0] == NOT_YET else "")


def _raised(error: CellExecutionError) -> str:
    """Return an exception in one line, without the name that the kernel gives to a cell."""
    line = f"{error.ename}: {error.evalue.strip()}".rstrip(": ").splitlines()[0]
    return re.sub(r" \(\S+\.py, (line \d+)\)$", r" (\1)", line).rstrip(".")


def _first_line(source: str) -> str:
    lines = [line.strip() for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
    return shortened(lines[0], SHOWN_LENGTH) if lines else "(empty)"


@contextmanager
def _copy_of_modules(folder: Path) -> Iterator[Path]:
    with TemporaryDirectory(prefix="progress-", ignore_cleanup_errors=True) as name:
        for module in filter(Path.is_file, folder.glob("*.py")):
            shutil.copy(module, name)
        yield Path(name)


def _environment() -> dict[str, str]:
    """Return the kernel's environment variables, with which any folder can import this repository's packages."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}
