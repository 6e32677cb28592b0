"""The table of endpoints: which handler serves which method and path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from aiohttp import web

from .conditions import ConditionError
from .context import Handler
from .problem import Problem

AnyHandler = TypeVar("AnyHandler", bound=Callable[..., Any])


@dataclass(frozen=True)
class Parameter:
    """A parameter that an endpoint reads from its path or from its query string."""

    name: str
    rule: Any
    location: str = "path"  # or "query"
    default: Any = None

    def read(self, text: str | None) -> Any:
        """Return the value of this parameter from its text in a URL, or the default if the text is None.

        Raises:
            ConditionError: the value is not allowed (a 422).
        """
        if text is None:
            return self.default
        try:
            value = self.rule.parse(text)
        except ValueError:
            raise ConditionError(self.name, text, self.rule.expected) from None
        if not self.rule.accepts(value):
            raise ConditionError(self.name, value, self.rule.expected)
        return value


@dataclass(frozen=True)
class Endpoint:
    """One method and path. The first line of the handler's docstring describes it."""

    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: dict[str, Any] | None = None
    statuses: tuple[int, ...] = (200,)
    handler: Any = None  # which `endpoints_of` adds

    @property
    def meaning(self) -> str:
        """What the endpoint does, in one sentence."""
        return (self.handler.__doc__ or "").strip().split("\n")[0]


def endpoint(
    method: str,
    path: str,
    *parameters: Parameter,
    body: dict[str, Any] | None = None,
    statuses: tuple[int, ...] = (200,),
) -> Callable[[AnyHandler], AnyHandler]:
    """Mark a function or method as the handler of an endpoint; the method `*` stands for any."""

    def mark(handler: AnyHandler) -> AnyHandler:
        handler.endpoint = Endpoint(method, path, parameters, body, statuses)  # type: ignore[attr-defined]
        return handler

    return mark


def endpoints_of(handlers: Iterable[Any]) -> list[Endpoint]:
    """Return the endpoints of marked handlers."""
    return [replace(handler.endpoint, handler=handler) for handler in handlers]


class Router:
    """Finds the handler of a request. Every path is /word or /word/{parameter}."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._handlers: dict[tuple[str, bool], dict[str, Handler]] = {}
        self._parameters: dict[str, str] = {}
        for entry in endpoints:
            word, slash, parameter = entry.path[1:].partition("/")
            methods = self._handlers.setdefault((word, bool(slash)), {})
            methods[entry.method] = entry.handler
            if entry.method == "GET":
                methods["HEAD"] = entry.handler
            self._parameters[word] = parameter.strip("{}") or self._parameters.get(word, "")

    def find(self, request: web.BaseRequest) -> tuple[Handler, dict[str, str]]:
        """Return the handler and the parameters in the path.

        Raises:
            Problem: 404 if there is no such path, 405 if it does not allow the method.
        """
        word, slash, value = request.path[1:].partition("/")
        methods = self._handlers.get((word, bool(slash)))
        if methods is None or "/" in value or (slash and not value):
            raise Problem(404, f"There is no endpoint {request.path}. GET / lists all endpoints.")
        handler = methods.get(request.method) or methods.get("*")
        if handler is None:
            allowed = ", ".join(sorted(methods))
            detail = f"{request.path} does not allow {request.method}. It allows {allowed}."
            raise Problem(405, detail, headers={"Allow": allowed})
        return handler, {self._parameters[word]: value} if slash else {}
