"""The picture of a run."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.drawing.scale import PLOT_LEFT, PLOT_RIGHT
from lab.drawing.timeline import axis_length, stacked, timeline
from lab.runs.outcome import Outcome, outcome
from lab.runs.run import Run
from tests.support.runs import attempts_of, exchange, runs, together

SVG = "{http://www.w3.org/2000/svg}"
Bar = tuple[float, float, float]


def parsed(run: Run) -> ElementTree.Element:
    return ElementTree.fromstring(timeline(run))


def words(run: Run) -> list[str]:
    return [text.text or "" for text in parsed(run).iter(f"{SVG}text")]


def drawn(run: Run, *kinds: str) -> list[Bar]:
    """Return the left end, right end and height of each stroke in the plot."""
    paths = [path for path in parsed(run).iterfind(f"{SVG}path") if path.get("data-kind") in kinds]
    strokes = [re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)", path.get("d", "")) for path in paths]
    return [(float(x), float(x) + float(w), float(y)) for found in strokes for x, y, w in found]


def in_legend(run: Run) -> list[str]:
    legend = parsed(run).find(f"{SVG}g[@data-legend]")
    assert legend is not None
    return [text.text or "" for text in legend.iter(f"{SVG}text")]


@given(runs())
def test_each_attempt_has_a_bar(run: Run) -> None:
    """Each attempt has one bar, in the colour of its outcome."""
    bars = {kind: len(drawn(run, kind)) for kind in Outcome if drawn(run, kind)}
    assert bars == Counter(map(outcome, run.exchanges))


@given(runs())
def test_each_request_has_a_row(run: Run) -> None:
    """The rows hold the attempts of one request each, in the order of the requests."""
    at = Counter(y for _, _, y in drawn(run, *Outcome))
    assert [at[y] for y in sorted(at)] == [len(row) for row in run.rows]


@given(runs())
def test_bars_lie_inside_the_plot(run: Run) -> None:
    """Bars, waits and queue times lie inside the plot."""
    strokes = drawn(run, *Outcome, "queued by the server", "waiting to retry", "worked on for nobody")
    height = float(parsed(run).get("height", "0"))
    assert all(PLOT_LEFT <= begin <= end <= PLOT_RIGHT + 0.11 and 0 < y < height for begin, end, y in strokes)


@given(runs())
def test_the_picture_is_deterministic(run: Run) -> None:
    """The same run always gives the same picture."""
    again = Run(list(run.exchanges), run.now, run.lag, run.dropped, run.predicted, run.theory, run.title)
    assert timeline(run) == timeline(again)


@given(st.text(), st.text())
def test_titles_and_paths_are_escaped(title: str, path: str) -> None:
    """Any title and any path give well-formed SVG."""
    run = Run([exchange(1, path=path), exchange(2)], title=title)
    assert parsed(run).findtext(f"{SVG}title", "").endswith("1 in flight at most")


def test_a_title_may_hold_markup() -> None:
    """Markup in a title is shown as text."""
    run = Run([exchange()], title="<b> & 'quotes'")
    assert words(run)[:2] == ["<b> & 'quotes'", "1 request in 0.100 s, 1 in flight at most"]


def test_pictures_share_no_ids() -> None:
    """A picture defines each pattern that it uses, under ids that no other picture has."""
    pictures = [
        timeline(Run(attempts_of(503, 200))),
        timeline(Run(attempts_of(503, 503, 200))),
        timeline(Run([exchange(1, ended=None), exchange(2, disconnected=0.05), exchange(3, status=429, refused=True)])),
    ]
    ids = [set(re.findall(r'id="(\w+)"', picture)) for picture in pictures]
    assert ids == [set(re.findall(r"url\(#(\w+)\)", picture)) for picture in pictures]
    assert all(ids)
    assert not any(a & b for a, b in combinations(ids, 2))


def test_the_heading_states_the_figures() -> None:
    """The heading states attempts, requests, time and the peak in flight."""
    assert words(Run(attempts_of(503, 200)))[0] == "2 attempts for 1 request in 0.300 s, 1 in flight at most"


def test_a_live_run_reaches_to_now() -> None:
    """The heading of a live run ends in "so far", and its bars reach to now."""
    run = Run([exchange(1, 0.0, 0.5), exchange(2, 0.5, None)], now=1.0)
    assert words(run)[0] == "2 requests in 1.00 s so far, 1 in flight at most"
    middle = (PLOT_LEFT + PLOT_RIGHT) / 2
    assert drawn(run, Outcome.RUNNING)[0][:2] == pytest.approx((middle, PLOT_RIGHT), abs=0.2)


def test_an_instant_run_is_visible() -> None:
    """A run that took no time has a bar of four pixels."""
    ((begin, end, _),) = drawn(Run([exchange(ended=0.0)]), Outcome.SERVED)
    assert end - begin == 4


def test_a_run_without_a_request_says_so() -> None:
    """The heading says that there are no requests, and `yet` if the run is live."""
    assert words(Run()) == ["no requests"]
    assert words(Run(live=True)) == ["no requests yet"]


def test_the_description_has_the_figures() -> None:
    """The SVG has the role of an image, and its description states the figures."""
    run = Run(together(3), predicted=0.5, theory=0.1, lag=0.2)
    assert parsed(run).get("role") == "img"
    said = parsed(run).findtext(f"{SVG}desc", "")
    for figure in (run.text, "Predicted: 0.5 s", "Theory: 0.1 s", "late by 200 ms"):
        assert figure in said


def test_the_legend_names_what_occurs() -> None:
    """The legend names only the outcomes that occur."""
    assert in_legend(Run(together(3))) == ["served 3"]
    assert in_legend(Run(attempts_of(503, 200))) == ["served 1", "failed 1", "waiting to retry"]
    pausing = Run(attempts_of(200, 200, path="/a?client=1"), row_by="client")
    assert in_legend(pausing) == ["served 2", "pausing"]


def test_queue_time_precedes_the_bar() -> None:
    """Time in the server's queue is drawn before the bar."""
    run = Run([exchange(1, 0.0, 1.0, started=0.5)])
    ((_, out, line),) = drawn(run, "queued by the server")
    assert drawn(run, Outcome.SERVED) == [(out, pytest.approx(PLOT_RIGHT, abs=0.2), line)]


