"""What was raised is told in the same words each time, with a hint where the slip is common."""

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
def test_what_varies_is_left_out(message, told):
    """Ports, addresses in memory and dates differ from check to check, so they are left out."""
    assert raised(OSError(message)).startswith(f"It raised OSError: {told}.")


@pytest.mark.parametrize(
    ("slip", "hint"),
    [
        (lambda: float("Sat, 28 Nov 2026 02:41:57 GMT"), "`parsedate_to_datetime` reads it."),
        (lambda: int("Sat, 28 Nov 2026 02:41:57 GMT"), "`parsedate_to_datetime` reads it."),
        (lambda: float(None), "`headers.get(...)` returns None then."),
        (
            lambda: "2" > 1.5,  # type: ignore[operator]
            "`float(...)` makes a number of it.",
        ),
    ],
)
def test_a_common_slip_is_explained(slip, hint):
    """The symptom of a common slip says what to do."""
    with pytest.raises((ValueError, TypeError)) as found:
        slip()
    assert hint in raised(found.value)
