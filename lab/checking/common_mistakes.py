"""Common mistakes: what Python or a library says of each, and a hint for the learner."""

from __future__ import annotations

from asyncio import InvalidStateError, QueueEmpty, QueueFull

from aiohttp import ClientConnectionError, InvalidURL

STAR = "`gather` takes each coroutine as a separate argument: `gather(*[fetch(path) for path in paths])`."
WRAP = "A pool's future cannot be awaited: `asyncio.wrap_future(future)` can."
_PLAIN = "Call a plain function without `await`."
F_MISSING = "Is the `f` before a string missing?"
CALL = "Call it: `()` is missing after its name."
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
_QUEUE = "A `for` cannot empty a queue: `while not queue.empty(): item = queue.get_nowait()`."
_RESPONSE_FIRST = (
    "First the response, then its body: `response = await session.get(path)`, then `await response.json()`."
)
_WITH = "`async with` takes the object itself: `async with slots:`, without `.acquire()`."
_YIELD = "A `yield` makes it a generator: return the value, or use `@contextlib.asynccontextmanager` and `async with`."
_INNER_AWAIT = "An `await` before `for` makes an async generator. Gather the calls of a coroutine function instead."
_ONCE = "A coroutine can be awaited only once. Is `gather` inside the loop that makes the coroutines?"
_APPEND = "`append` changes the list and returns None: do not assign its result."
_EXACT = "A dict finds the exact class only; `except` and `isinstance` find its subclasses, too."
_ONE_TASK = "An async generator serves one task at a time. Share a plain iterator, and let each task send its requests."
_NOTHING_RAISED = "The last attempt raised nothing: let `response.raise_for_status()` raise in each attempt."
_STREAMS = "`session.get` streams by itself: `response.content.iter_chunked(65536)` yields the pieces."
_RUNNING = "The event loop is already running: use `await`."
_WAIT = "`asyncio.wait` takes a list of tasks; `asyncio.gather(*coroutines)` is simpler, and keeps the order."
_UNASSIGNED = (
    "It has no value here: did an exception skip its assignment? After `except ... as name:`, Python deletes the "
    "name. A variable of an enclosing function must be declared `nonlocal`."
)


NOT_AWAITABLE = "can't be used in 'await'", "object can't be awaited"  # up to Python 3.13, and from 3.14 on


def _awaited(kind: str, hint: str) -> list[tuple[type[BaseException], str, str]]:
    """Return the hint to awaiting an object of this type, as Python says it up to 3.13 and from 3.14 on."""
    said = f"object {kind} can't be used in 'await'", f"'{kind}' object can't be awaited"
    return [(TypeError, each, hint) for each in said]


