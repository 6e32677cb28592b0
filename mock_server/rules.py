"""Rules: which values a condition or a part of a URL can have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


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
        """The range in words."""
        kind = "a whole number" if self.whole else "a number"
        unit = f" {self.unit}" if self.unit else ""
        alternative = " or null" if self.optional else ""
        return f"{kind} from {self.low:,} to {self.high:,}{unit}{alternative}"

    @property
    def schema(self) -> dict[str, Any]:
        """The range as JSON Schema."""
        kind = "integer" if self.whole else "number"
        return {
            "type": [kind, "null"] if self.optional else kind,
            "minimum": self.low,
            "maximum": self.high,
        }

    def parse(self, text: str) -> Any:
        """Return the number in `text`; raises ValueError if there is none."""
        return int(text) if self.whole else float(text)

    def convert(self, value: Any) -> Any:
        """Return an accepted value in the condition's own type."""
        return value if self.whole or value is None else float(value)

    def accepts(self, value: Any) -> bool:
        """Return whether the value is in range."""
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
        """The words, as a list in a sentence."""
        return "one of " + ", ".join(self.words) + (" or null" if self.optional else "")

    @property
    def schema(self) -> dict[str, Any]:
        """The words as JSON Schema."""
        return {"enum": [*self.words, None] if self.optional else list(self.words)}

    def parse(self, text: str) -> Any:
        """Return `text`."""
        return text

    def convert(self, value: Any) -> Any:
        """Return an accepted value."""
        return value

    def accepts(self, value: Any) -> bool:
        """Return whether the value is one of the words."""
        return value in self.words if isinstance(value, str) else value is None and self.optional


@dataclass(frozen=True)
class Flag:
    """True or false."""

    expected = "true or false"
    schema = {"type": "boolean"}

    def parse(self, text: str) -> Any:
        """Return the truth value in `text`; raises ValueError if there is none."""
        return ("false", "true").index(text) == 1

    def convert(self, value: Any) -> Any:
        """Return an accepted value."""
        return value

    def accepts(self, value: Any) -> bool:
        """Return whether the value is True or False."""
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
        """Return the statuses in a text such as 500,503; raises ValueError if it is not such a list."""
        return tuple(map(int, text.split(",", 10)))

    def convert(self, value: Any) -> Any:
        """Return an accepted value as a tuple."""
        return tuple(value)

    def accepts(self, value: Any) -> bool:
        """Return whether the value is a list of error statuses."""
        status = Number(400, 599, whole=True)
        return isinstance(value, tuple | list) and 1 <= len(value) <= 10 and all(map(status.accepts, value))
