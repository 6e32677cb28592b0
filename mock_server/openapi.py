"""The OpenAPI document, made from the table of addresses and the table of conditions."""

from __future__ import annotations

import re
from typing import Any

from .conditions import EACH, MEANINGS, RULES
from .control import SINCE, Control
from .routes import Address, Parameter

METHODS = ("get", "post", "put", "patch", "delete")
ANY_JSON: dict[str, Any] = {"application/json": {"schema": {}}}
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def document(addresses: list[Address], control: Control) -> dict[str, Any]:
    """Describe every address of the server."""
    paths: dict[str, dict[str, Any]] = {}
    for entry in addresses:
        for method in METHODS if entry.method == "*" else (entry.method.lower(),):
            paths.setdefault(entry.path, {})[method] = _operation(entry, method)
    for (method, path), action in control.actions.items():
        meaning = (action.__doc__ or "").split("\n")[0]
        paths.setdefault(path, {})[method.lower()] = _control_operation(method, path, meaning)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mock_server",
            "version": "1",
            "description": "A server that misbehaves on request. Any address but /_mock/ takes the conditions "
            + ", ".join(sorted(EACH))
            + " in its query string, for that one request.",
        },
        "paths": paths,
        "components": {
            "schemas": {
                "Problem": {
                    "type": "object",
                    "required": ["status", "title", "detail"],
                    "properties": {
                        "status": {"type": "integer"},
                        "title": {"type": "string"},
                        "detail": {"type": "string"},
                    },
                },
                "Conditions": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        name: {**rule.schema, "description": MEANINGS[name]} for name, rule in RULES.items()
                    },
                },
            }
        },
    }


def _operation(entry: Address, method: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": entry.meaning,
        "operationId": f"{method} {entry.path}",
        "parameters": [_parameter(entry, parameter) for parameter in entry.parameters],
        "responses": _responses(entry.statuses),
    }
    if entry.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": entry.body}},
        }
    return operation


def _parameter(entry: Address, parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "schema": parameter.rule.schema,
    }


def _responses(statuses: tuple[int, ...]) -> dict[str, Any]:
    answers = {
        str(status): {"description": "As the summary says.", "content": ANY_JSON if status != 204 else {}}
        for status in statuses
    }
    return {**answers, "default": {"description": "What was wrong.", "content": PROBLEM}}


def _control_operation(method: str, path: str, meaning: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": meaning,
        "operationId": re.sub(r"\W+", "_", f"{method}{path}"),
        "responses": _responses((200,)),
    }
    if path == "/_mock/journal" and method == "GET":
        operation["parameters"] = [{"name": "since", "in": "query", "required": False, "schema": SINCE.schema}]
    if method == "PATCH":
        schema = {"$ref": "#/components/schemas/Conditions"}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation
