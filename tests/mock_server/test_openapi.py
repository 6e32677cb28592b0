import asyncio
import json

import jsonschema
import pytest

from mock_server.application import Application
from mock_server.conditions import RULES

from ..support.client import ask

ANY = {"get", "post", "put", "patch", "delete"}


async def _application():
    return Application()


APPLICATION = asyncio.run(_application())
DOCUMENT = APPLICATION.control.openapi


def test_document_covers_every_endpoint():
    """The document has every endpoint and no other."""
    routes = {
        (path, method)
        for entry in [*APPLICATION.endpoints, *APPLICATION.control.endpoints]
        for path, method in ((entry.path, m) for m in (ANY if entry.method == "*" else {entry.method.lower()}))
    }
    assert {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods} == routes


def test_server_serves_the_document(server):
    """The server serves the document as JSON."""
    response = ask(server, "/_mock/openapi.json")
    assert response.headers["Content-Type"].startswith("application/json")
    assert response.json == json.loads(json.dumps(DOCUMENT))


def test_operations_are_complete():
    """Every operation has a summary, a unique id and the parameters in its path."""
    operations = [(path, operation) for path, methods in DOCUMENT["paths"].items() for operation in methods.values()]
    assert len({operation["operationId"] for _, operation in operations}) == len(operations)
    for path, operation in operations:
        assert operation["summary"].endswith(".")
        named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}


def test_condition_schemas_match_the_rules(server):
    """The schemas allow exactly the values that the rules allow."""
    schema = DOCUMENT["components"]["schemas"]["Conditions"]
    assert set(schema["properties"]) == set(RULES)
    jsonschema.validate(ask(server, "/_mock/conditions").json, schema)
    for name, rule in RULES.items():
        for value in (None, True, -1, 0, 1, 0.5, 61, 10**9, "x", "reset", "date", "fixed", [], [503], [200], {}):
            valid = jsonschema.Draft202012Validator(schema).is_valid({name: value})
            assert valid == rule.accepts(value), (name, value)


@pytest.mark.parametrize("path", ["/items/0", "/nothing", "/status/500", "/_mock/nothing", "/items/1?latency=99"])
def test_errors_match_the_schema(server, path):
    """Error responses match the Problem schema."""
    response = ask(server, path)
    assert response.headers["Content-Type"] == "application/problem+json"
    jsonschema.validate(response.json, DOCUMENT["components"]["schemas"]["Problem"])
    assert response.json["status"] == response.status
