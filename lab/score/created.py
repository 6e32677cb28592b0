"""The items that a submission has created on the server of its trial."""

from __future__ import annotations

from typing import Any

import aiohttp

from mock_server import Conditions
from mock_server.store import SEEDED

from ..checking.trial import Trial


async def created(trial: Trial) -> list[dict[str, Any]]:
    """Remove the server's limits and failures, and return the items that were created, without their ids."""
    trial.application.conditions = Conditions()
    await trial.application.clear()
    found: list[dict[str, Any]] = []
    async with aiohttp.ClientSession(trial.url) as session:
        while True:
            async with session.get(f"/items/{SEEDED + len(found) + 1}") as response:
                if response.status != 200:
                    return found
                item = await response.json()
                found.append({name: value for name, value in item.items() if name != "id"})
