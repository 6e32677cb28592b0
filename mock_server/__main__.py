"""`python -m mock_server`: run the server from a terminal, with an option for every condition."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any

from .conditions import MEANINGS, RULES, ConditionError, Conditions, parse
from .process import end_with_owner, print_ready, run
from .rules import Flag


def parser() -> argparse.ArgumentParser:
    """Return the command-line parser, with one option per condition."""
    result = argparse.ArgumentParser(
        prog="python -m mock_server",
        description="A server that misbehaves on request, and keeps a journal of what its clients really did.",
        epilog="GET / lists the endpoints; /_mock/openapi.json describes them and the control endpoints.",
    )
    result.add_argument("--host", default="127.0.0.1", help="IP address to listen on (default: %(default)s)")
    result.add_argument("--port", type=_port, default=8080, help="port; 0: any free port (default: %(default)s)")
    result.add_argument("--owner", type=int, help=argparse.SUPPRESS)
    defaults = Conditions()
    group = result.add_argument_group("conditions")
    for name, rule in RULES.items():
        option = "--" + name.replace("_", "-")
        if isinstance(rule, Flag):
            group.add_argument(option, action="store_true", help=MEANINGS[name])
        else:
            default = getattr(defaults, name)
            help = f"{MEANINGS[name]}: {rule.expected} (default: {_as_text(default)})"
            group.add_argument(option, type=_reader(name), default=default, metavar="X", help=help)
    return result


def main() -> int:
    """Run the server until Ctrl-C, and return the exit code: 2 if the port is not available."""
    options = parser().parse_args()
    owned = options.owner is not None
    if owned:
        end_with_owner(options.owner)
    conditions = Conditions(**{name: getattr(options, name) for name in RULES})
    on_ready = print_ready if owned else _print_welcome
    try:
        run(conditions, options.host, options.port, on_ready, log=not owned)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        print(
            f"mock_server cannot listen on {options.host} port {options.port}: {reason}. "
            "Choose another port with --port, or any free port with --port 0.",
            file=sys.stderr,
        )
        return 2
    return 0


def _print_welcome(url: str) -> None:
    print(f"mock_server is listening on {url} (Ctrl-C to stop)", flush=True)


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; expected a whole number from 0 to 65,535")
    return int(text)


def _reader(name: str) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            value = parse(name, text)
            Conditions().changed({name: value})
        except ConditionError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not allowed; expected {error.expected}") from None
        return value

    return read


def _as_text(value: Any) -> str:
    if value is None:
        return "null"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


if __name__ == "__main__":
    sys.exit(main())
