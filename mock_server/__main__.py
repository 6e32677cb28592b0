"""`python -m mock_server`: the server by hand, with every condition as an option."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from .conditions import MEANINGS, RULES, ConditionError, Conditions, Flag, parse
from .process import end_with_owner, run, say_ready


def parser() -> argparse.ArgumentParser:
    """Build the command line from the table of conditions."""
    result = argparse.ArgumentParser(
        prog="python -m mock_server",
        description="A server that misbehaves on request, and keeps a journal of what its clients really did.",
        epilog="Its addresses are listed at /, its control addresses at /_mock/openapi.json.",
    )
    result.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    result.add_argument("--port", type=_port, default=8080, help="port, 0 for any that is free (default: %(default)s)")
    result.add_argument("--owner", type=int, help=argparse.SUPPRESS)
    defaults = Conditions()
    group = result.add_argument_group("conditions")
    for name, rule in RULES.items():
        option = "--" + name.replace("_", "-")
        if isinstance(rule, Flag):
            group.add_argument(option, action="store_true", help=MEANINGS[name])
        else:
            help = f"{MEANINGS[name]}: {rule.expected} (default: {_shown(getattr(defaults, name))})"
            group.add_argument(option, type=_reader(name), default=getattr(defaults, name), metavar="X", help=help)
    return result


def main() -> int:
    """Run the server until Ctrl-C; return the exit code, 2 if the port cannot be had."""
    options = parser().parse_args()
    owned = options.owner is not None
    if owned:
        end_with_owner(options.owner)
    conditions = Conditions(**{name: getattr(options, name) for name in RULES})
    ready = say_ready if owned else _say_hello
    try:
        run(conditions, options.host, options.port, ready, log=not owned)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        print(
            f"mock_server cannot listen on {options.host} port {options.port}: {why}. "
            "Choose another with --port; 0 takes any that is free.",
            file=sys.stderr,
        )
        return 2
    return 0


def _say_hello(url: str) -> None:
    print(f"mock_server listens on {url} (Ctrl-C ends it)", flush=True)


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; expected 0 to 65535")
    return int(text)


def _reader(name: str) -> Any:
    def read(text: str) -> Any:
        try:
            value = parse(name, text)
            Conditions().changed({name: value})
        except ConditionError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not allowed; expected {error.expected}") from None
        return value

    return read


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


if __name__ == "__main__":
    sys.exit(main())
