"""Hints to common mistakes, which a learner reads after what Python says of them."""

from __future__ import annotations

import asyncio
import traceback
from asyncio import InvalidStateError, QueueEmpty, QueueFull
from collections.abc import Iterator
from concurrent.futures import Future
from difflib import get_close_matches
from types import ModuleType

import aiohttp
from aiohttp import ClientConnectionError, InvalidURL

from ..errors import message_of

_STAR = "`gather` takes each coroutine as a separate argument: `gather(*[fetch(path) for path in paths])`."
_WRAP = "A pool's future cannot be awaited: `asyncio.wrap_future(future)` can."
_PLAIN = "Call a plain function without `await`."
F_MISSING = "Is the `f` before a string missing?"
_CALL = "Call it: `()` is missing after its name."
_AWAIT_FIRST = "Await it first, and loop over its result: `for each in await ...`."
_FUTURE = "A future needs no task: await it, or gather it."
_ITERATOR = "An iterator has no length and no index; loop over it."
_NO_COROUTINE = "It is not a coroutine: leave out the `await`."
_TOGETHER = "To await several, use `asyncio.gather(*coroutines)`."
_NONE = "A value is None: a missing header gives None, and so does a function without `return`."
_NUMBER = "One side is a string, as every header is: convert it with `float(...)`."
_HEADERS = 'Headers are like a dict: `response.headers["Location"]`.'
_JSON = "Is the JSON read? `await response.json()` returns the document."
_TEXT = "The value is text: a key, if you loop over a dict, or a body that was not read as JSON."
_LIST = "A dict is not a list: an empty list is `[]`, and `[item, *others]` puts a document into one."
_SWAPPED = "It is no session. Are two arguments or parameters swapped?"
_VALUE = "It is a value, not a function. Is a `()` too many, or are two arguments swapped?"
_NO_HEADER = "The response has no such header: `headers.get(...)` returns None then."
_NO_RESPONSE = (
    "The value is None, not a response: did the request fail? `raise_for_status()` and a semaphore give None, too."
)
_NEW_TIMEOUT = "A ClientTimeout cannot be changed: make a new one, and pass it with the request."
_PATH = "A path needs a session that knows the server's URL."
_DOCUMENT = "It is the document itself: whatever was awaited has read it already."
_PIECES = "A body is read in pieces: `async for piece in response.content.iter_chunked(65536)`."
_QUEUE = "A queue is not looped over: `while not queue.empty(): item = queue.get_nowait()`."
_RESPONSE_FIRST = (
    "First the response, then its body: `response = await session.get(path)`, then `await response.json()`."
)
_WITH = "`async with` takes the object itself: `async with slots:`, without `.acquire()`."
_YIELD = "A `yield` makes it a generator: return the value, or use `@contextlib.asynccontextmanager` and `async with`."
_INNER_AWAIT = (
    "An `await` before `for` makes an async generator: gather the calls of a coroutine function for one path."
)
_ONCE = "A coroutine can be awaited only once. Is `gather` inside the loop that makes the coroutines?"
_APPEND = "`append` changes the list and returns None: do not assign its result."
_EXACT = "A dict finds the exact class only; `except` and `isinstance` find its subclasses, too."
_ONE_TASK = "An async generator serves one task at a time. Share a plain iterator, and let each task send its requests."
_NOTHING_RAISED = "The last attempt raised nothing: let `response.raise_for_status()` raise in each attempt."
_STREAMS = "`session.get` streams by itself: `response.content.iter_chunked(65536)` yields the pieces."
_RUNNING = "The event loop is already running: use `await`."
_WAIT = "`asyncio.wait` takes a list of tasks; `asyncio.gather(*coroutines)` is simpler, and keeps the order."
_UNASSIGNED = (
    "It has no value here: did an exception pass over its assignment? After `except ... as name:`, Python deletes the "
    "name. A variable of an enclosing function must be declared `nonlocal`."
)


_NOT_AWAITABLE = "can't be used in 'await'", "object can't be awaited"  # up to Python 3.13, and from 3.14 on