def test_abandoned_work_follows_the_bar() -> None:
    """Work that the server did after the client disconnected is drawn after the bar."""
    run = Run([exchange(1, 0.0, 1.0, disconnected=0.25)])
    ((_, cut, line),) = drawn(run, Outcome.CUT_OFF)
    assert cut == pytest.approx(PLOT_LEFT + (PLOT_RIGHT - PLOT_LEFT) / 4, abs=0.2)
    assert drawn(run, "worked on for nobody") == [(cut, pytest.approx(PLOT_RIGHT, abs=0.2), line)]
    assert in_legend(Run([exchange(1, 0.0, 1.0, disconnected=0.9999)])) == ["cut off 1"]


def warned(run: Run) -> bool:
    return any("timing not reliable" in word for word in words(run))


@pytest.mark.parametrize(
    ("seconds", "lag", "misleads"),
    [(0.03, 0.004, False), (0.03, 0.006, True), (0.3, 0.025, False), (0.3, 0.035, True), (3.0, 0.25, False)],
)
def test_misleading_lag_is_reported(seconds: float, lag: float, misleads: bool) -> None:
    """A lag is reported if it exceeds a few milliseconds and is a large share of the run."""
    assert warned(Run([exchange(ended=seconds)], lag=lag)) is misleads


def test_lag_is_compared_with_the_shortest_bar() -> None:
    """The lag is compared with the shortest bar that is long enough to be read."""
    long, short, dot = exchange(1, 0.0, 3.0), exchange(2, 0.0, 0.2), exchange(3, 0.0, 0.001)
    assert warned(Run([long, short], lag=0.05))
    assert not warned(Run([long, dot], lag=0.05))


def test_a_warning_says_what_to_do() -> None:
    assert "timing not reliable: the server was late by 200 ms; run it again" in words(Run([exchange()], lag=0.2))


def test_the_caption_judges_the_prediction() -> None:
    """A finished run's caption says how far off the prediction was, then the lab's own figures."""
    run = Run([exchange(ended=3.0)], predicted=1.0, caption="lost: 2")
    assert words(run)[1] == "you said 1 s: three times too short · lost: 2"
    run.live = True
    assert words(run)[1] == "lost: 2"


def height(run: Run) -> float:
    return float(parsed(run).get("height", "0"))


