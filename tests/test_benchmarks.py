"""The benchmarks start, and what they compare the course with is pinned."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from benchmarks import server_peers

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "benchmarks"
COMMANDS = sorted(path.stem for path in FOLDER.glob("*.py") if "__main__" in path.read_text())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_explains_itself(name, monkeypatch, capsys):
    """`--help` works without the peers, and says what the benchmark measures."""
    monkeypatch.delitem(sys.modules, f"benchmarks.{name}", raising=False)
    monkeypatch.setattr(sys, "argv", [f"benchmarks/{name}.py", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"benchmarks.{name}", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: ")


def test_the_peers_are_pinned():
    """Each list of peers names exact versions, and the servers' list has the ones that server_peers.py starts."""
    for file in FOLDER.glob("requirements*.txt"):
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        assert lines
        assert [line for line in lines if "==" not in line] == []
    pinned = set(re.findall(r"^([\w-]+)==", server_peers.REQUIREMENTS.read_text(), re.MULTILINE))
    assert pinned == {"httpbin", "gunicorn", "gevent"}