# The type of the error, a part of its message, and the hint. The first row that fits is used.
HINTS: tuple[tuple[type[BaseException], str, str], ...] = (
    # a missing `await`, or one too many
    (TypeError, "'_asyncio.Task' object is not subscriptable", "Is an `await` missing?"),
    (TypeError, "'coroutine' object is not callable", "Pass the function itself and its arguments; do not call it."),
    *_awaited("NoneType", _PLAIN),
    *_awaited("method", CALL),
    *_awaited("function", CALL),
    *_awaited("builtin_function_or_method", CALL),
    *_awaited("list", _TOGETHER),
    *_awaited("Future", WRAP),
    *_awaited("generator", _TOGETHER),
    *_awaited("Semaphore", "Take a slot with `async with slots:`."),
    *_awaited("AsyncLimiter", "Take a turn with `async with limiter:`."),
    *_awaited("ClientResponse", "Read the body: `await response.json()`."),
    *((TypeError, said, _NO_COROUTINE) for said in NOT_AWAITABLE),
    (TypeError, "a coroutine was expected, got None", _PLAIN),
    (TypeError, "a coroutine was expected, got <Future", _FUTURE),
    (TypeError, "a coroutine was expected, got <_Gathering", _FUTURE),
    (TypeError, "a coroutine was expected, got <Task", _FUTURE),
    (TypeError, "a coroutine was expected", "Call a coroutine function: `create_task(fetch(path))`."),
    (AttributeError, "RequestContextManager' object has no attribute", _RESPONSE_FIRST),
    (TypeError, "a bytes-like object is required, not 'coroutine'", "Is an `await` missing?"),
    (TypeError, "of 'coroutine' and", "Is an `await` missing?"),
    (RuntimeError, "cannot reuse already awaited", _ONCE),
    # `gather` and `wait`
    (TypeError, '(not "_GatheringFuture")', "Is an `await` missing before `gather`?"),
    (RuntimeError, "Task got bad yield", STAR),
    (RuntimeError, "yield was used instead of yield from", STAR),
    (TypeError, "must be an iterable, not async_generator", _INNER_AWAIT),
    (TypeError, "wait() takes 1 positional argument", _WAIT),
    (TypeError, "Passing coroutines is forbidden", _WAIT),
    (RuntimeError, "await wasn't used with future", "Is an `await` missing, as before `gather`?"),
    # event loops, tasks and pools
    (InvalidStateError, "is not set", "The task is still running: await it first."),
    (RuntimeError, "event loop is already running", _RUNNING),
    (RuntimeError, "cannot be called from a running event loop", _RUNNING),
    (AttributeError, "has no attribute 'submit'", "The pool comes first: `run_in_executor(None, fetch, url)`."),
    (TypeError, "unexpected keyword argument 'loop'", "Leave out `loop=`: it is not needed any more."),
    (RuntimeError, "while another loop is running", _RUNNING),
    # loops, iterators and queues
    (TypeError, "__aiter__ method, got method", CALL),
    (TypeError, "__aiter__ method, got function", CALL),
    (TypeError, "__aiter__ method, got coroutine", _AWAIT_FIRST),
    (TypeError, "__aiter__ method, got _GatheringFuture", _AWAIT_FIRST),
    (TypeError, "__aiter__ method, got Queue", _QUEUE),
    (TypeError, "__aiter__ method, got ClientResponse", _PIECES),
    (TypeError, "__aiter__ method, got bytes", _PIECES),
    (TypeError, "__aiter__ method, got", "Loop over it with a plain `for`."),
    (TypeError, "'Queue' object is not iterable", _QUEUE),
    (QueueEmpty, "", "The queue was empty: ask `queue.empty()` first."),
    (QueueFull, "", "`await queue.put(...)` waits for room."),
    (AttributeError, "'async_generator' object has no attribute", _YIELD),
    (TypeError, "'AsyncStreamIterator' object is not iterable", "Loop over it with `async for`."),
    (TypeError, "'async_generator' object is not iterable", "Loop over it with `async for`."),
    (TypeError, "generator' has no len()", _ITERATOR),
    (TypeError, "generator' object is not subscriptable", _ITERATOR),
    (StopIteration, "", "`next` raises it at the end: loop with `for`, or give `next` a default."),
    (RuntimeError, "asynchronous generator is already running", _ONE_TASK),
    (
        TypeError,
        "'generator' object is not an async iterator",
        "Leave out the `await`: `next(paths, None)`.",
    ),
    (AttributeError, "generator' object has no attribute", _ITERATOR),
    (AttributeError, "iterator' object has no attribute", _ITERATOR),
    (TypeError, "'int' object is not iterable", "A number has no items. To count, loop over `range(...)`."),
    # `async with`
    (TypeError, "'coroutine' object does not support the async", _WITH),
    (TypeError, "'bool' object does not support the async", _WITH),
    (TypeError, "'Semaphore' object does not support the async", "Use `asyncio.Semaphore`."),
    (TypeError, "BufferedRandom' object does not support", "`file` is open already, and needs no `async with`."),
    (TypeError, "'type' object does not support", "A class must be called: is `()` missing after its name?"),
    (TypeError, "'ABCMeta' object does not support", "A class must be called: is `()` missing after its name?"),
    (TypeError, "does not support the context manager protocol", "If it is asyncio's or aiohttp's, use `async with`."),
    # None
    (TypeError, "'NoneType' object is not subscriptable", "The value is None. Is there a `return`?"),
    (TypeError, "a bytes-like object is required, not 'NoneType'", "The value is None. Is there a `return`?"),
    (TypeError, "not 'NoneType'", _NONE),
    (TypeError, "instances of 'NoneType' and", _NONE),
    (AttributeError, "'NoneType' object has no attribute 'isd", _NONE),
    (AttributeError, "'NoneType' object has no attribute 'raise_for", _NO_RESPONSE),
    (AttributeError, "'NoneType' object has no attribute 'json'", _NO_RESPONSE),
    (AttributeError, "'NoneType' object has no attribute 'status'", _NO_RESPONSE),
    (AttributeError, "'NoneType' object has no attribute 'headers'", _NO_RESPONSE),
    (TypeError, "cannot unpack non-iterable NoneType", "A call returned None: does each `return` give all values?"),
    (AttributeError, "'NoneType' object has no attribute 'append'", _APPEND),
    (AttributeError, "'NoneType' object has no attribute '_raw", "A middleware must return the response."),
    # headers and dates
    (TypeError, "instances of 'str' and", _NUMBER),
    (TypeError, "can only concatenate str", "An f-string joins a string and a number; `float(...)` lets you add them."),
    (KeyError, "'Retry-After'", _NO_HEADER),
    (KeyError, "'retry-after'", _NO_HEADER),
    (TypeError, "Cannot serialize non-str key", "A header is a string: convert the value with `str(...)`."),
    (TypeError, "datetime.timedelta", "A timedelta is no number: convert it with `.total_seconds()`."),
    (TypeError, "offset-naive and offset-aware", "Dates in HTTP headers are in UTC; give both datetimes a time zone."),
    (ValueError, "GMT'", "Retry-After may be a date: `parsedate_to_datetime` reads it."),
    (ValueError, "Invalid date value or format", "Retry-After may be a number of seconds."),
    (KeyError, "'Location'", "A refused POST has no Location: check the status first."),
    (AttributeError, "CIMultiDictProxy' object has no attribute", _HEADERS),
    (TypeError, "CIMultiDictProxy' object is not callable", _HEADERS),
    (AttributeError, "'int' object has no attribute 'isd", 'A default for a header is a string, too: `"0"`.'),
    (AttributeError, "'datetime.datetime' has no attribute 'datetime'", "Leave out the first `datetime.`."),
    (ValueError, "multidict update sequence", "Headers are a dict: a colon stands after each name."),
    # responses and bodies
    (TypeError, "'ClientResponse' object is not iterable", _PIECES),
    (TypeError, "'StreamReader' object is not iterable", _PIECES),
    (TypeError, "'ClientResponse' object is not", "Read the body: `await response.json()`."),
    (TypeError, "a bytes-like object is required, not 'int'", "A loop over bytes yields numbers: write the bytes."),
    (TypeError, "a bytes-like object is required, not 'tuple'", "`iter_chunked` yields bytes, `iter_chunks` tuples."),
    (AttributeError, "no attribute 'status_code'", "aiohttp calls it `status`."),
    (AttributeError, "'ClientResponse' object has no attribute 'iter_", _PIECES),
    (TypeError, "a bytes-like object is required, not 'StreamReader'", _PIECES),
    (TypeError, "os.PathLike object, not BufferedRandom", "`file` is open already: write to it."),
    (AttributeError, "'ClientResponse' object has no attribute 'data'", _JSON),
    (AttributeError, "'ClientResponse' object has no attribute 'is_success'", "aiohttp calls it `ok`."),
    (AttributeError, "'ClientResponse' object has no attribute 'aiter_", _PIECES),
    (TypeError, "a bytes-like object is required, not 'str'", "The file is binary: write bytes."),
    (Exception, "bytes when reading: b'", "A body need not have lines: read it with `iter_chunked`."),
    (ClientConnectionError, "Connection closed", "Read the body inside the response's `async with` block."),
    # documents
    (TypeError, "+: 'dict' and 'list'", _LIST),
    (TypeError, 'can only concatenate list (not "dict")', _LIST),
    (AttributeError, "'dict' object has no attribute 'append'", _LIST),
    (AttributeError, "'dict' object has no attribute 'extend'", _LIST),
    (AttributeError, "'dict' object has no attribute 'result'", _DOCUMENT),
    (AttributeError, "'dict' object has no attribute 'json'", _DOCUMENT),
    (AttributeError, "'dict' object has no attribute 'post'", _SWAPPED),
    (AttributeError, "'dict' object has no attribute", 'A document is a dict: read a field with `document["name"]`.'),
    (TypeError, "string indices must be integers", _TEXT),
    (TypeError, "byte indices must be integers", _TEXT),
    (TypeError, "'int' object is not subscriptable", "The value is a number, such as an id, not a document."),
    (TypeError, "the JSON object must be str, bytes or bytearray", _JSON),
    (TypeError, "unhashable type: 'dict'", "`{a, b}` is a set, which cannot hold this value; `a, b` is a tuple."),
    # sessions, URLs and timeouts
    (TypeError, "Constructor parameter should be str", "A URL is a string; yours is not. Is it None, or a list?"),
    (InvalidURL, "http://", "Its parts do not fit together: is the server's URL in it twice, or is a slash missing?"),
    (InvalidURL, "/", _PATH),
    (RuntimeError, "Session is closed", "The end of an `async with` block closes its session, and so does `close()`."),
    (AttributeError, "property 'timeout' of 'ClientSession'", "Pass it with the request: `get(path, timeout=...)`."),
    (AttributeError, "can't set attribute", _NEW_TIMEOUT),
    (TypeError, "replace() should be called on dataclass", _NEW_TIMEOUT),
    (AttributeError, "'str' object has no attribute 'get'", _SWAPPED),
    (AttributeError, "'int' object has no attribute 'get'", _SWAPPED),
    (AttributeError, "'list' object has no attribute 'get'", _SWAPPED),
    (TypeError, "'ClientSession' object is not iterable", "Are two arguments or parameters swapped?"),
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
    (TypeError, ".post() takes 2 positional arguments", "A body needs its name: `json=...`."),
    (ValueError, "Invalid URL '{", F_MISSING),
    (ValueError, "No scheme supplied", _PATH),
    (ValueError, "No connection adapters were found", "It takes one URL. Did it get a list of them?"),
    (ValueError, "starting from slash is forbidden", "`url + path` joins them."),
    # exceptions
    (TypeError, "exceptions must derive from BaseException", "`raise` needs an exception, and this is not one."),
    (RuntimeError, "No active exception to reraise", "A bare `raise` works only inside an `except` clause."),
    (SystemExit, "", "It would end the kernel. Raise another exception, or return."),
    (Exception, "state=finished returned", _NOTHING_RAISED),
    (Exception, "RetryError[", "With `reraise=True`, tenacity raises the error of the last attempt."),
    (TypeError, "ClientResponseError.__init__()", "`response.raise_for_status()` makes one and raises it."),
    (TypeError, "catching classes that do not inherit", "After `except` comes an exception class, or a tuple of them."),
    (AttributeError, "Error' object has no attribute 'status'", "Only a ClientResponseError has a status."),
    (KeyError, "<class '", _EXACT),
    (KeyError, "Error'", _EXACT),
    (UnboundLocalError, "not associated with a value", _UNASSIGNED),
    # other names and values
    (ValueError, "Amount must be a number between 0", "`AsyncLimiter(1, 0.1)` allows one every 0.1 s."),
    (AttributeError, "module aiohttp has no attribute TimeoutError", "It is Python's: `TimeoutError`."),
    (AttributeError, "module aiohttp has no attribute", "An older aiohttp may have had it: use what this lesson uses."),
    (TypeError, "function_or_method'", CALL),
    (TypeError, "of 'method' and", CALL),
    (TypeError, "argument of type 'int' is not", "A tuple of one needs a comma: `(429,)`."),
    (TypeError, "'module' object is not callable", "It is a module: call a function in it, as in `uuid.uuid4()`."),
    (TypeError, "operand type(s) for ^", "Python writes a power as `2 ** n`."),
    (TypeError, "object is not callable", _VALUE),
)
