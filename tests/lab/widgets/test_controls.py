"""The controls are those of `ipywidgets.interact`, and closing them leaves no widget."""

import pytest
from ipywidgets import HTML, FloatRangeSlider, IntSlider, Widget
from ipywidgets.widgets.widget import _instances as open_widgets  # ipywidgets lists them nowhere else

from lab.widgets.controls import Controls


async def f(count, latency=0.2, how="together"):
    pass


def controls(predict=False, **abbreviations):
    return Controls(f, abbreviations, predict, below=HTML())


def test_abbreviations_make_the_widgets_of_interact():
    made = controls(count=(1, 9), latency=(0.0, 0.4, 0.1), how=["together", "one by one"])
    assert [type(widget).__name__ for widget in made.box.children] == ["IntSlider", "FloatSlider", "Dropdown", "HTML"]
    assert made.values == {"count": 5, "latency": 0.2, "how": "together"}


def test_a_widget_stands_for_itself():
    slider = IntSlider(value=3, min=1, max=60)
    made = controls(count=slider)
    assert made.box.children[0] is slider
    assert made.values["count"] == 3


def test_an_unknown_argument_is_refused():
    """The error names the unknown argument and lists the known ones."""
    with pytest.raises(TypeError, match="no argument 'cuont'; its arguments are: count, latency, how"):
        controls(cuont=(1, 9))


def test_each_argument_needs_a_widget():
    """An argument without a widget or a default is refused."""
    with pytest.raises(ValueError, match="count"):
        controls(latency=(0.0, 1.0))


def test_a_default_that_makes_no_widget_is_kept():
    """An argument whose default is None, for example, has no control, and the function gets its default."""

    async def crawl(count, proxy=None):
        pass

    assert Controls(crawl, {"count": (1, 9)}, False, below=HTML()).values == {"count": 5}
    with pytest.raises(ValueError, match="proxy=<object .*> does not make a slider"):
        Controls(crawl, {"count": (1, 9), "proxy": object()}, False, below=HTML())


def test_the_prediction_starts_empty():
    """The prediction is None until the learner enters a number."""
    made = controls(count=3, predict=True)
    assert (made.predicted, made.prediction.field.value) == (None, "")
    made.prediction.field.value = "2.5"
    assert made.predicted == 2.5
    assert controls(count=3).predicted is None


def test_moves_and_predictions_have_listeners():
    """A move and a prediction call their own listeners, until the controls close."""
    made, heard = controls(count=(1, 9), predict=True), []
    made.listen(lambda _: heard.append("move"), lambda: heard.append("prediction"))
    made.arguments["count"].value = 6
    made.prediction.slider.value = 50
    assert heard == ["move", "prediction"]
    made.close_all()
    made.arguments["count"].value = 7
    assert heard == ["move", "prediction"]


def test_a_rounding_error_is_no_move():
    """A value that a page sends back with a rounding error is no move, and is rounded."""
    both = FloatRangeSlider(value=(0.3, 0.8), min=0, max=1, step=0.1)
    made, heard = controls(count=both, latency=(0.1, 0.9, 0.1)), []
    made.arguments["latency"].value = 0.8
    made.listen(lambda change: heard.append(change.new), None)
    both.value = (0.30000000000000004, 0.7999999999999999)
    made.arguments["latency"].value = 0.7999999999999999
    assert made.arguments["latency"].value != 0.8
    assert heard == []
    assert (made.values["count"], made.values["latency"]) == ((0.3, 0.8), 0.8)
    made.arguments["latency"].value = 0.7
    assert heard == [0.7]


def test_closed_controls_leave_no_widget():
    before = set(open_widgets)
    made = controls(count=(1, 9), how=["together", "one by one"], predict=True)
    assert set(open_widgets) > before
    made.close_all()
    assert set(open_widgets) == before


def test_a_closed_widget_can_be_reused():
    """A learner's own widget works again in a second set of controls."""
    given: Widget = IntSlider(value=3, min=1, max=60)
    first = controls(count=given)
    second = controls(count=given)
    first.close_all()
    second.open_all()
    assert None not in (given.comm, given.layout.comm, given.style.comm)
    heard = []
    second.listen(heard.append, None)
    given.value = 4
    assert len(heard) == 1


def test_the_text_names_the_sliders():
    """The text alternative names the sliders and says how to use them."""
    made = controls(count=(1, 9), how=["together", "one by one"])
    assert made._repr_mimebundle_()["text/plain"] == "sliders: count, latency, how (run the cell to use them)"
