"""Planted submissions to exercise 02.4, right and wrong."""

import asyncio
import contextlib
import io
import math
import os
import shutil
import tempfile
import threading
import time

import aiohttp

from ..submissions import Planted

planted = Planted()


def _limits(stall):
    return aiohttp.ClientTimeout(total=None, sock_read=stall)


async def _save(session, path, file, limits):
    async with session.get(path, timeout=limits) as response:
        response.raise_for_status()
        async for chunk in response.content.iter_chunked(65536):
            file.write(chunk)


@planted.wrong(
    "02.4", "The download was cut off after 0.5 s and 0 of 13 bytes. Only a silence of `stall` seconds may end it"
)
async def without_limits_of_its_own(session, path, file, stall):
    async with session.get(path) as response:
        response.raise_for_status()
        async for chunk in response.content.iter_chunked(65536):
            file.write(chunk)


@planted.wrong("02.4", "The server sent two lines and then fell silent, and `stall` is 0.8 s: expected a TimeoutError")
async def a_limit_on_the_first_piece(session, path, file, stall):
    async with asyncio.timeout(stall) as limit:
        async with session.get(path, timeout=aiohttp.ClientTimeout(), raise_for_status=True) as response:
            limit.reschedule(asyncio.get_running_loop().time() + stall)
            async for piece in response.content.iter_any():
                limit.reschedule(None)
                file.write(piece)


