"""What a check says about a submission that is not right yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from urllib.parse import unquote

import aiohttp

from ..errors import first_leaf, line_of, summary
from .blocking import PROCESS_STARTS, BlockingCall
from .common_mistakes import F_MISSING
from .hints import hint
from .limit import Reason, Stopped

VARIES = re.compile(
    r"(http://)?127\.0\.0\.1:\d+| at 0x[0-9a-f]+|(?<=UUID\()'[0-9a-f-]{36}'"
    r"| cb=\[[^\]]*\]|\w{3}, \d\d \w{3} \d{4} [\d:]{8} (?=GMT)"
)
ENCODED_PATH = re.compile(r"/\S*%[0-9A-F]{2}\S*")


class NotYet(Exception):
    """The submission is not right yet; the message is the symptom."""


def sentences(*parts: str) -> str:
    """Join sentences, and add a full stop to each that lacks one."""
    said = [part.strip() for part in parts if part.strip()]
    return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in said)


def decoded(symptom: str) -> str:
    """Return a symptom with its paths decoded, and with a question if one has braces, such as `/items/{id}`."""
    said = ENCODED_PATH.sub(lambda path: unquote(path[0]), symptom)
    return sentences(said, F_MISSING if said.count("{") > symptom.count("{") else "")


@contextmanager
def explained(before: str = "", after: str = "") -> Iterator[None]:
    """Put these sentences before and after a symptom in the block."""
    try:
        yield
    except NotYet as symptom:
        raise NotYet(sentences(before, str(symptom), after)) from symptom.__cause__


def raised(error: BaseException, who: str = "It") -> str:
    """Return what was raised and on which line, with a hint if the mistake is a common one.

    Memory addresses, dates and the server's port are left out, because they differ from check to check.
    """
    leaf = first_leaf(error)
    line = line_of(error)
    is_call = line is None and isinstance(leaf, TypeError) and "positional argument" in str(leaf)
    why = "The check calls your function with the arguments that the text names" if is_call else hint(leaf)
    return sentences(f"{who} raised {VARIES.sub('', summary(error))}", why, at(line))


def why_group(error: BaseException) -> str:
    """Say why the error of a request is raised within a group, if it is."""
    leaf = first_leaf(error)
    if leaf is error or not isinstance(leaf, aiohttp.ClientError | TimeoutError | JSONDecodeError):
        return ""
    return f"An ExceptionGroup, such as a TaskGroup raises, wraps the error: raise the {type(leaf).__name__} itself"


def blocked(call: BlockingCall) -> str:
    """Return which call blocks the event loop, what to use instead, and the line."""
    if call.during is not None:
        return raised(call.during)
    if call.name in PROCESS_STARTS:
        started = f"It starts a process with `{call.name}`, which a check cannot follow"
        return sentences(started, "Use aiohttp, or threads for a blocking function", at(call.line))
    instead = "Use `await asyncio.to_thread(...)` or an aiohttp session"
    source = call.line.source if call.line else ""
    if call.name == "time.sleep":
        instead = "Use `await asyncio.sleep(...)`"
    elif call.name.endswith("Executor.__exit__"):
        instead = "The end of a `with` block waits for the pool's threads: await their results inside the block"
    elif call.name == "threading.Thread.run":
        instead = "`start()` runs it in a thread; `run()` does not"
    elif call.name == "threading.Semaphore.acquire":
        instead = "Use `asyncio.Semaphore`"
    elif call.name.startswith("concurrent.futures."):
        instead = "Await the results instead: `await asyncio.to_thread(...)`, or `await asyncio.wrap_future(future)`"
    elif any(start in source for start in ("to_thread(", "run_in_executor(", "Thread(", ".submit(")):
        instead = "It runs before the thread begins: pass the function and its arguments separately; do not call it"
    why = f"`{call.name}` blocks the event loop: no other coroutine can run until it returns"
    return sentences(why, instead, at(call.line))


def stopped(stop: Stopped, seconds: float, requests: int) -> str:
    """Return why a submission was stopped, and on which line it was."""
    why = stop.reason.value.format(seconds=seconds, requests=requests)
    end = "so it was stopped" if stop.ended else "and it could not be cancelled"
    instead = {
        Reason.POLLS: "Wait for a deadline or an event; do not look again and again",
        Reason.COMPUTES: "Does its loop ever end? To wait, sleep until the time has come, or use an event or a queue",
    }.get(stop.reason, "")
    return sentences(f"{why}, {end}", instead, at(stop.line))


def at(line: object) -> str:
    """Return a sentence that points to a line; "" if there is none."""
    return f"Look at {line}" if line else ""
