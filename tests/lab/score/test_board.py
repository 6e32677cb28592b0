"""The board's picture: its lanes share an axis, its text is legible, and it contains the table."""

import re
import xml.etree.ElementTree as ET

from lab.drawing.scale import PLOT_LEFT, PLOT_RIGHT
from lab.runs.run import Run
from lab.score.board import Board
from lab.score.figures import Figures
from mock_server.exchange import Exchange, Snapshot

SVG = "{http://www.w3.org/2000/svg}"


def version(name="your crawl", seconds=2.0, ending="", status=200, requests=3):
    """Return a version whose requests take a second each, one after the other."""
    rows = [
        Exchange(n, "GET", f"/items/{n}", 1, n > 1, 1, 1, float(n - 1), float(n - 1), float(n), status)
        for n in range(1, requests + 1)
    ]
    run = Run()
    run.fill(Snapshot(seconds, 0.0, 0, rows))
    return Figures(name, run, seconds, 0, 0, ending)


def timed(seconds):
    return version(seconds=seconds)


def drawn(*versions, notes=()):
    return ET.fromstring(Board("a server", list(versions), list(notes)).svg())


def lanes(picture):
    return [group for group in picture.iter(f"{SVG}g") if "data-lane" in group.attrib]


def words(element):
    return ["".join(text.itertext()) for text in element.iter(f"{SVG}text")]


def ends(picture):
    """Return where the mark of each lane's end stands."""
    marks = [lane.findall(f"{SVG}path")[-1].get("d") for lane in lanes(picture)]
    return [float(re.match(r"M([\d.]+)", mark)[1]) for mark in marks]


def test_lanes_share_one_axis():
    """The longest version ends at the right edge, and one that takes half as long ends in the middle."""
    assert ends(drawn(version(seconds=4), version(seconds=2))) == [PLOT_RIGHT, (PLOT_LEFT + PLOT_RIGHT) / 2]


def test_a_lane_says_how_it_ended():
    """A version that returned has a line and its seconds; any other has a cross and what ended it."""
    good, bad = lanes(drawn(version(seconds=4), version(seconds=2, ending="KeyError: 'a'")))
    assert words(good) == ["your crawl", "no document lost", "4.0 s"]
    assert words(bad) == ["your crawl", "failed: KeyError: 'a'", "2.0 s"]
    assert "l12 12m0 -12l-12 12" in bad.findall(f"{SVG}path")[-1].get("d")


def test_labels_stay_on_the_canvas():
    """Long names and messages are shortened, and the label of an end near the edge stands above its lane."""
    [lane] = lanes(drawn(version(name="a" * 40, ending="x" * 300)))
    name, detail, end = lane.findall(f"{SVG}text")
    assert (len(name.text), len(detail.text)) == (14, 80)
    assert (end.get("text-anchor"), float(end.get("x")) <= PLOT_RIGHT) == ("end", True)
    assert end.get("y") == detail.get("y")
    _, near, far = (lane.findall(f"{SVG}text")[-1] for lane in lanes(drawn(*map(timed, (4.0, 3.8, 1.0)))))
    assert [near.get("text-anchor"), far.get("text-anchor")] == ["end", None]


def test_the_table_is_part_of_the_picture():
    """The picture holds the same cells as the text."""
    picture = drawn(version())
    [table] = [group for group in picture.iter(f"{SVG}g") if "data-table" in group.attrib]
    headings = ["version", "seconds", "lost", "requests", "peak in flight", "refused", "done twice"]
    assert words(table) == [*headings, "your crawl", "2.0", "0", "3", "1", "0", "0"]


def test_colours_are_explained():
    """The legend names each colour that occurs, and no other."""
    picture = drawn(version(), version(status=503))
    [legend] = [group for group in picture.iter(f"{SVG}g") if "data-legend" in group.attrib]
    assert words(legend) == ["served", "failed"]


def test_the_text_is_a_table():
    """The text has aligned columns, then what ended a version, then the notes."""
    text = Board("a server", [version(), version("page one", ending="KeyError")], ["A note."]).text
    assert text.splitlines() == [
        "a server",
        "version     seconds  lost  requests  peak in flight  refused  done twice",
        "your crawl      2.0     0         3               1        0           0",
        "page one        2.0     0         3               1        0           0",
        "page one failed: KeyError",
        "A note.",
    ]


def test_any_text_is_escaped():
    """Names, messages and notes may hold anything."""
    picture = drawn(version(name="<b>&", ending="<\x00>"), notes=["<&>"])
    assert "<b>&" in words(picture)


def test_long_notes_stay_on_the_canvas():
    """A note may quote a whole message; the picture leaves out its end, and the text does not."""
    shown = Board("a server", [version()], ["a" * 300])
    assert max(map(len, words(ET.fromstring(shown.svg())))) == 88
    assert "a" * 300 in shown.text


def test_an_empty_board_is_a_canvas():
    """Without a version there is a canvas with its notes."""
    assert "There is no board." in words(drawn(notes=["There is no board."]))


def test_the_picture_says_its_figures():
    """A reader who does not see the picture gets the table in sentences."""
    description = drawn(version()).find(f"{SVG}desc").text
    assert "your crawl: seconds 2.0, lost 0, requests 3" in description
