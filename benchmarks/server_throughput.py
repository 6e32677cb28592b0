"""Measure the throughput of the mock server and its peers with a small JSON GET.

python -m benchmarks.server_throughput [rounds]
"""

from statistics import median

from benchmarks.server_peers import (
    JSON_PATHS,
    NAMES,
    alternate,
    arguments,
    count,
    install,
    number,
    processor_seconds,
    wrk,
)

CONNECTIONS = 64
SECONDS = 2


def measure(name: str, url: str, pid: int) -> tuple[float, ...]:
    """Return the requests per second, and the microseconds of processor time per request."""
    before = processor_seconds(pid)
    output = wrk(url + JSON_PATHS[name], CONNECTIONS, SECONDS)
    used = processor_seconds(pid) - before
    return number("Requests/sec:", output), used / count(output) * 1e6


def main(rounds: int) -> None:
    install()
    found = {name: list(zip(*rows, strict=True)) for name, rows in alternate(rounds, measure).items()}
    print(f"{CONNECTIONS} connections, {rounds} rounds in turn, medians; the ratio is the median of each round's\n")
    print("| server | requests a second | processor time a request, µs | mock_server's rate over this one's |")
    print("| -- | -- | -- | -- |")
    for name in NAMES:
        rates, costs = found[name]
        ratios = [ours / theirs for ours, theirs in zip(found["mock_server"][0], rates, strict=True)]
        print(f"| {name} | {median(rates):,.0f} | {median(costs):.0f} | {median(ratios):.2f} |")


if __name__ == "__main__":
    main(arguments(__doc__, "rounds", 5, "how many times to measure each server"))
