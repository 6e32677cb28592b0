"""Whatever a server sends becomes a result: never an exception, and never half a body."""

import asyncio
import gzip
import json
import random
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebooks.parallel_fetch import Request, Result, parallel_fetch
from tests.support.fetching import fetch_raw, response
from tests.support.served import run_served

DATA = random.Random(1).randbytes(20_000)
RAW_DEFLATE = zlib.compress(DATA)[2:-4]
ENCODINGS = [
    "utf-8",
    "latin-1",
    "cp1252",
    "utf-16",
    "utf-32",
    "shift_jis",
    "hex",
    "rot13",
    "idna",
    "undefined",
    "punycode",
]


@pytest.mark.parametrize("name", [*ENCODINGS, "base64", "zip", "mbcs", "nonsense", "x" * 500, "ütf", "utf-7"])
def test_text_never_raises(name):
    """With a charset that is unknown, wrong or no text encoding, text() replaces what it cannot read."""
    body = "café".encode()
    (result,) = fetch_raw({"/x": response(body, Content_Type=f"text/html; charset={name}")}).values()
    assert isinstance(result.text(), str)
    assert result.ok


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1", "shift_jis", "cp037"])
def test_json_in_any_charset(encoding):
    """JSON is read in the charset that it came in."""
    text = json.dumps({"name": "カ" if encoding == "shift_jis" else "é"}, ensure_ascii=False)
    told = response(text.encode(encoding), Content_Type=f"application/json; charset={encoding}")
    assert fetch_raw({"/x": told})["/x"].json() == json.loads(text)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000], ids=["empty", "open", "bytes", "deep"])
def test_what_is_not_json_is_a_value_error(body):
    """json() raises ValueError, and nothing else."""
    with pytest.raises(ValueError, match="JSON|Expecting|decode|nested"):
        Result(Request("/"), body=body).json()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(DATA)),
        ("gzip", gzip.compress(DATA[:9]) + gzip.compress(DATA[9:])),
        ("x-gzip", gzip.compress(DATA)),
        ("deflate", zlib.compress(DATA)),
        ("deflate", RAW_DEFLATE),
    ],
    ids=["gzip", "two members", "x-gzip", "deflate", "raw deflate"],
)
def test_half_a_compressed_body_is_no_body(coding, packed):
    """A compressed body is whole, or the attempt failed and is repeated."""
    whole, half = response(packed, Content_Encoding=coding), response(packed[:-7], Content_Encoding=coding)
    results = fetch_raw({"/whole": whole, "/half": half, "/mended": [half, whole]})
    assert results["/whole"].body == results["/mended"].body == DATA
    assert (results["/half"].ok, results["/half"].attempts, results["/half"].body) == (False, 4, b"")
    assert results["/mended"].attempts == 2


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_meets_the_limit(coding):
    """A size limit counts the decompressed bytes, and decompression stops there."""
    packed = gzip.compress(bytes(10**7)) if coding == "gzip" else zlib.compress(bytes(10**7))
    tracemalloc.start()
    result = fetch_raw({"/x": response(packed, Content_Encoding=coding)}, max_body_size=10**5)["/x"]
    assert tracemalloc.get_traced_memory()[1] < 10**7 / 2
    tracemalloc.stop()
    assert (result.error, result.attempts) == ("ClientError: the body has more than 100000 bytes", 1)


def test_a_compressed_body_above_the_limit():
    """A body that exceeds the limit even compressed fails once; it is not mistaken for half a body."""
    result = fetch_raw({"/x": response(gzip.compress(DATA), Content_Encoding="gzip")}, max_body_size=20_001)["/x"]
    assert (result.error, result.attempts) == ("ClientError: the body has more than 20001 bytes", 1)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (response(b"\x0b\x02\x80hello\x03", Content_Encoding="br"), "no decoder for Content-Encoding br"),
        (response(b"(\xb5/\xfd", Content_Encoding="zstd"), "no decoder for Content-Encoding zstd"),
        (response(X="a" * 9000), "Got more than 8190 bytes"),
        (response(**dict.fromkeys(map("X{}".format, range(200)), "a")), "Too many headers"),  # type: ignore[arg-type]
        (b"\x15\x03\x03\x00\x02\x02\x46", "x15"),
        (response(status="302 Found", Location="/x", Connection="close"), "TooManyRedirects"),
        (response(status="302 Found", Location="http://[::1"), "InvalidUrlRedirectClientError"),
        (response(status="302 Found", Location="ftp://h/"), "NonHttpUrlRedirectClientError"),
    ],
    ids=["br", "zstd", "long header", "many headers", "TLS alert", "redirect loop", "redirect to nowhere", "ftp"],
)
def test_what_can_never_succeed_is_tried_once(told, error):
    """Another attempt would meet the same response."""
    hits = []

    async def serve(reader, writer):
        hits.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(told)
        await writer.drain()
        writer.close()

    async def scenario(_):
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            return await parallel_fetch([f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"], base=0)

    (result,) = run_served(scenario)
    assert result.attempts == 1
    assert error in result.error
    assert len(hits) == (10 if "TooMany" in error else 1)


def test_https_to_an_http_port():
    """HTTPS to a port that speaks only HTTP is tried once."""

    async def scenario(server):
        return await parallel_fetch([server.url.replace("http", "https") + "/"], base=0)

    (result,) = run_served(scenario)
    assert result.attempts == 1
    assert "SSL" in result.error


STATUS = st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.0 503", b"HTTP/1.1 429 \xff", b"HTTP/1.1 204 No", b"ICY 200 OK"])
VALUE = st.binary(max_size=30) | st.sampled_from(
    [b"gzip", b"br", b"chunked", b"5", b"0", b"-1", b"text/html; charset=hex"]
)
NAMES = [b"Content-Length", b"Content-Encoding", b"Content-Type", b"Transfer-Encoding", b"Retry-After", b"Date"]
NAMES += [b"Location", b"Set-Cookie", b"Connection", b"Upgrade", b"Content-Disposition"]
HEADER = st.builds(b"%b: %b".__mod__, st.tuples(st.sampled_from(NAMES) | st.binary(max_size=9), VALUE))
BODY = st.binary(max_size=60) | st.sampled_from([gzip.compress(b"ok"), b"3\r\nabc\r\n0\r\n\r\n", DATA[:5000]])
RESPONSE = st.binary(max_size=200) | st.builds(
    lambda status, headers, body, end: b"\r\n".join([status, *headers, b"", body])[: end or None],
    STATUS | st.binary(max_size=30),
    st.lists(HEADER, max_size=6),
    BODY,
    st.integers(-9, 0),
)


@given(told=st.lists(RESPONSE, min_size=20, max_size=20), limit=st.none() | st.integers(0, 50))
def test_no_response_raises(told, limit):
    """Random status lines, headers and bodies all end as results, in order, and can be read."""
    responses = {f"/{number}": each for number, each in enumerate(told)}
    results = fetch_raw(responses, attempts=2, timeout=1, max_retry_after=2, max_body_size=limit, check=False)
    for result in results.values():
        assert result.ok == (result.error is None)
        assert isinstance(result.text(), str)
        with suppress(ValueError):
            result.json()
