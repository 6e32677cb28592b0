import asyncio
import json

import jsonschema
import pytest

from mock_server.application import Application
from mock_server.conditions import EACH, RULES

from ..support.client import ask

ANY = {"get", "post", "put", "patch", "delete"}


async def _application():
    return Application()


APPLICATION = asyncio.run(_application())
DOCUMENT = APPLICATION.control.openapi


def test_the_document_has_every_route_and_no_other():
    routes = {
        (path, method)
        for entry in APPLICATION.addresses
        for path, method in ((entry.path, m) for m in (ANY if entry.method == "*" else {entry.method.lower()}))
    } | {(path, method.lower()) for method, path in APPLICATION.control.actions}
    assert {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods} == routes


def test_the_server_serves_the_document(server):
    answer = ask(server, "/_mock/openapi.json")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.json == json.loads(json.dumps(DOCUMENT))


def test_every_operation_has_a_summary_an_id_of_its_own_and_the_parts_of_its_path():
    operations = [(path, operation) for path, methods in DOCUMENT["paths"].items() for operation in methods.values()]
    assert len({operation["operationId"] for _, operation in operations}) == len(operations)
    for path, operation in operations:
        assert operation["summary"].endswith(".")
        named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}


def test_the_conditions_are_described_as_they_are_accepted(server):
    schema = DOCUMENT["components"]["schemas"]["Conditions"]
    assert set(schema["properties"]) == set(RULES)
    jsonschema.validate(ask(server, "/_mock/conditions").json, schema)
    for name, rule in RULES.items():
        for value in (None, True, -1, 0, 1, 0.5, 61, 10**9, "x", "reset", "date", "fixed", [], [503], [200], {}):
            valid = jsonschema.Draft202012Validator(schema).is_valid({name: value})
            assert valid == rule.accepts(value), (name, value)


def test_the_description_names_the_conditions_of_one_request():
    assert all(name in DOCUMENT["info"]["description"] for name in EACH)


@pytest.mark.parametrize("path", ["/items/0", "/nothing", "/status/500", "/_mock/nothing", "/items/1?latency=99"])
def test_what_is_wrong_is_told_in_the_document_s_form(server, path):
    answer = ask(server, path)
    assert answer.headers["Content-Type"] == "application/problem+json"
    jsonschema.validate(answer.json, DOCUMENT["components"]["schemas"]["Problem"])
    assert answer.json["status"] == answer.status
