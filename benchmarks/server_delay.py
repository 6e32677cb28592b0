"""Measure how much the mock server and its peers overshoot a delay of 50 ms, with 1 to 1,000 connections.

python -m benchmarks.server_delay [rounds]
"""

from statistics import median

from benchmarks.server_peers import NAMES, alternate, arguments, install, number, wrk

DELAY = 50  # milliseconds
CONNECTIONS = (1, 10, 100, 500, 1000)
SECONDS = 2


def measure(name: str, url: str, pid: int) -> tuple[float, ...]:
    """Return p50 and p99 of the overshoot in milliseconds, for each number of connections."""
    found = []
    for connections in CONNECTIONS:
        output = wrk(url + "/delay/0.05", connections, SECONDS, "--latency")
        found += [number("50%", output) - DELAY, number("99%", output) - DELAY]
    return tuple(found)


def main(rounds: int) -> None:
    install()
    found = alternate(rounds, measure)
    print(f"overshoot of {DELAY} ms, p50 / p99 in ms; median of {rounds} rounds\n")
    print(f"| {'server':16} | " + " | ".join(f"{count:,}" for count in CONNECTIONS) + " |")
    print("| -- " * (len(CONNECTIONS) + 1) + "|")
    for name in NAMES:
        middle = [median(list(column)) for column in zip(*found[name], strict=True)]
        cells = [f"{p50:.1f} / {p99:.1f}" for p50, p99 in zip(middle[::2], middle[1::2], strict=True)]
        print(f"| {name:16} | " + " | ".join(cells) + " |")
    ours, bare = (list(zip(*found[name], strict=True)) for name in ("mock_server", "bare aiohttp.web"))
    ratios = [median([b / o for o, b in zip(*pair, strict=True)]) for pair in zip(ours, bare, strict=True)]
    cells = [f"{p50:.2f} / {p99:.2f}" for p50, p99 in zip(ratios[::2], ratios[1::2], strict=True)]
    print("| bare / mock_server, by round | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main(arguments(__doc__, "rounds", 5, "how many times to measure each server"))