def _awaited(kind: str, hint: str) -> list[tuple[type[BaseException], str, str]]:
    """Return the hint to awaiting an object of this type, as Python says it up to 3.13 and from 3.14 on."""
    said = f"object {kind} can't be used in 'await'", f"'{kind}' object can't be awaited"
    return [(TypeError, each, hint) for each in said]


HINTS: tuple[tuple[type[BaseException], str, str], ...] = (
    (TypeError, "'NoneType' object is not subscriptable", "The value is None. Is there a `return`?"),
    (TypeError, '(not "_GatheringFuture")', "Is an `await` missing before `gather`?"),
    (TypeError, "'_asyncio.Task' object is not subscriptable", "Is an `await` missing?"),
    (TypeError, "'coroutine' object is not callable", "Pass the function itself and its arguments; do not call it."),
    (TypeError, "a bytes-like object is required, not 'NoneType'", "The value is None. Is there a `return`?"),
    (TypeError, "not 'NoneType'", _NONE),
    (TypeError, "instances of 'str' and", _NUMBER),
    (TypeError, "can only concatenate str", "An f-string joins a string and a number; `float(...)` lets you add them."),
    (TypeError, "instances of 'NoneType' and", _NONE),
    (AttributeError, "'NoneType' object has no attribute 'isd", _NONE),
    (AttributeError, "'NoneType' object has no attribute 'raise_for", _NO_RESPONSE),
    (AttributeError, "'NoneType' object has no attribute 'json'", _NO_RESPONSE),
    (AttributeError, "'NoneType' object has no attribute 'status'", _NO_RESPONSE),
    (AttributeError, "'NoneType' object has no attribute 'headers'", _NO_RESPONSE),
    (KeyError, "'Retry-After'", _NO_HEADER),
    (KeyError, "'retry-after'", _NO_HEADER),
    (TypeError, "Cannot serialize non-str key", "A header is a string: convert the value with `str(...)`."),
    (TypeError, "exceptions must derive from BaseException", "`raise` needs an exception, and this is not one."),
    (RuntimeError, "Task got bad yield", _STAR),
    (RuntimeError, "yield was used instead of yield from", _STAR),
    *_awaited("NoneType", _PLAIN),
    *_awaited("method", _CALL),
    *_awaited("function", _CALL),
    *_awaited("builtin_function_or_method", _CALL),
    *_awaited("list", _TOGETHER),
    *_awaited("Future", _WRAP),
    *_awaited("generator", _TOGETHER),
    *_awaited("Semaphore", "Take a slot with `async with slots:`."),
    *_awaited("AsyncLimiter", "Take a turn with `async with limiter:`."),
    *_awaited("ClientResponse", "Read the body: `await response.json()`."),
    *((TypeError, said, _NO_COROUTINE) for said in _NOT_AWAITABLE),
    (TypeError, "a coroutine was expected, got None", _PLAIN),
    (TypeError, "a coroutine was expected, got <Future", _FUTURE),
    (TypeError, "a coroutine was expected, got <_Gathering", _FUTURE),
    (TypeError, "a coroutine was expected, got <Task", _FUTURE),
    (TypeError, "a coroutine was expected", "Call a coroutine function: `create_task(fetch(path))`."),
    (TypeError, "__aiter__ method, got method", _CALL),
    (TypeError, "__aiter__ method, got function", _CALL),
    (TypeError, "__aiter__ method, got coroutine", _AWAIT_FIRST),
    (TypeError, "__aiter__ method, got _GatheringFuture", _AWAIT_FIRST),
    (TypeError, "__aiter__ method, got ClientResponse", _PIECES),
    (TypeError, "__aiter__ method, got bytes", _PIECES),
    (TypeError, "__aiter__ method, got Queue", _QUEUE),
    (TypeError, "'async for' requires an object with __aiter__", "Loop over it with a plain `for`."),
    (TypeError, "'ClientResponse' object is not iterable", _PIECES),
    (TypeError, "'StreamReader' object is not iterable", _PIECES),
    (TypeError, "'Queue' object is not iterable", _QUEUE),
    (QueueEmpty, "", "The queue was empty: ask `queue.empty()` first."),
    (QueueFull, "", "`await queue.put(...)` waits for room."),
    (AttributeError, "RequestContextManager' object has no attribute", _RESPONSE_FIRST),
    (TypeError, "'coroutine' object does not support the async", _WITH),
    (TypeError, "'bool' object does not support the async", _WITH),
    (TypeError, "'Semaphore' object does not support the async", "Use `asyncio.Semaphore`."),
    (AttributeError, "'async_generator' object has no attribute", _YIELD),
    (TypeError, "'AsyncStreamIterator' object is not iterable", "Loop over it with `async for`."),
    (TypeError, "'async_generator' object is not iterable", "Loop over it with `async for`."),
    (TypeError, "generator' has no len()", _ITERATOR),
    (TypeError, "generator' object is not subscriptable", _ITERATOR),
    (TypeError, "datetime.timedelta", "A timedelta is no number: convert it with `.total_seconds()`."),
    (InvalidStateError, "is not set", "The task is still running: await it first."),
    (RuntimeError, "event loop is already running", _RUNNING),
    (TypeError, "offset-naive and offset-aware", "Dates in HTTP headers are in UTC; give both datetimes a time zone."),
    (ValueError, "GMT'", "Retry-After may be a date: `parsedate_to_datetime` reads it."),
    (ValueError, "Invalid date value or format", "Retry-After may be a number of seconds."),
    (RuntimeError, "No active exception to reraise", "A bare `raise` works only inside an `except` clause."),
    (RuntimeError, "cannot be called from a running event loop", _RUNNING),
    (SystemExit, "", "It would end the kernel. Raise another exception, or return."),
    (StopIteration, "", "`next` raises it at the end: loop with `for`, or give `next` a default."),
    (TypeError, "Constructor parameter should be str", "A URL is a string; yours is not. Is it None, or a list?"),
    (InvalidURL, "http://", "Its parts do not fit together: is the server's URL in it twice, or is a slash missing?"),
    (InvalidURL, "/", _PATH),
    (AttributeError, "has no attribute 'submit'", "The pool comes first: `run_in_executor(None, fetch, url)`."),
    (ValueError, "Amount must be a number between 0", "`AsyncLimiter(1, 0.1)` allows one every 0.1 s."),
    (RuntimeError, "asynchronous generator is already running", _ONE_TASK),
    (RuntimeError, "Session is closed", "The end of an `async with` block closes its session, and so does `close()`."),
    (Exception, "state=finished returned", _NOTHING_RAISED),
    (Exception, "RetryError[", "With `reraise=True`, tenacity raises the error of the last attempt."),
    (KeyError, "'Location'", "A refused POST has no Location: check the status first."),
    (TypeError, "'ClientResponse' object is not", "Read the body: `await response.json()`."),
    (TypeError, "a bytes-like object is required, not 'int'", "A loop over bytes yields numbers: write the bytes."),
    (TypeError, "a bytes-like object is required, not 'coroutine'", "Is an `await` missing?"),
    (TypeError, "a bytes-like object is required, not 'tuple'", "`iter_chunked` yields bytes, `iter_chunks` tuples."),
    (TypeError, "ClientResponseError.__init__()", "`response.raise_for_status()` makes one and raises it."),
    (TypeError, "catching classes that do not inherit", "After `except` comes an exception class, or a tuple of them."),
    (AttributeError, "Error' object has no attribute 'status'", "Only a ClientResponseError has a status."),
    (AttributeError, "no attribute 'status_code'", "aiohttp calls it `status`."),
    (AttributeError, "'ClientResponse' object has no attribute 'iter_", _PIECES),
    (TypeError, "a bytes-like object is required, not 'StreamReader'", _PIECES),
    (TypeError, "BufferedRandom' object does not support", "`file` is open already, and needs no `async with`."),
    (TypeError, "os.PathLike object, not BufferedRandom", "`file` is open already: write to it."),
    (AttributeError, "property 'timeout' of 'ClientSession'", "Pass it with the request: `get(path, timeout=...)`."),
    (AttributeError, "can't set attribute", _NEW_TIMEOUT),
    (TypeError, "replace() should be called on dataclass", _NEW_TIMEOUT),
    (AttributeError, "module aiohttp has no attribute TimeoutError", "It is Python's: `TimeoutError`."),
    (AttributeError, "module aiohttp has no attribute", "It may be from an older aiohttp: use what this lesson uses."),
    (
        TypeError,
        "'generator' object is not an async iterator",
        "Leave out the `await`: `next(paths, None)`.",
    ),
    (AttributeError, "'ClientResponse' object has no attribute 'data'", _JSON),
    (TypeError, "+: 'dict' and 'list'", _LIST),
    (TypeError, 'can only concatenate list (not "dict")', _LIST),
    (AttributeError, "'dict' object has no attribute 'append'", _LIST),
    (AttributeError, "'dict' object has no attribute 'extend'", _LIST),
    (AttributeError, "'dict' object has no attribute 'result'", _DOCUMENT),
    (AttributeError, "'dict' object has no attribute 'json'", _DOCUMENT),
    (AttributeError, "'dict' object has no attribute", 'A document is a dict: read a field with `document["name"]`.'),
    (AttributeError, "CIMultiDictProxy' object has no attribute", _HEADERS),
    (AttributeError, "generator' object has no attribute", _ITERATOR),
    (AttributeError, "iterator' object has no attribute", _ITERATOR),
    (TypeError, "CIMultiDictProxy' object is not callable", _HEADERS),
    (TypeError, "string indices must be integers", _TEXT),
    (TypeError, "byte indices must be integers", _TEXT),
    (TypeError, "function_or_method'", _CALL),
    (TypeError, "of 'method' and", _CALL),
    (TypeError, "of 'coroutine' and", "Is an `await` missing?"),
    (TypeError, "cannot unpack non-iterable NoneType", "A call returned None: does each `return` give all values?"),
    (TypeError, "argument of type 'int' is not", "A tuple of one needs a comma: `(429,)`."),
    (TypeError, "'int' object is not iterable", "Loop over `range(...)`."),
    (AttributeError, "'int' object has no attribute 'isd", 'A default for a header is a string, too: `"0"`.'),
    (RuntimeError, "cannot reuse already awaited", _ONCE),
    (TypeError, "must be an iterable, not async_generator", _INNER_AWAIT),
    (AttributeError, "'NoneType' object has no attribute 'append'", _APPEND),
    (AttributeError, "'str' object has no attribute 'get'", _SWAPPED),
    (AttributeError, "'int' object has no attribute 'get'", _SWAPPED),
    (AttributeError, "'list' object has no attribute 'get'", _SWAPPED),
    (AttributeError, "'dict' object has no attribute 'post'", _SWAPPED),
    (TypeError, "'ClientSession' object is not iterable", "Are two arguments or parameters swapped?"),
    (KeyError, "<class '", _EXACT),
    (KeyError, "Error'", _EXACT),
    (AttributeError, "'NoneType' object has no attribute '_raw", "A middleware must return the response."),
    (TypeError, "'int' object is not subscriptable", "The value is a number, such as an id, not a document."),
    (TypeError, "the JSON object must be str, bytes or bytearray", _JSON),
    (TypeError, "'type' object does not support", "A class must be called: is `()` missing after its name?"),
    (TypeError, "'ABCMeta' object does not support", "A class must be called: is `()` missing after its name?"),
    (TypeError, "wait() takes 1 positional argument", _WAIT),
    (TypeError, "Passing coroutines is forbidden", _WAIT),
    (TypeError, "'module' object is not callable", "It is a module: call a function in it, as in `uuid.uuid4()`."),
    (AttributeError, "'datetime.datetime' has no attribute 'datetime'", "Leave out the first `datetime.`."),
    (TypeError, "operand type(s) for ^", "Python writes a power as `2 ** n`."),
    (TypeError, "unexpected keyword argument 'loop'", "Leave out `loop=`: it is not needed any more."),
    (
        TypeError,
        "ClientTimeout.__init__() got an",
        "Its limits are `total`, `connect`, `sock_connect` and `sock_read`.",
    ),
    (
        TypeError,
        "_request() got an unexpected keyword",
        "Its names are `json`, `data`, `params`, `headers`, `raise_for_status`, `timeout=aiohttp.ClientTimeout(...)`.",
    ),
    (TypeError, ".get() takes 2 positional arguments", "Only the URL goes without a name: `params=...`."),
    (TypeError, "instances of 'Timeout' and", "`timeout=` takes an `aiohttp.ClientTimeout`."),
    (AttributeError, "'ClientSession' object has no attribute 'stream'", _STREAMS),
    (AttributeError, "'ClientResponse' object has no attribute 'is_success'", "aiohttp calls it `ok`."),
    (AttributeError, "'ClientResponse' object has no attribute 'aiter_", _PIECES),
    (TypeError, ".post() takes 2 positional arguments", "A body needs its name: `json=...`."),
    (TypeError, "unhashable type: 'dict'", "`{a, b}` is a set, which cannot hold this value; `a, b` is a tuple."),
    (ValueError, "multidict update sequence", "Headers are a dict: a colon stands after each name."),
    (ValueError, "Invalid URL '{", F_MISSING),
    (ValueError, "No scheme supplied", _PATH),
    (ValueError, "No connection adapters were found", "It takes one URL. Did it get a list of them?"),
    (ValueError, "starting from slash is forbidden", "`url + path` joins them."),
    (TypeError, "does not support the context manager protocol", "Use `async with`."),
    (RuntimeError, "while another loop is running", _RUNNING),
    (RuntimeError, "await wasn't used with future", "Is an `await` missing, as before `gather`?"),
    (TypeError, "a bytes-like object is required, not 'str'", "The file is binary: write bytes."),
    (Exception, "bytes when reading: b'", "A body need not have lines: read it with `iter_chunked`."),
    (ClientConnectionError, "Connection closed", "Read the body inside the response's `async with` block."),
    (UnboundLocalError, "not associated with a value", _UNASSIGNED),
    (TypeError, "object is not callable", _VALUE),
)


