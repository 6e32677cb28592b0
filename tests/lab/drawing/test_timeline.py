"""The picture of a run."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.drawing.scale import LEFT, RIGHT
from lab.drawing.timeline import timeline
from lab.runs.outcome import Outcome, outcome
from lab.runs.run import Run
from tests.support.runs import exchange, runs, steady, together, tried

SVG = "{http://www.w3.org/2000/svg}"
Bar = tuple[float, float, float]


def parsed(run: Run) -> ElementTree.Element:
    return ElementTree.fromstring(timeline(run))


def words(run: Run) -> list[str]:
    return [text.text or "" for text in parsed(run).iter(f"{SVG}text")]


def drawn(run: Run, *kinds: str) -> list[Bar]:
    """Left end, right end and height of each stroke in the plot."""
    paths = [path for path in parsed(run).iterfind(f"{SVG}path") if path.get("data-kind") in kinds]
    strokes = [re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)", path.get("d", "")) for path in paths]
    return [(float(x), float(x) + float(w), float(y)) for found in strokes for x, y, w in found]


def in_legend(run: Run) -> list[str]:
    legend = parsed(run).find(f"{SVG}g[@data-legend]")
    assert legend is not None
    return [text.text or "" for text in legend.iter(f"{SVG}text")]


@steady
@given(runs())
def test_each_attempt_has_one_bar_in_the_colour_of_its_outcome(run: Run) -> None:
    bars = {kind: len(drawn(run, kind)) for kind in Outcome if drawn(run, kind)}
    assert bars == Counter(map(outcome, run.exchanges))


@steady
@given(runs())
def test_row_upon_row_downwards_holds_the_attempts_of_one_request(run: Run) -> None:
    at = Counter(y for _, _, y in drawn(run, *Outcome))
    assert [at[y] for y in sorted(at)] == [len(row) for row in run.rows]


@steady
@given(runs())
def test_all_that_is_drawn_lies_inside_the_plot(run: Run) -> None:
    strokes = drawn(run, *Outcome, "queued by the server", "waiting to retry", "worked on for nobody")
    height = float(parsed(run).get("height", "0"))
    assert all(LEFT <= begin <= end <= RIGHT + 0.11 and 0 < y < height for begin, end, y in strokes)


@steady
@given(runs())
def test_the_same_run_gives_the_same_picture(run: Run) -> None:
    again = Run(list(run.exchanges), run.now, run.lag, run.dropped, run.predicted, run.theory, run.title)
    assert timeline(run) == timeline(again)


@steady
@given(st.text(), st.text())
def test_any_title_and_address_is_escaped(title: str, path: str) -> None:
    run = Run([exchange(1, path=path), exchange(2)], title=title)
    assert parsed(run).findtext(f"{SVG}title", "").endswith("1 in flight at most")


def test_a_title_is_shown_as_it_is() -> None:
    run = Run([exchange()], title="<b> & 'quotes'")
    assert words(run)[:2] == ["<b> & 'quotes'", "1 request in 0.100 s, 1 in flight at most"]


def test_every_colour_that_is_referred_to_is_in_the_picture_and_pictures_share_no_ids() -> None:
    pictures = [
        timeline(Run(tried(503, 200))),
        timeline(Run(tried(503, 503, 200))),
        timeline(Run([exchange(1, ended=None), exchange(2, disconnected=0.05), exchange(3, status=429, refused=True)])),
    ]
    ids = [set(re.findall(r'id="(\w+)"', picture)) for picture in pictures]
    assert ids == [set(re.findall(r"url\(#(\w+)\)", picture)) for picture in pictures]
    assert all(ids)
    assert not any(a & b for a, b in combinations(ids, 2))


def test_the_heading_says_attempts_time_and_the_most_in_flight() -> None:
    assert words(Run(tried(503, 200)))[0] == "2 attempts for 1 request in 0.300 s, 1 in flight at most"


def test_a_run_that_goes_on_says_so_far_and_grows_up_to_now() -> None:
    run = Run([exchange(1, 0.0, 0.5), exchange(2, 0.5, None)], now=1.0)
    assert words(run)[0] == "2 requests in 1.00 s so far, 1 in flight at most"
    middle = (LEFT + RIGHT) / 2
    assert drawn(run, Outcome.RUNNING)[0][:2] == pytest.approx((middle, RIGHT), abs=0.2)


def test_a_run_that_took_no_time_has_a_bar_that_can_be_seen() -> None:
    ((begin, end, _),) = drawn(Run([exchange(ended=0.0)]), Outcome.SERVED)
    assert end - begin == 4


def test_a_run_without_a_request_is_a_card_that_says_so() -> None:
    assert words(Run()) == ["no requests yet"]


def test_the_picture_is_one_image_with_a_name_and_its_figures_in_words() -> None:
    run = Run(together(3), predicted=0.5, theory=0.1, lag=0.2)
    assert parsed(run).get("role") == "img"
    said = parsed(run).findtext(f"{SVG}desc", "")
    for figure in (run.text, "Predicted: 0.5 s", "Theory: 0.1 s", "late by 200 ms"):
        assert figure in said


def test_the_legend_names_the_outcomes_that_occur_and_no_others() -> None:
    assert in_legend(Run(together(3))) == ["served 3"]
    assert in_legend(Run(tried(503, 200))) == ["served 1", "failed 1", "waiting to retry"]


def test_time_in_the_servers_queue_stands_before_the_bar() -> None:
    run = Run([exchange(1, 0.0, 1.0, started=0.5)])
    ((_, out, line),) = drawn(run, "queued by the server")
    assert drawn(run, Outcome.SERVED) == [(out, pytest.approx(RIGHT, abs=0.2), line)]


def test_what_the_server_did_for_a_client_that_had_left_stands_behind_the_bar() -> None:
    run = Run([exchange(1, 0.0, 1.0, disconnected=0.25)])
    ((_, cut, line),) = drawn(run, Outcome.CUT_OFF)
    assert cut == pytest.approx(LEFT + (RIGHT - LEFT) / 4, abs=0.2)
    assert drawn(run, "worked on for nobody") == [(cut, pytest.approx(RIGHT, abs=0.2), line)]


def test_a_late_server_is_told_when_it_spoils_the_picture_and_only_then() -> None:
    def warned(seconds: float, lag: float) -> bool:
        return any("timing not reliable" in word for word in words(Run([exchange(ended=seconds)], lag=lag)))

    assert warned(0.1, 0.006)
    assert not warned(0.1, 0.004)
    assert warned(2.0, 0.048)
    assert not warned(2.0, 0.03)


def test_rows_have_their_address_where_there_is_room_and_it_tells_them_apart() -> None:
    assert {"/items/1", "POST /items/2"} <= set(words(Run([exchange(1), exchange(2, method="POST")])))
    assert {"request 1", "3"} <= set(words(Run(together(3, path="/a"))))
    assert "/items/1" not in words(Run(together(40)))


def test_a_prediction_far_out_is_pointed_to_and_does_not_squeeze_the_run() -> None:
    assert "you said 60 s →" in words(Run([exchange()], predicted=60.0))
    assert drawn(Run([exchange()], predicted=60.0), Outcome.SERVED)[0][1] == pytest.approx(RIGHT, abs=0.2)
    assert "you said 0.2 s" in words(Run([exchange()], predicted=0.2))


@pytest.mark.parametrize("count", [1, 16, 100, 1000, 1001, 20_000])
def test_a_picture_stays_small_however_many_rows_there_are(count: int) -> None:
    chance = random.Random(1)
    exchanges = []
    for n in range(1, count + 1):
        arrived = chance.random()
        status = chance.choice([200, 404])
        exchanges.append(exchange(n, arrived, arrived + chance.random() / 50, status=status))
    picture = timeline(Run(exchanges))
    assert len(picture) < 300_000
    assert float(ElementTree.fromstring(picture).get("height", "inf")) < 450


def test_a_bar_stands_for_each_of_a_thousand_attempts_and_beyond_that_the_picture_tells() -> None:
    assert len(drawn(Run(together(1000)), Outcome.SERVED)) == 1000
    assert "up to 5 requests a line" in in_legend(Run(together(1001)))
