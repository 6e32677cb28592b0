"""The set-up cell names what is missing and the mend, and else has a fresh server."""

import re
from pathlib import Path

import pytest

from lab import EnvironmentProblem, environment, set_up

REQUIREMENTS = (Path(__file__).parents[2] / "requirements.txt").read_text()


def test_it_returns_the_server_reset(server):
    server.configure(latency=0.3)
    assert set_up() is server
    assert server.conditions.latency == 0


def test_a_missing_package_is_named_with_the_mend(monkeypatch):
    monkeypatch.setitem(environment.NEEDED, "no-such-package", (1,))
    with pytest.raises(EnvironmentProblem, match=r"no-such-package is not installed.*%pip install"):
        set_up()


def test_a_package_too_old_is_named_with_the_mend(monkeypatch):
    monkeypatch.setitem(environment.NEEDED, "aiohttp", (999, 1))
    with pytest.raises(EnvironmentProblem, match=r"aiohttp is 3\.\S+; the course needs 999\.1 or later.*%pip install"):
        set_up()


def test_a_python_too_old_is_named(monkeypatch):
    monkeypatch.setattr(environment, "PYTHON", (99, 0))
    with pytest.raises(EnvironmentProblem, match="the course needs 99.0 or later"):
        set_up()


@pytest.mark.parametrize(
    ("text", "numbers"), [("3.14.5", (3, 14, 5)), ("8.0rc1", (8,)), ("1.6.0.post1", (1, 6, 0)), ("dev", ())]
)
def test_versions_are_read_as_numbers(text, numbers):
    assert environment._numbers(text) == numbers


def test_what_it_needs_is_what_requirements_says():
    stated = dict(re.findall(r"^([\w-]+)>=([\d.]+)", REQUIREMENTS, re.MULTILINE))
    for package, least in environment.NEEDED.items():
        wanted = environment._numbers(stated[package])
        shorter = min(len(least), len(wanted))
        assert least[:shorter] == wanted[:shorter], package