def hint(error: BaseException) -> str:
    """Return a hint if the mistake is a common one, else ""."""
    return _hint_to_name(error) or _hint_to_argument(error) or _hint_to_callback(error) or _hint_to_message(error)


def _hint_to_message(error: BaseException) -> str:
    message = message_of(error)
    return next((hint for kind, part, hint in HINTS if isinstance(error, kind) and part in message), "")


def _hint_to_name(error: BaseException) -> str:
    """Return where a name is that is not defined, if aiohttp has a class of that name, or a module one like it."""
    if isinstance(error, NameError) and isinstance(getattr(aiohttp, error.name or "", None), type):
        return f"It is `aiohttp.{error.name}`."
    if isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        for name in get_close_matches(error.name or "", dir(error.obj), 1, cutoff=0.8):
            return f"Did you mean `{error.obj.__name__}.{name}`?"
    return ""


def _hint_to_callback(error: BaseException) -> str:
    """Return a hint to a function without `async` that aiohttp awaits."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    is_awaited = isinstance(error, TypeError) and any(said in str(error) for said in _NOT_AWAITABLE)
    if not is_awaited or not frames or not frames[-1].f_globals["__name__"].startswith("aiohttp."):
        return ""
    return "aiohttp awaits the function that you passed: define it with `async def`."


def _hint_to_argument(error: BaseException) -> str:
    """Return a hint to what was passed to `gather`, `create_task` or a session, which the message does not name."""
    is_argument = message_of(error).startswith(("unhashable type", "An asyncio.Future, a coroutine"))
    if not isinstance(error, AssertionError) and not (isinstance(error, TypeError) and is_argument):
        return ""
    for frame, _ in reversed([*traceback.walk_tb(error.__traceback__)]):
        if frame.f_code is asyncio.gather.__code__:
            return _unlike_a_coroutine(frame.f_locals["arg"])
        if frame.f_code.co_name == "ensure_future":
            return _unlike_a_coroutine(frame.f_locals["coro_or_future"])
        if isinstance(error, AssertionError) and frame.f_globals["__name__"] == "aiohttp.connector":
            return "The path begins with two slashes; one is enough."
    return ""


def _unlike_a_coroutine(value: object) -> str:
    """Return a hint to a value that was passed in place of a coroutine."""
    if isinstance(value, list | tuple | set | Iterator):
        return _STAR
    if value is None:
        return "An argument is None. Is there a `return`?"
    if isinstance(value, Future):
        return _WRAP
    if callable(value):
        return _CALL
    return f"It needs a coroutine, but got an object of type {type(value).__name__}. Is there one `await` too many?"
