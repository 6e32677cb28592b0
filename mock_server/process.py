"""The server as a process: it says where it listens, and ends with its owner or at Ctrl-C."""

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

OPEN_FILES = 10_240
COLLECTIONS = (10_000, 20, 1_000)  # the last one goes through the whole journal, and nobody is answered meanwhile
OWNER_LOOK = 0.25  # seconds between two looks at whether the owner still lives


def run(conditions: Conditions, host: str, port: int, on_ready: Callable[[str], None], *, log: bool) -> None:
    """Serve until SIGINT or SIGTERM; OSError if the port cannot be had."""
    lag = Lag()
    with asyncio.Runner(loop_factory=lag.new_loop) as runner:
        runner.run(_serve(conditions, lag, host, port, on_ready, log))


async def _serve(
    conditions: Conditions, lag: Lag, host: str, port: int, on_ready: Callable[[str], None], log: bool
) -> None:
    application = Application(conditions, lag, print_exchange if log else None)
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)
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
    """Allow ten thousand connections; many systems start a process with 256 or 1,024 open files."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows; a system with a limit of its own
        import resource

        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
        if 0 <= now < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def print_exchange(exchange: Exchange) -> None:
    """Print one exchange as a line."""
    assert exchange.ended is not None
    outcome = exchange.fault or exchange.status or "-"
    left = ", the client left" if exchange.left is not None else ""
    attempt = f", attempt {exchange.attempt}" if exchange.attempt > 1 else ""
    print(
        f"{time.strftime('%H:%M:%S')}  {exchange.method:6} {exchange.path}  {outcome}  "
        f"{exchange.ended - exchange.arrived:.3f} s  {exchange.in_flight} in flight, "
        f"connection {exchange.connection}{attempt}{left}",
        flush=True,
    )


def say_ready(url: str) -> None:
    """Tell the owner where the server listens, as one line of JSON."""
    print(json.dumps({"url": url, "pid": os.getpid()}), flush=True)


def end_with_owner(owner: int) -> None:
    """End this process at once when its standard input ends or its owner is no longer its parent.

    The pipe tells within milliseconds, but never if the owner forked a child that holds its other end;
    the look at the parent covers that. Both run in threads: the event loop may be busy.
    """
    threading.Thread(target=_wait_for_end_of_input, daemon=True).start()
    if os.name == "posix":  # elsewhere the parent's id stays when the parent is gone
        threading.Thread(target=_wait_for_death, args=(owner,), daemon=True).start()


def _wait_for_end_of_input() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(0)


def _wait_for_death(owner: int) -> None:
    while os.getppid() == owner:
        time.sleep(OWNER_LOOK)
    os._exit(0)
