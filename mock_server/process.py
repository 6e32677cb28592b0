"""The server as a process: it prints where it listens, and ends with its owner or at Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from .application import Application
from .conditions import Conditions
from .exchange import Exchange
from .lag import Lag

MAX_OPEN_FILES = 10_240
GC_THRESHOLDS = (10_000, 20, 1_000)  # full collections are rare: each one walks the journal and blocks the loop
OWNER_POLL = 0.25  # seconds between two checks that the owner is alive


def run(conditions: Conditions, host: str, port: int, on_ready: Callable[[str], None], *, log: bool) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        conditions: What the server starts with, and what a reset restores.
        on_ready: Called with the server's URL as soon as it listens.
        log: Whether to print a line per request.

    Raises:
        OSError: The port is not available.
    """
    lag = Lag()
    with asyncio.Runner(loop_factory=lag.new_loop) as runner:
        runner.run(_serve(conditions, lag, host, port, on_ready, log))


async def _serve(
    conditions: Conditions, lag: Lag, host: str, port: int, on_ready: Callable[[str], None], log: bool
) -> None:
    application = Application(conditions, lag, print_exchange if log else None)
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    stop = asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # Windows
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _raise_open_files()
    bound = await application.listen(host, port)
    on_ready(f"http://{f'[{host}]' if ':' in host else host}:{bound}")
    try:
        await stop.wait()
    finally:
        await application.close()


def _raise_open_files() -> None:
    """Allow ten thousand connections; by default, many systems allow 256 or 1,024 open files per process."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows, or a system that has another limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(MAX_OPEN_FILES, hard)
        if 0 <= soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def print_exchange(exchange: Exchange) -> None:
    """Print one exchange as a log line."""
    assert exchange.ended is not None
    outcome = exchange.fault or exchange.status or "-"
    attempt = f", attempt {exchange.attempt}" if exchange.attempt > 1 else ""
    disconnected = ", client disconnected" if exchange.disconnected is not None else ""
    print(
        f"{time.strftime('%H:%M:%S')}  {exchange.method:6} {exchange.path}  {outcome}  "
        f"{exchange.ended - exchange.arrived:.3f} s  {exchange.in_flight} in flight, "
        f"connection {exchange.connection}{attempt}{disconnected}",
        flush=True,
    )


def print_ready(url: str) -> None:
    """Print one line of JSON that tells the owner where the server listens."""
    print(json.dumps({"url": url, "pid": os.getpid()}), flush=True)


def end_with_owner(owner: int) -> None:
    """End this process as soon as its standard input ends or the process `owner` is no longer its parent.

    The end of standard input is noticed within milliseconds. It never comes if the owner has forked a child that
    holds the other end of the pipe, so the parent's id is checked, too. Both checks run in threads, because the
    event loop can be busy.
    """
    threading.Thread(target=_exit_at_end_of_input, daemon=True).start()
    if os.name == "posix":  # elsewhere the parent's id does not change when the parent ends
        threading.Thread(target=_exit_when_orphaned, args=(owner,), daemon=True).start()


def _exit_at_end_of_input() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(0)


def _exit_when_orphaned(owner: int) -> None:
    while os.getppid() == owner:
        time.sleep(OWNER_POLL)
    os._exit(0)
