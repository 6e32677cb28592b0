"""`make notebooks` does not overwrite what was saved while it ran."""

import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

TOOL = Path(__file__).parents[2] / "tools" / "execute_notebooks.py"


def test_a_notebook_saved_meanwhile_is_kept(tmp_path):
    """A notebook that somebody saves while it runs is not overwritten."""
    path = tmp_path / "mine.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("open('mine.ipynb', 'a').write('  ')")]), path)
    before = path.read_text()
    ran = subprocess.run([sys.executable, TOOL, path], capture_output=True, text=True, timeout=600, check=False)
    assert (ran.returncode, path.read_text()) == (1, before + "  ")
    assert f"{path} changed while it ran" in ran.stderr