@planted.wrong("02.4", "The server sent 4 bytes, but the file holds 1. The body came in two chunks")
async def an_end_of_a_chunk_taken_for_that_of_the_body(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        while (piece := await response.content.readchunk())[0]:
            file.write(piece[0])


@planted.right("02.4")
async def chunks_until_there_is_neither_data_nor_an_end(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        while (piece := await response.content.readchunk()) != (b"", False):
            file.write(piece[0])


@planted.wrong("02.4", "It raised TypeError: expected str, bytes or os.PathLike object, not")
async def opens_the_file(session, path, file, stall):
    with open(file, "wb") as opened:  # noqa: ASYNC230 - what a learner may write
        await _save(session, path, opened, _limits(stall))


@planted.wrong("02.4", "but not the ones that the server sent")
async def a_stack_of_pieces(session, path, file, stall):
    stack = asyncio.LifoQueue()
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        async for chunk in response.content.iter_chunked(65536):
            stack.put_nowait(chunk)
            if stack.qsize() == 4:
                while not stack.empty():
                    file.write(stack.get_nowait())
    while not stack.empty():
        file.write(stack.get_nowait())


@planted.wrong("02.4", "the ClientResponseError that it raised has the status 0")
async def an_error_without_its_status(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        if response.status >= 400:
            raise aiohttp.ClientResponseError(response.request_info, response.history)
        async for chunk in response.content.iter_chunked(65536):
            file.write(chunk)


@planted.wrong("02.4", "The download was cut off after 86,401.0 s and 12 of 13 bytes. Only a silence")
async def a_day_in_all(session, path, file, stall):
    await _save(session, path, file, aiohttp.ClientTimeout(total=86400, sock_read=stall))


@planted.wrong("02.4", "The head came after 0.7 s, and then a byte every 0.7 s, and `stall` is 0.8 s.")
async def stall_from_the_start_to_the_first_piece(session, path, file, stall):
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(stall) as limit:
        async with session.get(path, timeout=aiohttp.ClientTimeout(total=None), raise_for_status=True) as response:
            async for piece in response.content.iter_any():
                limit.reschedule(loop.time() + stall)
                file.write(piece)


async def _look_every(seconds, session, path, file, stall):
    """Save the body, and look at the clock again and again."""
    last = time.monotonic()

    async def watch(task):
        while time.monotonic() < last + stall:  # noqa: ASYNC110
            await asyncio.sleep(seconds)
        task.cancel()

    watching = asyncio.create_task(watch(asyncio.current_task()))
    try:
        async with session.get(path, timeout=aiohttp.ClientTimeout(total=None), raise_for_status=True) as response:
            last = time.monotonic()
            async for piece in response.content.iter_any():
                last = time.monotonic()
                file.write(piece)
    except asyncio.CancelledError:
        raise TimeoutError from None
    finally:
        watching.cancel()


@planted.wrong("02.4", "It woke up more than 25,000 times, so it was stopped. Wait for a deadline or an event")
async def looks_at_the_clock_all_the_time(session, path, file, stall):
    await _look_every(0.5, session, path, file, stall)


@planted.wrong("02.4", "after 7,501.0 s and 1 of 13 bytes. Only a silence")
async def stall_as_total(session, path, file, stall):
    await _save(session, path, file, aiohttp.ClientTimeout(total=stall))


@planted.wrong("02.4", "after 7,500.0 s and 1 of 13 bytes. Only a silence")
async def stall_around_all(session, path, file, stall):
    async with asyncio.timeout(stall):
        await _save(session, path, file, aiohttp.ClientTimeout())


@planted.wrong("02.4", "The download was cut off after 11.0 s and 0 of 13 bytes")
async def ten_seconds_in_all(session, path, file, stall):
    await _save(session, path, file, aiohttp.ClientTimeout(total=10, sock_read=stall))


@planted.wrong("02.4", "The download was cut off after 3,601.0 s and 0 of 13 bytes")
async def an_hour_in_all(session, path, file, stall):
    await _save(session, path, file, aiohttp.ClientTimeout(total=3600, sock_read=stall))


@planted.wrong("02.4", "expected a TimeoutError after 0.3 s. It came after 0.60 s")
async def twice_the_stall(session, path, file, stall):
    await _save(session, path, file, _limits(2 * stall))


@planted.wrong("02.4", "expected a TimeoutError after 0.3 s. It came after 1.00 s")
async def stall_in_whole_seconds(session, path, file, stall):
    await _save(session, path, file, _limits(-(-stall // 1)))


@planted.wrong("02.4", "Your function returned after 190.00 s. No limit ended the silence.")
async def no_limit_at_all(session, path, file, stall):
    await _save(session, path, file, aiohttp.ClientTimeout())


@planted.wrong("02.4", "expected a TimeoutError after 0.8 s. It raised ServerDisconnectedError")
async def a_limit_on_each_piece_alone(session, path, file, stall):
    async with session.get(path, timeout=aiohttp.ClientTimeout(), raise_for_status=True) as response:
        while piece := await asyncio.wait_for(response.content.readany(), stall):
            file.write(piece)


@planted.wrong("02.4", "Your function returned after 0.30 s. Does an `except` hide the error?")
async def stall_swallowed(session, path, file, stall):
    with contextlib.suppress(TimeoutError):
        await _save(session, path, file, _limits(stall))


@planted.wrong("02.4", "expected a TimeoutError after 0.3 s. It raised RuntimeError: stalled")
async def stall_raised_as_another_error(session, path, file, stall):
    try:
        await _save(session, path, file, _limits(stall))
    except TimeoutError:
        raise RuntimeError("stalled") from None


@planted.wrong("02.4", "It sent 2 requests with the session that it was given; expected 1")
async def stall_retried_in_vain(session, path, file, stall):
    try:
        await _save(session, path, file, _limits(stall))
    except TimeoutError:
        await _save(session, path, file, _limits(stall))


@planted.wrong("02.4", "It held more than 4 MiB of the body in memory, copies included")
async def all_at_one_time(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        file.write(await response.read())


@planted.wrong("02.4", "It held more than 4 MiB of the body in memory, copies included")
async def the_whole_body_in_slices(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        body = io.BytesIO(await response.read())
        while piece := body.read(65536):
            file.write(piece)


@planted.wrong("02.4", "copies included. Write each piece before you read the next, and do not keep it")
async def a_copy_in_a_bytearray(session, path, file, stall):
    copy = bytearray()
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        async for piece in response.content.iter_chunked(65536):
            file.write(piece)
            copy += piece


@planted.wrong("02.4", "A body need not have lines: read it with `iter_chunked`. Look at line")
async def line_by_line(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        async for line in response.content:
            file.write(line)


@planted.wrong("02.4", "and the file now holds the error document")
async def error_document_saved(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        async for chunk in response.content.iter_chunked(65536):
            file.write(chunk)


@planted.wrong("02.4", "The status was 400: expected a ClientResponseError. Your function returned normally")
async def error_passed_over(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        if response.ok:
            async for chunk in response.content.iter_chunked(65536):
                file.write(chunk)


def _by_status(name, fails):
    """Return a submission that is right except for the statuses for which it raises."""

    async def submission(session, path, file, stall):
        async with session.get(path, timeout=_limits(stall)) as response:
            if fails(response.status):
                raise aiohttp.ClientResponseError(response.request_info, response.history, status=response.status)
            async for chunk in response.content.iter_chunked(65536):
                file.write(chunk)

    submission.__name__ = name
    return submission


for name, fails, symptom in (
    ("only_404_raised", lambda status: status == 404, "The status was 400, and the file now holds the error document"),
    ("only_server_errors_raised", lambda status: status >= 500, "The status was 400, and the file now holds"),
    ("only_client_errors_raised", lambda status: 400 <= status < 500, "The status was 500, and the file now holds"),
    (
        "only_200_written",
        lambda status: status != 200,
        "The status was 203. It raised ClientResponseError: 203",
    ),
    (
        "only_success_written",
        lambda status: not 200 <= status < 300,
        "The status was 300. It raised ClientResponseError: 300",
    ),
):
    planted.wrong("02.4", symptom)(_by_status(name, fails))


@planted.wrong("02.4", "The status was 400: expected a ClientResponseError. It raised ValueError")
async def error_raised_as_another(session, path, file, stall):
    try:
        await _save(session, path, file, _limits(stall))
    except aiohttp.ClientResponseError as error:
        raise ValueError(error.status) from None


@planted.wrong("02.4", "The body was cut short: expected aiohttp's ClientPayloadError. Your function returned normally")
async def body_cut_short_swallowed(session, path, file, stall):
    with contextlib.suppress(aiohttp.ClientPayloadError):
        await _save(session, path, file, _limits(stall))


@planted.wrong("02.4", "The server sent 13 bytes, but the file holds 1.")
async def what_is_there_already(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        file.write(await response.content.read(65536))


@planted.wrong("02.4", "The length of the body was not known. It raised TypeError: int()")
async def by_its_content_length(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        left = int(response.content_length)
        while left:
            piece = await response.content.read(65536)
            file.write(piece)
            left -= len(piece)


@planted.wrong(
    "02.4", "It raised TypeError: a bytes-like object is required, not 'str'. The file is binary: write bytes"
)
async def text_written(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        async for line in response.content:
            file.write(line.decode("latin-1"))


@planted.wrong("02.4", "It closed the file. Leave that to the caller, who opened it")
async def file_closed(session, path, file, stall):
    with file:
        await _save(session, path, file, _limits(stall))


@planted.wrong("02.4", "It sent 2 requests with the session that it was given; expected 1")
async def head_first(session, path, file, stall):
    async with session.head(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
    await _save(session, path, file, _limits(stall))


@planted.wrong("02.4", "It sent 0 requests with the session that it was given; expected 1")
async def with_another_session(session, path, file, stall):
    async with aiohttp.ClientSession(session._base_url) as other:
        await _save(other, path, file, _limits(stall))


async def _save_in_pieces_of(size, session, path, file, stall):
    pieces = bytearray()
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        async for piece in response.content.iter_any():
            pieces += piece
            if len(pieces) >= size:
                file.write(pieces)
                pieces.clear()
    file.write(pieces)


@planted.right("02.4")
async def pieces_of_a_mebibyte(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall), read_bufsize=2**20) as response:
        response.raise_for_status()
        async for piece in response.content.iter_chunked(2**20):
            file.write(piece)


@planted.right("02.4")
async def pieces_gathered_to_a_mebibyte(session, path, file, stall):
    await _save_in_pieces_of(2**20, session, path, file, stall)


@planted.right("02.4")
async def small_pieces(session, path, file, stall):
    async with session.request("GET", path, timeout=_limits(stall), raise_for_status=True) as response:
        while piece := await response.content.read(4096):
            assert file.write(memoryview(piece)) == len(piece)


@planted.right("02.4")
async def pieces_of_four_mebibytes(session, path, file, stall):
    await _save_in_pieces_of(2**22, session, path, file, stall)


@planted.right("02.4")
async def flushed_to_the_disk(session, path, file, stall):
    await _save(session, path, file, _limits(stall))
    file.flush()
    os.fsync(file.fileno())


@planted.right("02.4")
async def copied_from_a_temporary_file(session, path, file, stall):
    with tempfile.TemporaryFile() as first:
        await _save(session, path, first, _limits(stall))
        first.seek(0)
        shutil.copyfileobj(first, file)


@planted.right("02.4")
async def with_a_report_every_minute(session, path, file, stall):
    async def report():
        while True:
            await asyncio.sleep(60)
            file.tell()

    reporter = asyncio.create_task(report())
    try:
        await _save(session, path, file, _limits(stall))
    finally:
        reporter.cancel()


@planted.right("02.4")
async def a_limit_on_each_wait(session, path, file, stall):
    head = session.get(path, timeout=aiohttp.ClientTimeout(total=None))
    async with await asyncio.wait_for(head, stall) as response:
        if response.status >= 400:
            raise aiohttp.ClientResponseError(response.request_info, response.history, status=response.status)
        while piece := await asyncio.wait_for(response.content.readany(), stall):
            file.write(piece)


@planted.right("02.4")
async def a_limit_that_is_moved(session, path, file, stall):
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(stall) as limit:
        async with session.get(path, timeout=aiohttp.ClientTimeout()) as response:
            response.raise_for_status()
            limit.reschedule(loop.time() + stall)
            async for piece, _ in response.content.iter_chunks():
                limit.reschedule(loop.time() + stall)
                file.write(piece)


@planted.right("02.4")
async def written_in_a_thread(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        async for piece in response.content.iter_chunked(2**18):
            await asyncio.to_thread(file.write, piece)


@planted.right("02.4")
async def by_a_writer_and_a_queue(session, path, file, stall):
    queue = asyncio.Queue(maxsize=4)

    async def write():
        while (piece := await queue.get()) is not None:
            file.write(piece)

    writer = asyncio.create_task(write())
    try:
        async with session.get(path, timeout=_limits(stall)) as response:
            response.raise_for_status()
            async for piece in response.content.iter_chunked(65536):
                await queue.put(piece)
    finally:
        await queue.put(None)
        await writer


@planted.wrong("02.4", "The body was large and its length not known. It held more than 4 MiB of the body in memory")
async def a_body_of_unknown_length_at_one_time(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        if response.content_length is None:
            file.write(await response.read())
        async for chunk in response.content.iter_chunked(65536):
            file.write(chunk)


@planted.wrong("02.4", "The body was cut short, and its length was not known: expected aiohttp's ClientPayloadError.")
async def cut_short_only_by_its_content_length(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        try:
            async for chunk in response.content.iter_chunked(65536):
                file.write(chunk)
        except aiohttp.ClientPayloadError:
            if response.content_length is not None:
                raise


@planted.wrong("02.4", "expected a TimeoutError after 7,003.3 s. It came after 7,015.30 s")
async def looks_five_hundred_times_a_stall(session, path, file, stall):
    await _look_every(stall / 500, session, path, file, stall)


@planted.wrong("02.4", "expected a TimeoutError after 7.25 s. It came after 8.00 s")
async def a_long_stall_in_whole_seconds(session, path, file, stall):
    await _save(session, path, file, _limits(math.ceil(stall) if stall > 5 else stall))


@planted.wrong("02.4", "expected a TimeoutError after 0.3 s. It came after 0.50 s")
async def half_a_second_at_least(session, path, file, stall):
    await _save(session, path, file, _limits(max(stall, 0.5)))


@planted.wrong("02.4", "expected a TimeoutError after 7.25 s. It came after 7.20 s")
async def stall_to_a_tenth(session, path, file, stall):
    await _save(session, path, file, _limits(round(stall, 1)))


@planted.wrong("02.4", "The status was 410, and the body was empty: expected a ClientResponseError")
async def the_status_looked_at_with_each_piece(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall)) as response:
        async for piece in response.content.iter_chunked(65536):
            response.raise_for_status()
            file.write(piece)


@planted.wrong("02.4", "The file was not complete when your function returned. Await whatever writes to it.")
async def a_writer_that_is_not_awaited(session, path, file, stall):
    queue = asyncio.Queue(maxsize=4)

    async def write():
        while (piece := await queue.get()) is not None:
            file.write(piece)

    asyncio.create_task(write())  # noqa: RUF006 - the mistake
    async with session.get(path, timeout=_limits(stall)) as response:
        response.raise_for_status()
        async for piece in response.content.iter_chunked(65536):
            await queue.put(piece)
    await queue.put(None)


@planted.wrong("02.4", ": `await asyncio.sleep(1)`.")
async def a_task_that_looks_every_second(session, path, file, stall):
    last, me = asyncio.get_running_loop().time(), asyncio.current_task()

    async def watch():
        while asyncio.get_running_loop().time() < last + stall:  # noqa: ASYNC110
            await asyncio.sleep(1)
        me.cancel()

    watchdog = asyncio.create_task(watch())
    async with session.get(path, timeout=aiohttp.ClientTimeout()) as response:
        async for piece in response.content.iter_any():
            last = asyncio.get_running_loop().time()
            file.write(piece)
    watchdog.cancel()


@planted.right("02.4")
async def a_timer_in_a_thread(session, path, file, stall):
    loop, me, silent = asyncio.get_running_loop(), asyncio.current_task(), False

    def give_up():
        nonlocal silent
        silent = True
        me.cancel()

    def timer():
        started = threading.Timer(stall, loop.call_soon_threadsafe, [give_up])
        started.daemon = True
        started.start()
        return started

    pending = timer()
    try:
        async with session.get(path, timeout=aiohttp.ClientTimeout(), raise_for_status=True) as response:
            pending.cancel()
            pending = timer()
            async for piece in response.content.iter_any():
                pending.cancel()
                pending = timer()
                file.write(piece)
    except asyncio.CancelledError:
        if not silent:
            raise
        me.uncancel()
        raise TimeoutError from None
    finally:
        pending.cancel()


@planted.wrong("02.4", "Your function returned after 0.0 s, before all of it had arrived. Read it to its end,")
async def a_download_that_nobody_awaits(session, path, file, stall):
    asyncio.create_task(_save(session, path, file, _limits(stall)))  # noqa: RUF006
    await asyncio.sleep(0)


@planted.wrong("02.4", "not 'StreamReader'. A body is read in pieces: `async for piece in response")
async def the_stream_itself_written(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall), raise_for_status=True) as response:
        file.write(response.content)


@planted.wrong("02.4", "has no attribute 'iter_content'. A body is read in pieces: `async for piece in")
async def pieces_as_in_requests(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall), raise_for_status=True) as response:
        for piece in response.iter_content(65536):
            file.write(piece)


@planted.wrong("02.4", "the asynchronous context manager protocol. `file` is open already, and needs no")
async def the_file_opened_again(session, path, file, stall):
    async with file:
        await _save(session, path, file, _limits(stall))


@planted.wrong("02.4", "A byte came every second, for 50 s, and `stall` is 1.1 s.")
async def thirty_stalls_in_all(session, path, file, stall):
    await _save(session, path, file, aiohttp.ClientTimeout(total=30 * stall, sock_read=stall))


@planted.wrong(
    "02.4",
    "Its names are `json`, `data`, `params`, `headers`, `raise_for_status`, `timeout=aiohttp.ClientTimeout(...)`.",
)
async def a_limit_of_an_older_aiohttp(session, path, file, stall):
    async with session.get(path, read_timeout=stall) as response:
        file.write(await response.read())


@planted.wrong("02.4", "The body was large and had no newline. It held more than 4 MiB of the body in memory")
async def a_queue_without_an_end(session, path, file, stall):
    waiting = asyncio.Queue()

    async def write():
        while piece := await waiting.get():
            await asyncio.to_thread(file.write, piece)

    async with session.get(path, timeout=_limits(stall), raise_for_status=True) as response:
        writer = asyncio.create_task(write())
        try:
            async for piece in response.content.iter_any():
                waiting.put_nowait(piece)
        finally:
            waiting.put_nowait(None)
            await writer


@planted.wrong("02.4", "The body was large and had no newline. It held more than 4 MiB of the body in memory")
async def pieces_of_eight_mib_written_in_a_thread(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall), read_bufsize=2**24, raise_for_status=True) as response:
        async for piece in response.content.iter_chunked(2**23):
            await asyncio.to_thread(file.write, piece)


@planted.wrong("02.4", "A body is read in pieces: `async for piece in response.content.iter_chunked(65536)`.")
async def a_loop_over_the_response(session, path, file, stall):
    async with session.get(path, timeout=_limits(stall), raise_for_status=True) as response:
        async for piece in response:
            file.write(piece)


@planted.wrong(
    "02.4", "An ExceptionGroup, such as a TaskGroup raises, wraps the error: raise the SocketTimeoutError itself."
)
async def saved_in_a_group(session, path, file, stall):
    async with asyncio.TaskGroup() as group:
        group.create_task(_save(session, path, file, _limits(stall)))
