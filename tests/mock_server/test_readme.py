"""Each row of the tables in mock_server/README.md is held against the code, and each address and fault is run."""

import asyncio
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests

import mock_server
from mock_server import Conditions, Exchange, MockServer, faults
from mock_server.application import Application
from mock_server.conditions import EACH, MEANINGS, RULES, parse

from ..support.client import ask

GAP, LIMIT = 0.2, 2  # seconds, as the page says
PAGE = (Path(mock_server.__file__).parent / "README.md").read_text()


def table(heading):
    """Return the rows of the first table under a heading, without their backquotes."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [re.split(r" \| ", line.strip("| ")) for line in section.splitlines() if line.startswith("| ")]
    return [[re.sub(r"^`([^`]*)`$", r"\1", cell) for cell in row] for row in rows[2:]]


async def _application():
    return Application()


APPLICATION = asyncio.run(_application())
ADDRESSES = table("Addresses")


def first_line(function):
    return function.__doc__.splitlines()[0]


def test_every_address_is_in_the_table_and_no_other():
    code = [
        ["any" if entry.method == "*" else entry.method, entry.path, entry.meaning] for entry in APPLICATION.addresses
    ]
    assert [[method, path, meaning] for method, path, _, _, meaning in ADDRESSES] == code


def test_every_condition_is_in_the_table_with_its_range_default_and_meaning():
    def default(name):
        value = getattr(Conditions(), name)
        return list(value) if isinstance(value, tuple) else value

    rows = table("Conditions")
    assert [row[0] for row in rows] == list(RULES)
    for name, expected, shown, each, meaning in rows:
        assert (expected, meaning) == (RULES[name].expected, MEANINGS[name])
        assert each == ("yes" if name in EACH else "no")
        value = parse(name, shown)
        assert (list(value) if isinstance(value, tuple) else value) == default(name)


def test_every_control_address_is_in_the_table_and_no_other():
    code = [[*key, first_line(action)] for key, action in APPLICATION.control.actions.items()]
    assert table("Control addresses") == code


def test_every_fault_is_in_the_table_and_no_other():
    assert [row[:2] for row in table("Faults")] == [[kind, first_line(work)] for kind, work in faults.KINDS.items()]


def test_every_field_of_the_journal_is_in_the_table():
    named = [name for row in table("The journal") for name in row[0].replace("`", "").split(", ")]
    assert set(named) == {field.name for field in fields(Exchange)}


def body_for(method):
    return {"name": "new"} if method in ("POST", "PUT", "PATCH") else None


@pytest.mark.parametrize("row", ADDRESSES, ids=lambda row: f"{row[0]} {row[2]}")
def test_each_address_answers_to_aiohttp_as_the_table_says(server, run, row):
    name, _, example, status, _ = row
    method = "GET" if name == "any" else name

    async def visit():
        async with aiohttp.ClientSession(server.url) as session:
            response = await session.request(method, example, json=body_for(method), allow_redirects=False)
            await response.read()
            return response.status

    assert run(visit()) == int(status)
    (exchange,) = server.journal()
    assert (exchange.method, exchange.path, exchange.status) == (method, example, int(status))


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize("row", ADDRESSES, ids=lambda row: f"{row[0]} {row[2]}")
def test_each_address_answers_to_curl_as_the_table_says(server, row):
    name, _, example, status, _ = row
    method = "GET" if name == "any" else name
    data = ["--json", '{"name": "new"}'] if body_for(method) else []
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, *data, server.url + example]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == status
    (exchange,) = server.journal()
    assert (exchange.method, exchange.path, exchange.status) == (method, example, int(status))


@pytest.mark.parametrize("row", ADDRESSES, ids=lambda row: f"{row[0]} {row[2]}")
def test_each_get_answers_head_with_the_same_head_and_no_body(server, row):
    name, _, example, _, _ = row
    if name not in ("GET", "any"):
        assert ask(server, example, "HEAD").status in (200, 405)
        return
    got = ask(server, example)
    server.clear()
    head = ask(server, example, "HEAD")
    assert (head.status, head.body) == (got.status, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]


@pytest.mark.parametrize("row", table("Control addresses"), ids=lambda row: f"{row[0]} {row[1]}")
def test_each_control_address_answers_to_curl(server, row):
    method, path, _ = row
    data = ["--json", '{"latency": 0.01}'] if method == "PATCH" else []
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, *data, server.url + path]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "200"
    assert server.journal() == []


async def get_with_aiohttp(url):
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LIMIT)) as session, session.get(url) as answer:
        await answer.json()


CLIENTS = {
    "aiohttp": lambda url: asyncio.run(get_with_aiohttp(url)),
    "requests": lambda url: requests.get(url, timeout=LIMIT).json(),
    "httpx": lambda url: httpx.get(url, timeout=LIMIT).json(),
}


def raised(client, url):
    try:
        CLIENTS[client](url)
    except Exception as error:
        return type(error).__name__
    return "none"


@pytest.mark.parametrize("row", table("Faults"), ids=lambda row: row[0])
def test_each_fault_raises_in_each_client_what_the_table_says_each_time(row):
    kind, _, *expected = row
    server = MockServer.start()
    urls = [f"{server.url}/fault/{kind}?gap={GAP}", f"{server.url}/items/1?fault={kind}&gap={GAP}"]
    with ThreadPoolExecutor() as pool:
        seen = {url: [pool.submit(raised, client, url) for client in CLIENTS] for url in urls}
    assert {url: [one.result() for one in each] for url, each in seen.items()} == dict.fromkeys(urls, expected)
    assert {exchange.fault for exchange in server.journal()} == {kind}


def test_the_page_names_the_gap_and_the_limits_that_its_exceptions_are_for():
    (total,) = re.findall(r"`ClientTimeout\(total=([\d.]+)\)`", PAGE)
    (each,) = re.findall(r"requests and httpx `timeout=([\d.]+)`", PAGE)
    (gap,) = re.findall(r"with `gap=([\d.]+)` and these limits", PAGE)
    assert [float(gap), float(total), float(each)] == [GAP, LIMIT, LIMIT]


@pytest.mark.parametrize("kind", ["reset", "empty"])
def test_a_get_that_is_cut_off_before_a_byte_is_two_exchanges_for_aiohttp(server, kind):
    raised("aiohttp", f"{server.url}/fault/{kind}")
    assert [exchange.attempt for exchange in server.journal()] == [1, 2]


def test_the_commands_of_the_page_run(server):
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    exec(code, {})
    assert re.search(r"python -m mock_server --port 8080 --latency 0.2", PAGE)
