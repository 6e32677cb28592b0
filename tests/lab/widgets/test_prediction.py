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
    """The slider in hundredths of the axis, the field in seconds."""
    made, heard = PredictionField(), []
    made.listen(lambda: heard.append(made.value))
    made.slider.value = 50
    assert made.field.value == "0.5"
    made.field.value = "0.7"
    assert made.slider.value == 70
    assert heard == [0.5, 0.7]


def test_both_can_be_emptied():
    made = PredictionField()
    made.field.value = "0.7"
    made.slider.value = 0
    assert (made.value, made.field.value) == (None, "")
    made.field.value = "0.7"
    made.field.value = ""
    assert (made.value, made.slider.value) == (None, 0)


def test_the_slider_covers_the_time_axis():
    """When the axis changes, the prediction stays and the slider moves."""
    made = PredictionField()
    made.cover(3.0)
    made.slider.value = 50
    assert made.value == 1.5
    made.cover(6.0)
    assert (made.value, made.field.value, made.slider.value) == (1.5, "1.5", 25)


def test_predictions_may_exceed_the_axis():
    """A number beyond the axis can be entered, and the slider stays at its end."""
    made = PredictionField()
    made.cover(3.0)
    made.field.value = "20"
    assert (made.value, made.slider.value) == (20.0, 100)


def test_slider_steps_are_rounded():
    """A step of the slider gives a number with few digits."""
    made = PredictionField()
    made.cover(0.3137)
    made.slider.value = 3
    assert made.field.value == "0.009"
