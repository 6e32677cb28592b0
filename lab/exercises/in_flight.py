"""What the exercises of lesson 03 expect of the requests in flight."""

from __future__ import annotations

from ..checking.expectations import expect_in_flight
from ..checking.symptoms import NotYet, sentences
from ..runs.outcome import Outcome, outcome, over_for_client
from ..runs.run import Run

PROMPT = 0.005  # seconds; a request that starts within them starts at once

_NO_LIMIT = "Does each request hold a slot of one shared semaphore until its response is read?"


def expect_all_together(run: Run) -> None:
    """Expect that all requests start at once."""
    together = "Start them all together."
    expect_in_flight(run, run.hits, together)
    if (late := run.exchanges[-1].arrived) > PROMPT:
        raise NotYet(f"The last request started after {late:.2f} s. {together}")


def expect_slots_in_use(run: Run, slots: int) -> None:
    """Expect that no more than `slots` requests are in flight, and that no slot is idle while paths are left."""
    peak, most = run.peak_in_flight, min(slots, run.hits)
    if peak > most:
        allowed = f"The server had {peak} requests in flight; at most {slots} were allowed"
        raise NotYet(sentences(allowed, _NO_LIMIT if peak == run.hits else ""))
    if peak < most:
        raise NotYet(f"The server had at most {peak} in flight; expected {most}.")
    free = [0.0] * slots + sorted(over_for_client(exchange, run.now) for exchange in run.exchanges)
    for at, (exchange, since) in enumerate(zip(run.exchanges, free, strict=False)):
        if (idle := exchange.arrived - since) > PROMPT:
            at_once = f"Start the first {most} requests at once."
            why = at_once if at < slots else _why_idle(run, since, exchange.arrived)
            raise NotYet(f"A slot was idle for {idle:.2f} s while paths were left. {why}")


def _why_idle(run: Run, since: float, until: float) -> str:
    """Say what may have kept a slot idle."""
    ended = [exchange for exchange in run.exchanges if abs(over_for_client(exchange, run.now) - since) <= PROMPT]
    if any(outcome(exchange) is Outcome.FAILED for exchange in ended):
        return (
            "It was idle after a request that failed. Does a failure end a worker, or keep its slot? "
            "Or were the paths shared out beforehand?"
        )
    before = [exchange for exchange in run.exchanges if exchange.arrived < until]
    if all(over_for_client(exchange, run.now) <= until for exchange in before):
        return "Does each batch wait for its slowest request, or were the paths shared out beforehand?"
    return "Is a slot held by something other than a request, or were the paths shared out beforehand?"
