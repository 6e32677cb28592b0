"""The table of addresses: which handler answers which method and path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

from .conditions import ConditionError, Number
from .problem import Problem
from .service import Handler

AnyHandler = TypeVar("AnyHandler", bound=Callable[..., Any])


@dataclass(frozen=True)
class Parameter:
    """A part of the path or of the query string, or a header, that an address reads."""

    name: str
    rule: Any
    place: str = "path"
    default: Any = None


@dataclass(frozen=True)
class Address:
    """One method and path; the first line of the handler's docstring is its description."""

    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: dict[str, Any] | None = None
    statuses: tuple[int, ...] = (200,)
    handler: Handler = field(default=None, compare=False)  # type: ignore[assignment]

    @property
    def meaning(self) -> str:
        """What the address does, in a sentence."""
        return (self.handler.__doc__ or "").strip().split("\n")[0]


def address(
    method: str,
    path: str,
    *parameters: Parameter,
    body: dict[str, Any] | None = None,
    statuses: tuple[int, ...] = (200,),
) -> Callable[[AnyHandler], AnyHandler]:
    """Mark a function or method as the handler of an address."""

    def mark(handler: AnyHandler) -> AnyHandler:
        entry = Address(method, path, parameters, body, statuses)
        handler.addresses = [*getattr(handler, "addresses", []), entry]  # type: ignore[attr-defined]
        return handler

    return mark


def addresses_of(handlers: Iterable[Any]) -> list[Address]:
    """Collect the addresses of marked handlers."""
    return [
        Address(entry.method, entry.path, entry.parameters, entry.body, entry.statuses, handler)
        for handler in handlers
        for entry in reversed(handler.addresses)
    ]


class Router:
    """Finds the handler of a request; every address is /word or /word/{part}."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        self._places: dict[tuple[str, bool], dict[str, Handler]] = {}
        self._names: dict[str, str] = {}
        for entry in addresses:
            word, slash, part = entry.path[1:].partition("/")
            methods = self._places.setdefault((word, bool(slash)), {})
            methods[entry.method] = entry.handler
            if entry.method == "GET":
                methods["HEAD"] = entry.handler
            self._names[word] = part.strip("{}") or self._names.get(word, "")

    def find(self, request: web.BaseRequest) -> tuple[Handler, dict[str, str]]:
        """Return the handler and the parts of the path; raise Problem 404 or 405 if there is none."""
        word, slash, part = request.path[1:].partition("/")
        methods = self._places.get((word, bool(slash)))
        if methods is None or "/" in part or (slash and not part):
            raise Problem(404, f"There is no address {request.path} here; / lists those that there are.")
        handler = methods.get(request.method) or methods.get("*")
        if handler is None:
            allowed = ", ".join(sorted(methods))
            detail = f"{request.method} is not for {request.path}; it takes {allowed}."
            raise Problem(405, detail, headers={"Allow": allowed})
        return handler, {self._names[word]: part} if slash else {}


def read_number(name: str, text: str, rule: Number) -> Any:
    """Read a number from a part of an address; raise ConditionError, a 422, if it is out of range."""
    try:
        value = rule.parse(text)
    except ValueError:
        raise ConditionError(name, text, rule.expected) from None
    if not rule.accepts(value):
        raise ConditionError(name, value, rule.expected)
    return value
