"""The benchmarks start, and what they compare the course with is pinned."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import server_peers

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
COMMANDS = sorted(path.stem for path in FOLDER.glob("*.py") if "__main__" in path.read_text())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_explains_itself(name):
    """`--help` works without the peers, and says what the benchmark measures."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True).stdout
    assert told.startswith("usage: ")


def test_the_peers_are_pinned():
    """Each list of peers names exact versions, and the servers' list has the ones that server_peers.py starts."""
    for file in FOLDER.glob("requirements*.txt"):
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        assert lines
        assert [line for line in lines if "==" not in line] == []
    pinned = set(re.findall(r"^([\w-]+)==", server_peers.REQUIREMENTS.read_text(), re.MULTILINE))
    assert pinned == {"httpbin", "gunicorn", "gevent"}