def test_a_panels_picture_keeps_its_height() -> None:
    """The height does not depend on the rows, predictions, captions, warnings or outcomes."""
    room: dict[str, Any] = {"reserved_rows": 15, "reserved_labels": 3}
    runs = [
        Run(live=True, title="count 3", **room),
        Run(together(1), title="count 3", **room),
        Run(together(12), theory=0.1, title="count 3", **room),
        Run(together(120), theory=0.1, predicted=0.1, before=0.1, caption="lost: 3", title="count 3", lag=1.0, **room),
        Run(attempts_of(503, 200), title="count 3", **room),
    ]
    assert len({height(run) for run in runs}) == 1


def test_the_previous_end_is_marked() -> None:
    """A thin line with a label marks the end of the previous run."""
    run = Run([exchange(ended=1.0)], before=3.0)
    assert "before: 3.00 s" in words(run)
    [line] = [path for path in parsed(run).iter(f"{SVG}path") if path.get("data-marker") == "before"]
    assert line.get("stroke-width") is None
    assert float(re.findall(r"M([\d.]+)", line.get("d", ""))[0]) == pytest.approx(PLOT_RIGHT)


def test_the_axis_only_grows() -> None:
    """The axis keeps its length for a shorter run and grows for a longer one."""
    assert axis_length(Run([exchange(ended=1.0)], axis=3.0)) == 3.0
    assert axis_length(Run([exchange(ended=4.0)], axis=3.0)) == 4.0


def test_compared_runs_share_a_time_axis() -> None:
    """Compared runs have their own titles and headings, and the same scale."""
    runs = [Run([exchange(ended=3.0)], title="one by one"), Run([exchange(ended=1.5)], title="together")]
    svg = ElementTree.fromstring(stacked(runs))
    texts = [text.text or "" for text in svg.iter(f"{SVG}text")]
    assert texts.index("one by one") < texts.index("together")
    assert "1 request in 1.50 s, 1 in flight at most" in texts
    bars = [path.get("d", "") for path in svg.iter(f"{SVG}path") if path.get("data-kind") == Outcome.SERVED]
    widths = [float(width) for bar in bars for width in re.findall(r"h([\d.]+)", bar)][::2]
    assert widths[1] == pytest.approx(widths[0] / 2, abs=0.2)


def test_rows_may_stand_for_a_query_parameter() -> None:
    """With `row_by`, the picture has one row for each value of a query parameter."""
    exchanges = [exchange(n, n * 0.1, n * 0.1 + 0.05, path=f"/items/1?client={n % 3}") for n in range(1, 13)]
    run = Run(exchanges, row_by="client")
    assert len({y for _, _, y in drawn(run, Outcome.SERVED)}) == 3
    assert words(run)[0].startswith("12 requests")


def test_few_rows_have_labels() -> None:
    """Rows have labels if there are not too many of them."""
    assert {"/items/1", "POST /items/2"} <= set(words(Run([exchange(1), exchange(2, method="POST")])))
    assert {"request 1", "3"} <= set(words(Run(together(3, path="/a"))))
    assert "/items/1" not in words(Run(together(40)))


def test_a_distant_prediction_gets_an_arrow() -> None:
    """A prediction far beyond the run gets an arrow and does not lengthen the axis."""
    assert "you said 60 s →" in words(Run([exchange()], predicted=60.0))
    assert drawn(Run([exchange()], predicted=60.0), Outcome.SERVED)[0][1] == pytest.approx(PLOT_RIGHT, abs=0.2)
    assert "you said 0.2 s" in words(Run([exchange()], predicted=0.2))


@pytest.mark.parametrize("count", [1, 16, 100, 1000, 1001, 20_000])
def test_pictures_stay_small(count: int) -> None:
    """A picture stays small in bytes and height, however many rows there are."""
    chance = random.Random(1)
    exchanges = []
    for n in range(1, count + 1):
        arrived = chance.random()
        status = chance.choice([200, 404])
        exchanges.append(exchange(n, arrived, arrived + chance.random() / 50, status=status))
    picture = timeline(Run(exchanges))
    assert len(picture) < 300_000
    assert float(ElementTree.fromstring(picture).get("height", "inf")) < 450


def test_many_attempts_share_lines() -> None:
    """Up to a thousand attempts have their own bar; with more, the legend says how many share a line."""
    assert len(drawn(Run(together(1000)), Outcome.SERVED)) == 1000
    assert "up to 5 requests a line" in in_legend(Run(together(1001)))
