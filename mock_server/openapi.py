"""The OpenAPI document, generated from the endpoints and the conditions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .conditions import MEANINGS, PER_REQUEST, RULES
from .routes import Endpoint, Parameter

METHODS = ("get", "post", "put", "patch", "delete")
ANY_JSON: dict[str, Any] = {"application/json": {"schema": {}}}
PROBLEM_JSON = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """Return the description of all endpoints."""
    paths: dict[str, dict[str, Any]] = {}
    for entry in endpoints:
        for method in METHODS if entry.method == "*" else (entry.method.lower(),):
            paths.setdefault(entry.path, {})[method] = _operation(entry, method)
    return {"openapi": "3.1.0", "info": _info(), "paths": paths, "components": {"schemas": _schemas()}}


def _info() -> dict[str, Any]:
    names = ", ".join(sorted(PER_REQUEST))
    description = (
        "A server that misbehaves on request. Every endpoint except those under /_mock/ "
        f"accepts these conditions in its query string, for that one request: {names}."
    )
    return {"title": "mock_server", "version": "1", "description": description}


def _schemas() -> dict[str, Any]:
    texts = {"type": "string"}
    return {
        "Problem": {
            "type": "object",
            "required": ["status", "title", "detail"],
            "properties": {"status": {"type": "integer"}, "title": texts, "detail": texts},
        },
        "Conditions": {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: {**rule.schema, "description": MEANINGS[name]} for name, rule in RULES.items()},
        },
    }


def _operation(entry: Endpoint, method: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": entry.meaning,
        "operationId": f"{method} {entry.path}",
        "parameters": [_parameter(parameter) for parameter in entry.parameters],
        "responses": _responses(entry.statuses),
    }
    if entry.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": entry.body}},
        }
    return operation


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.location,
        "required": parameter.location == "path",
        "schema": parameter.rule.schema,
    }


def _responses(statuses: tuple[int, ...]) -> dict[str, Any]:
    responses = {
        str(status): {"description": "See the summary.", "content": ANY_JSON if status != 204 else {}}
        for status in statuses
    }
    return {**responses, "default": {"description": "An error.", "content": PROBLEM_JSON}}
