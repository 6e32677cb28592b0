"""`pytest --nbval` runs the lessons if only the learner's packages are installed."""

import subprocess
import sys
from pathlib import Path

from tests.support import lessons

ROOT = Path(__file__).parents[1]
WITHOUT = """
import sys
sys.modules["axe_playwright_python"] = None  # as if it were not installed
import pytest
sys.exit(pytest.main(["--nbval", "--collect-only", "-p", "no:cacheprovider"]))
"""


def test_only_the_lessons_are_collected():
    """With the learner's packages alone, pytest collects the lessons and says why it skips the other tests."""
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    cells = sum(cell.cell_type == "code" for path in lessons.PATHS for cell in lessons.read(path).cells)
    assert ran.returncode == 0, ran.stdout
    assert f"collected {cells} items" in ran.stdout
    assert "axe_playwright_python not installed; pip install -r requirements-dev.txt" in ran.stdout
