"""How late the server's own event loop is: a witness must know when it was not looking."""

import asyncio

INTERVAL = 0.02  # seconds


class Lag:
    """Measures the worst lateness of the event loop, in seconds, since `worst` was last set to 0."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def measure(self) -> None:
        """Sleep again and again and note by how much each sleep was too long; never returns."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + INTERVAL
            await asyncio.sleep(INTERVAL)
            self.worst = max(self.worst, round(clock() - due, 6))
