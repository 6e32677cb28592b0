"""The conditions: settings that make the server slow, unreliable or limited, each with a range and a default."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .chance import draw, normal
from .rules import Choice, Flag, Number, Statuses

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
    """A condition does not exist, or its value is not allowed. Nothing was changed."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field}: {value!r} is not allowed; expected {expected}.")
        self.field, self.value, self.expected = field, value, expected


def condition(default: Any, rule: Any, meaning: str, *, per_request: bool = True) -> Any:
    """Declare a condition; with `per_request`, a request can also set it for itself in its query string."""
    return field(default=default, metadata={"rule": rule, "meaning": meaning, "per_request": per_request})


@dataclass(frozen=True)
class Conditions:
    """How the server behaves. Failures, faults and jitter depend only on (seed, method, path, attempt)."""

    latency: float = condition(
        0.0, Number(0, LONGEST_DELAY, "seconds"), "time from a request's arrival to its response, in seconds"
    )
    jitter: float = condition(0.0, Number(0, LONGEST_DELAY, "seconds"), "how much the latency varies, in seconds")
    distribution: str = condition(
        "uniform",
        Choice(("fixed", "uniform", "lognormal")),
        "fixed: jitter is ignored; uniform: latency ± jitter; lognormal: mean latency, standard deviation jitter",
    )
    failure_rate: float = condition(0.0, Number(0, 1), "share of attempts that fail")
    failure_statuses: tuple[int, ...] = condition((503,), Statuses(), "statuses of failed attempts, drawn at random")
    fault: str | None = condition(None, Choice(FAULTS, optional=True), "fault to apply")
    fault_rate: float = condition(1.0, Number(0, 1), "share of attempts that the fault is applied to")
    gap: float = condition(0.1, Number(0, 10, "seconds"), "time between two pieces of a slow response, in seconds")
    retry_after: float | None = condition(
        None,
        Number(0, 3600, "seconds", optional=True),
        "value of Retry-After with 429 and 503, in seconds; null: refusals carry an estimate, failures have no header",
    )
    retry_after_form: str = condition(
        "seconds", Choice(("seconds", "date")), "whether Retry-After is a number of seconds or an HTTP date"
    )
    seed: int = condition(1, Number(0, 2**31 - 1, whole=True), "with another seed, other attempts fail")
    capacity: int | None = condition(
        None,
        Number(1, 10_000, whole=True, optional=True),
        "requests served at once; the others queue",
        per_request=False,
    )
    backlog: int = condition(
        1000,
        Number(0, 100_000, whole=True),
        "requests that can queue; any more are refused with 503",
        per_request=False,
    )
    rate_limit: int | None = condition(
        None,
        Number(1, 10_000, whole=True, optional=True),
        "requests admitted in any one second; any more are refused with 429",
        per_request=False,
    )
    cancel_abandoned: bool = condition(
        False, Flag(), "whether the server stops working on a request when its client disconnects", per_request=False
    )
    keep_alive: float | None = condition(
        None,
        Number(0, 3600, "seconds", optional=True),
        "how long an idle connection stays open after a response, in seconds; null: about an hour",
        per_request=False,
    )

    def changed(self, changes: Mapping[str, Any]) -> Conditions:
        """Return a copy with some conditions changed; raises ConditionError if a change is not allowed."""
        for name, value in changes.items():
            if name not in RULES:
                raise ConditionError(name, value, "one of the conditions " + ", ".join(RULES))
            if not RULES[name].accepts(value):
                raise ConditionError(name, value, RULES[name].expected)
        return dataclasses.replace(self, **{name: RULES[name].convert(value) for name, value in changes.items()})

    def for_request(self, query: Mapping[str, str]) -> Conditions:
        """Return the conditions for one request, which can set some of them in its query string."""
        changes = {name: parse(name, text) for name, text in query.items() if name in PER_REQUEST}
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
        """Draw the status that one attempt fails with; None if it does not fail."""
        if self.failure_rate == 0 or self.failure_rate <= draw("failure", self.seed, method, path, attempt):
            return None
        which = draw("status", self.seed, method, path, attempt)
        return self.failure_statuses[int(which * len(self.failure_statuses))]

    def drawn_fault(self, method: str, path: str, attempt: int) -> str | None:
        """Draw the fault that is applied to one attempt; None if there is none."""
        if self.fault is None or self.fault_rate <= draw("fault", self.seed, method, path, attempt):
            return None
        return self.fault


RULES = {item.name: item.metadata["rule"] for item in dataclasses.fields(Conditions)}
MEANINGS = {item.name: item.metadata["meaning"] for item in dataclasses.fields(Conditions)}
PER_REQUEST = frozenset(item.name for item in dataclasses.fields(Conditions) if item.metadata["per_request"])


def parse(name: str, text: str) -> Any:
    """Return the value of a condition from a query string or the command line; raises ConditionError."""
    rule = RULES[name]
    if getattr(rule, "optional", False) and text == "null":
        return None
    try:
        return rule.parse(text)
    except ValueError:
        raise ConditionError(name, text, rule.expected) from None
