"""The conditions that the server works under: each one's meaning, range and default."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .chance import draw, normal

FAULTS = (
    "reset",
    "empty",
    "hang",
    "truncate",
    "garbage",
    "malformed_chunk",
    "slow_headers",
    "slow_body",
    "wrong_type",
)
LONGEST_DELAY = 60  # seconds


class ConditionError(ValueError):
    """A condition that does not exist or is out of its range; nothing was changed."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field}: {value!r} is not allowed; expected {expected}.")
        self.field, self.value, self.expected = field, value, expected


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high`, in `unit`."""

    low: float
    high: float
    unit: str = ""
    whole: bool = False
    optional: bool = False

    @property
    def expected(self) -> str:
        """Tell the range in words."""
        kind = "a whole number" if self.whole else "a number"
        unit = f" {self.unit}" if self.unit else ""
        either = " or null" if self.optional else ""
        return f"{kind} from {self.low:,} to {self.high:,}{unit}{either}"

    @property
    def schema(self) -> dict[str, Any]:
        """Describe the range as JSON Schema."""
        kind = "integer" if self.whole else "number"
        return {
            "type": [kind, "null"] if self.optional else kind,
            "minimum": self.low,
            "maximum": self.high,
        }

    def parse(self, text: str) -> Any:
        """Read text; ValueError if it is no number."""
        return int(text) if self.whole else float(text)

    def read(self, value: Any) -> Any:
        """Return an accepted value in its own type."""
        return value if self.whole or value is None else float(value)

    def accepts(self, value: Any) -> bool:
        """Tell whether the value is in range."""
        if value is None:
            return self.optional
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if self.whole and not isinstance(value, int):
            return False
        return math.isfinite(value) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]
    optional: bool = False

    @property
    def expected(self) -> str:
        """Tell the words."""
        return "one of " + ", ".join(self.words) + (" or null" if self.optional else "")

    @property
    def schema(self) -> dict[str, Any]:
        """Describe the words as JSON Schema."""
        return {"enum": [*self.words, None] if self.optional else list(self.words)}

    def parse(self, text: str) -> Any:
        """Read text."""
        return text

    def read(self, value: Any) -> Any:
        """Return an accepted value."""
        return value

    def accepts(self, value: Any) -> bool:
        """Tell whether the value is one of the words."""
        return value in self.words if isinstance(value, str) else value is None and self.optional


@dataclass(frozen=True)
class Flag:
    """True or false."""

    expected = "true or false"
    schema = {"type": "boolean"}

    def parse(self, text: str) -> Any:
        """Read text; ValueError if it is neither."""
        return ("false", "true").index(text) == 1

    def read(self, value: Any) -> Any:
        """Return an accepted value."""
        return value

    def accepts(self, value: Any) -> bool:
        """Tell whether the value is a truth value."""
        return isinstance(value, bool)


@dataclass(frozen=True)
class Statuses:
    """A list of error statuses."""

    expected = "a list of 1 to 10 whole numbers from 400 to 599"
    schema = {
        "type": "array",
        "items": {"type": "integer", "minimum": 400, "maximum": 599},
        "minItems": 1,
        "maxItems": 10,
    }

    def parse(self, text: str) -> Any:
        """Read text such as 500,503; ValueError if it is no list of whole numbers."""
        return tuple(map(int, text.split(",", 10)))

    def read(self, value: Any) -> Any:
        """Return an accepted value as a tuple."""
        return tuple(value)

    def accepts(self, value: Any) -> bool:
        """Tell whether the value is such a list."""
        one = Number(400, 599, whole=True)
        return isinstance(value, tuple | list) and 1 <= len(value) <= 10 and all(map(one.accepts, value))


def condition(default: Any, rule: Any, meaning: str, *, each: bool = True) -> Any:
    """Declare a condition; `each` says that a single request may set it in its query string."""
    return field(default=default, metadata={"rule": rule, "meaning": meaning, "each": each})


@dataclass(frozen=True)
class Conditions:
    """How the server behaves; every misbehaviour is drawn from (seed, method, path, attempt)."""

    latency: float = condition(
        0.0, Number(0, LONGEST_DELAY, "seconds"), "time from a request's arrival to its answer, in seconds"
    )
    jitter: float = condition(0.0, Number(0, LONGEST_DELAY, "seconds"), "how far the latency strays, in seconds")
    distribution: str = condition(
        "uniform",
        Choice(("fixed", "uniform", "lognormal")),
        "fixed: jitter plays no part; uniform: latency ± jitter; lognormal: mean latency, deviation jitter",
    )
    failure_rate: float = condition(0.0, Number(0, 1), "the share of attempts that fail")
    failure_statuses: tuple[int, ...] = condition((503,), Statuses(), "the statuses to fail with")
    fault: str | None = condition(None, Choice(FAULTS, optional=True), "the fault to do to attempts")
    fault_rate: float = condition(1.0, Number(0, 1), "the share of attempts that the fault is done to")
    gap: float = condition(0.1, Number(0, 10, "seconds"), "time between two pieces of a slow answer, in seconds")
    retry_after: float | None = condition(
        None,
        Number(0, 3600, "seconds", optional=True),
        "what Retry-After says with 429 and 503, in seconds; null: refusals work it out, failures have none",
    )
    retry_after_form: str = condition(
        "seconds", Choice(("seconds", "date")), "whether Retry-After is a number of seconds or an HTTP date"
    )
    seed: int = condition(1, Number(0, 2**31 - 1, whole=True), "another seed draws other failures")
    capacity: int | None = condition(
        None,
        Number(1, 10_000, whole=True, optional=True),
        "exchanges served at once; the rest queue",
        each=False,
    )
    backlog: int = condition(
        1000,
        Number(0, 100_000, whole=True),
        "exchanges that may queue; any more are refused with 503",
        each=False,
    )
    rate_limit: int | None = condition(
        None,
        Number(1, 10_000, whole=True, optional=True),
        "exchanges admitted in any one second; any more are refused with 429",
        each=False,
    )
    cancel_abandoned: bool = condition(
        False, Flag(), "whether the server stops working for a client that went away", each=False
    )

    def changed(self, changes: Mapping[str, Any]) -> Conditions:
        """Return these conditions with some changed; ConditionError if one is wrong."""
        for name, value in changes.items():
            if name not in RULES:
                raise ConditionError(name, value, "one of the conditions " + ", ".join(RULES))
            if not RULES[name].accepts(value):
                raise ConditionError(name, value, RULES[name].expected)
        return dataclasses.replace(self, **{name: RULES[name].read(value) for name, value in changes.items()})

    def for_request(self, query: Mapping[str, str]) -> Conditions:
        """Return the conditions of one request, which may set some in its query string."""
        changes = {name: parse(name, text) for name, text in query.items() if name in EACH}
        return self.changed(changes) if changes else self

    def delay(self, method: str, path: str, attempt: int) -> float:
        """Draw the latency of one attempt, in seconds."""
        if self.jitter == 0 or self.distribution == "fixed":
            return self.latency
        uniform = draw("latency", self.seed, method, path, attempt)
        if self.distribution == "uniform":
            return min(LONGEST_DELAY, max(0.0, self.latency + self.jitter * (2 * uniform - 1)))
        if self.latency == 0:
            return 0.0
        spread = math.hypot(self.latency, self.jitter)
        variance = 2 * (math.log(spread) - math.log(self.latency))
        median = self.latency * (self.latency / spread)
        return min(LONGEST_DELAY, median * math.exp(math.sqrt(variance) * normal(uniform)))

    def failure(self, method: str, path: str, attempt: int) -> int | None:
        """Draw the status that one attempt fails with, or None."""
        if self.failure_rate == 0 or self.failure_rate <= draw("failure", self.seed, method, path, attempt):
            return None
        which = draw("status", self.seed, method, path, attempt)
        return self.failure_statuses[int(which * len(self.failure_statuses))]

    def drawn_fault(self, method: str, path: str, attempt: int) -> str | None:
        """Draw the fault that is done to one attempt, or None."""
        if self.fault is None or self.fault_rate <= draw("fault", self.seed, method, path, attempt):
            return None
        return self.fault


RULES = {item.name: item.metadata["rule"] for item in dataclasses.fields(Conditions)}
MEANINGS = {item.name: item.metadata["meaning"] for item in dataclasses.fields(Conditions)}
EACH = frozenset(item.name for item in dataclasses.fields(Conditions) if item.metadata["each"])


def parse(name: str, text: str) -> Any:
    """Read a condition from the text of a query string or a command line; ConditionError if it is none."""
    rule = RULES[name]
    if getattr(rule, "optional", False) and text == "null":
        return None
    try:
        return rule.parse(text)
    except ValueError:
        raise ConditionError(name, text, rule.expected) from None
