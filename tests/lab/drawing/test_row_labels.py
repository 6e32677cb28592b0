"""The labels beside the rows."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.drawing.row_labels import LABEL_WIDTH, fitted, names
from lab.drawing.timeline import timeline
from lab.runs.run import Run
from tests.support.runs import exchange


def labels(*paths: str) -> list[str]:
    return names([[exchange(n, path=path)] for n, path in enumerate(paths, 1)])


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        (["/status/500?latency=0.3", "/status/200?latency=0.3"], ["/status/500", "/status/200"]),
        (["/delay/0.3?n=1", "/delay/0.3?n=2"], ["n=1", "n=2"]),
        (["/drip?total", "/drip?sock_read"], ["total", "sock_read"]),
        (
            ["/items/1?latency=1&n=1", "/items/1?latency=1&n=2", "/text"],
            ["/items/1?latency=1&n=1", "/items/1?latency=1&n=2", "/text"],
        ),
        (["/a?latency=1&n=1", "/a?latency=1&n=2", "/b?latency=1"], ["/a?n=1", "/a?n=2", "/b"]),
        (["/a", "/a"], ["/a", "/a"]),
    ],
)
def test_labels_keep_the_differences(paths: list[str], shown: list[str]) -> None:
    """A label leaves out the query parameters that all rows share."""
    assert labels(*paths) == shown


def test_the_method_tells_rows_apart() -> None:
    rows = [[exchange(1, path="/items?a=1")], [exchange(2, path="/items?a=1", method="POST")]]
    assert names(rows) == ["/items", "POST /items"]


def test_long_labels_keep_method_and_end() -> None:
    """A long label loses the beginning of its path."""
    assert fitted("/status/500") == "/status/500"
    assert re.fullmatch(r"….*items/123456", fitted("/a/long/way/to/items/123456"))
    assert re.fullmatch(r"POST ….*/123", fitted("POST /a/long/way/to/items/123"))


@given(st.text())
def test_a_label_fits_beside_its_row(name: str) -> None:
    """A label fits beside its row. The width of letters is estimated; tests/browser measures it."""
    assert len(fitted(name)) * 6.5 <= LABEL_WIDTH


def shaded(*paths: str) -> int:
    svg = timeline(Run([exchange(n, path=path) for n, path in enumerate(paths, 1)]))
    found = re.search(r'data-bands="" d="([^"]*)"', svg)
    return found[1].count("Z") if found else 0


def test_rows_of_different_kinds_look_different() -> None:
    """A row's kind is its method and the names of its parameters."""
    assert shaded("/a?blocks=1", "/a?blocks=2", "/a?awaits=3") == 1
    assert shaded("/a?n=1", "/a?n=2", "/a?n=3") == 0
