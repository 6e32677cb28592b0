"""The tables in mock_server/README.md match the code, and every example in them works."""

import asyncio
import re
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
from mock_server.conditions import MEANINGS, PER_REQUEST, RULES, parse

from ..support.client import ask

GAP, LIMIT = 0.2, 2  # seconds, as on the page
PAGE = (Path(mock_server.__file__).parent / "README.md").read_text()


def table(heading):
    """Return the rows of the table under a heading, without their backquotes."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [re.split(r" \| ", line.strip("| ")) for line in section.splitlines() if line.startswith("| ")]
    return [[re.sub(r"^`([^`]*)`$", r"\1", cell) for cell in row] for row in rows[2:]]


async def _application():
    return Application()


APPLICATION = asyncio.run(_application())
ENDPOINTS = table("Endpoints")


def first_line(function):
    return function.__doc__.splitlines()[0]


def test_endpoints_table_matches_the_code():
    """The table has every endpoint and no other."""
    code = [
        ["any" if entry.method == "*" else entry.method, entry.path, entry.meaning] for entry in APPLICATION.endpoints
    ]
    assert [[method, path, meaning] for method, path, _, _, meaning in ENDPOINTS] == code


def test_conditions_table_matches_the_code():
    """The table has every condition with its range, default and meaning."""

    def default(name):
        value = getattr(Conditions(), name)
        return list(value) if isinstance(value, tuple) else value

    rows = table("Conditions")
    assert [row[0] for row in rows] == list(RULES)
    for name, expected, shown, per_request, meaning in rows:
        assert (expected, meaning) == (RULES[name].expected, MEANINGS[name])
        assert per_request == ("yes" if name in PER_REQUEST else "no")
        value = parse(name, shown)
        assert (list(value) if isinstance(value, tuple) else value) == default(name)


def test_control_table_matches_the_code():
    """The table has every control endpoint and no other."""
    code = [[entry.method, entry.path, entry.meaning] for entry in APPLICATION.control.endpoints]
    assert table("Control endpoints") == code


def test_faults_table_matches_the_code():
    """The table has every fault and no other."""
    assert [row[:2] for row in table("Faults")] == [
        [kind, first_line(work)] for kind, work in faults.FAULT_KINDS.items()
    ]


def test_journal_table_matches_the_code():
    """The table has every field of an exchange."""
    named = [name for row in table("The journal") for name in row[0].replace("`", "").split(", ")]
    assert set(named) == {field.name for field in fields(Exchange)}


def body_for(method):
    return {"name": "new"} if method in ("POST", "PUT", "PATCH") else None


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: f"{row[0]} {row[2]}")
def test_examples_work_in_aiohttp(server, row):
    """With aiohttp, each example gets the status in the table."""
    name, _, example, status, _ = row
    method = "GET" if name == "any" else name

    async def request():
        async with aiohttp.ClientSession(server.url) as session:
            response = await session.request(method, example, json=body_for(method), allow_redirects=False)
            await response.read()
            return response.status

    assert asyncio.run(request()) == int(status)
    (exchange,) = server.journal()
    assert (exchange.method, exchange.path, exchange.status) == (method, example, int(status))


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: f"{row[0]} {row[2]}")
def test_head_matches_get(server, row):
    """HEAD gets the same status and Content-Type as GET, and no body."""
    name, _, example, _, _ = row
    if name not in ("GET", "any"):
        assert ask(server, example, "HEAD").status in (200, 405)
        return
    got = ask(server, example)
    server.clear()
    head = ask(server, example, "HEAD")
    assert (head.status, head.body) == (got.status, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]


@pytest.mark.parametrize("row", table("Control endpoints"), ids=lambda row: f"{row[0]} {row[1]}")
def test_control_endpoints_work_in_curl(server, row):
    """With curl, each control endpoint responds with 200, and the request is not in the journal."""
    method, path, _ = row
    data = ["--json", '{"latency": 0.01}'] if method == "PATCH" else []
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, *data, server.url + path]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "200"
    assert server.journal() == []


async def get_with_aiohttp(url):
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LIMIT)) as session,
        session.get(url) as response,
    ):
        await response.json()


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
def test_faults_raise_what_the_table_says(row):
    """Each fault raises the exceptions in the table."""
    kind, _, *expected = row
    server = MockServer.start()
    urls = [f"{server.url}/fault/{kind}?gap={GAP}", f"{server.url}/items/1?fault={kind}&gap={GAP}"]
    with ThreadPoolExecutor() as pool:
        seen = {url: [pool.submit(raised, client, url) for client in CLIENTS] for url in urls}
    assert {url: [one.result() for one in futures] for url, futures in seen.items()} == dict.fromkeys(urls, expected)
    assert {exchange.fault for exchange in server.journal()} == {kind}


def test_page_names_gap_and_timeouts():
    """The page names the gap and the timeouts that these tests use."""
    (total,) = re.findall(r"`ClientTimeout\(total=([\d.]+)\)`", PAGE)
    (timeout,) = re.findall(r"requests and httpx `timeout=([\d.]+)`", PAGE)
    (gap,) = re.findall(r"with `gap=([\d.]+)` and these\s+timeouts", PAGE)
    assert [float(gap), float(total), float(timeout)] == [GAP, LIMIT, LIMIT]


@pytest.mark.parametrize("kind", ["reset", "empty"])
def test_aiohttp_retries_a_lost_get(server, kind):
    """aiohttp sends a GET twice if the connection is lost before the first byte."""
    raised("aiohttp", f"{server.url}/fault/{kind}")
    assert [exchange.attempt for exchange in server.journal()] == [1, 2]


def test_code_on_the_page_runs(server):
    """The Python example on the page runs."""
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    exec(code, {})
    assert re.search(r"python -m mock_server --port 8080 --latency 0.2", PAGE)
