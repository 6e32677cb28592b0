"""The symptom of an exception is always the same, and has a hint if the mistake is common."""

import pytest

from lab.checking.symptoms import raised


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("503, url='http://127.0.0.1:40123/status/503'", "503, url='/status/503'"),
        ("RetryError[<Future at 0x7f2c45c1e200 state=finished>]", "RetryError[<Future state=finished>]"),
        ("no number: 'Sat, 28 Nov 2026 02:41:57 GMT'", "no number: 'GMT'"),
    ],
)
def test_varying_parts_are_left_out(message, told):
    """Memory addresses, ports and dates are left out, because they differ between checks."""
    assert raised(OSError(message)).startswith(f"It raised OSError: {told}.")


@pytest.mark.parametrize(
    ("slip", "hint"),
    [
        (lambda: float("Sat, 28 Nov 2026 02:41:57 GMT"), "`parsedate_to_datetime` reads it."),
        (lambda: int("Sat, 28 Nov 2026 02:41:57 GMT"), "`parsedate_to_datetime` reads it."),
        (lambda: float(None), "`headers.get(...)` then returns None."),
        (
            lambda: "2" > 1.5,  # type: ignore[operator]
            "convert it with `float(...)`.",
        ),
    ],
)
def test_a_common_mistake_is_explained(slip, hint):
    """The symptom of a common mistake says what to do."""
    with pytest.raises((ValueError, TypeError)) as found:
        slip()
    assert hint in raised(found.value)


def test_an_exception_that_was_never_raised():
    """A list may hold an exception that nobody raised; it has no traceback to look at."""
    assert raised(TypeError("unhashable type: 'list'")) == "It raised TypeError: unhashable type: 'list'."
