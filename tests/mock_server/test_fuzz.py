"""Whatever clients send, the server keeps responding, prints no error and does not grow.

COURSE_FUZZ sets the number of requests per test; by default it is 100, and 400 with COURSE_SLOW=required.
"""

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import pytest
import requests
import urllib3
from hypothesis import HealthCheck, given, settings
from requests.adapters import HTTPAdapter

from mock_server import FAULTS, MockServer
from mock_server.launch import launch

from ..support.client import ask, connect

COUNT = int(os.environ.get("COURSE_FUZZ") or (400 if os.environ.get("COURSE_SLOW") == "required" else 100))
GROWTH = 6 * 1024 * 1024  # bytes
READ_TIMEOUT = 2.0  # seconds
AT_ONCE = 256  # requests; many of them get a late response or none
BUG = b"This is a bug in the mock server"
SEEDS = [
    b"GET /items/1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /echo?a=1&latency=0 HTTP/1.1\r\nHost: x\r\nCookie: a=b; c\r\nAccept: */*\r\n\r\n",
    b'POST /items HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\nIdempotency-Key: k\r\n\r\n{"name": "x"}',
    b"PATCH /items/3 HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n" + b"[" * 20,
    b"POST /items HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + b"[" * 5000,
    b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"PUT /items/2 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    b"GET /_mock/journal?since=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\nGET /text HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    *(b"GET /fault/%s?gap=0 HTTP/1.1\r\nHost: x\r\n\r\n" % kind.encode() for kind in FAULTS if kind != "hang"),
]
TOKENS = [b"\r\n", b"\r", b"\n", b"\0", b" ", b":", b"\xff", b"%", b"%00", b"/", b"../", b"HTTP/9.9", b"a" * 5000]
TOKENS += [b"Content-Length: 99999999999999999999\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n"]
TOKENS += [b"\xf0\x9f\x98\x80", b"Host: y\r\n", b"&seed=x", b"?fault=flood", b"1" * 400, b"[" * 2000, b"Expect: 1\r\n"]


@pytest.fixture
def fuzzed(tmp_path):
    """A separate server, which must still respond at the end and have printed no error."""
    with (tmp_path / "errors").open("w+b") as errors:
        server = MockServer(*launch(errors))
        restore(server)
        yield server
        assert ask(server, "/text").status == 200
        server.stop()
        errors.seek(0)
        assert errors.read() == b""


def restore(server):
    """Undo all changes, and cancel all requests in flight."""
    server.reset()
    server.configure(cancel_abandoned=True, gap=0)


def memory(server):
    """Return the memory of the server's process, in bytes."""
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def mutated(random):
    """Return the bytes of a valid request with one to four random changes."""
    data = bytearray(random.choice(SEEDS))
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data) + 1)
        kind = random.randrange(5)
        if kind == 0:
            data[at:at] = random.choice(TOKENS)
        elif kind == 1:
            del data[at : at + random.randint(1, 20)]
        elif kind == 2 and at < len(data):
            data[at] = random.randrange(256)
        elif kind == 3:
            data[at:at] = random.randbytes(random.randint(1, 50))
        else:
            data += random.choice(SEEDS)
    return bytes(data)


def send_and_read(server, data):
    """Send bytes, and read until the server closes the connection."""
    with suppress(OSError), connect(server) as connection:
        connection.settimeout(10)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
def test_malformed_bytes(fuzzed):
    """Malformed bytes do not break the server and leave no memory behind."""
    random, measured = Random(1), []
    for number in range(1, COUNT * 3 // 2 + 1):
        send_and_read(fuzzed, mutated(random))
        if number % (COUNT // 2) == 0:
            assert ask(fuzzed, "/text").status == 200
            restore(fuzzed)
            measured.append(memory(fuzzed))
    assert fuzzed.stats().in_flight == 0
    assert measured[-1] - measured[0] < GROWTH


def body_of(session, call):
    """Return the body of the response, or its beginning if it is long or slow; b"" if there is no response."""
    end, body = time.monotonic() + READ_TIMEOUT, b""
    with (
        suppress(requests.RequestException, urllib3.exceptions.HTTPError),
        session.request(**call, timeout=READ_TIMEOUT, allow_redirects=False, stream=True) as response,
    ):
        while (part := response.raw.read1(65536)) and len(body) < 65536 and time.monotonic() < end:
            body += part
    return body


def calls_from(document, url, count):
    """Return requests generated from the document: those to control endpoints, and the others."""
    import schemathesis  # imported here because it is slow, and only one of a dozen test workers needs it

    schema = schemathesis.openapi.from_dict(document)
    control, others = [], []

    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(schema.as_strategy())
    def note(case):
        (control if case.path.startswith("/_mock/") else others).append(case.as_transport_kwargs(base_url=url))

    note()
    return control, others


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
def test_requests_from_the_openapi_document(fuzzed):
    """No request generated from the OpenAPI document breaks the server or makes it grow."""
    control, others = calls_from(ask(fuzzed, "/_mock/openapi.json").json, fuzzed.url, COUNT)
    assert control
    assert others
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", HTTPAdapter(pool_maxsize=AT_ONCE))
    send, measured = partial(body_of, session), []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for part in (others[: COUNT // 4], others[COUNT // 4 :]):
            assert not [body for body in pool.map(send, part) if BUG in body]
            restore(fuzzed)
            measured.append(memory(fuzzed))
    for call in control:  # last and one by one, because they change the conditions
        assert BUG not in send(call)
        restore(fuzzed)
    measured.append(memory(fuzzed))
    assert measured[-1] - measured[0] < GROWTH
