"""The field for the learner's prediction."""

import pytest

from lab.widgets.prediction import PredictionField, read_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        (" 2 s ", 2.0),
        ("", None),
        ("soon", None),
        ("0", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_a_text_is_read_as_seconds(text, seconds):
    assert read_seconds(text) == seconds


def test_slider_and_field_show_the_same():
    made, heard = PredictionField(), []
    made.listen(lambda: heard.append(made.value))
    made.slider.value = 0.5
    assert made.field.value == "0.5"
    made.field.value = "0.7"
    assert made.slider.value == 0.7
    assert heard == [0.5, 0.7]


def test_both_can_be_emptied():
    made = PredictionField()
    made.field.value = "0.7"
    made.slider.value = 0.0
    assert (made.value, made.field.value) == (None, "")
    made.field.value = "0.7"
    made.field.value = ""
    assert (made.value, made.slider.value) == (None, 0.0)


def test_the_slider_covers_the_time_axis():
    """In about a hundred round steps; a step that the page takes to round a typed number changes nothing."""
    made = PredictionField()
    made.cover(3.03)
    assert (made.slider.max, made.slider.step) == (3.05, 0.05)
    made.field.value = "1.234"
    made.slider.value = 1.25
    assert made.value == 1.234


def test_the_slider_reaches_a_number_beyond_the_axis():
    made = PredictionField()
    made.field.value = "20"
    assert (made.slider.value, made.slider.max >= 20) == (20.0, True)
    made.cover(3.0)
    assert made.value == 20.0
