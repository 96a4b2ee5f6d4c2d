"""Awaits several things at the same time, and raises the first one's error as it is, not in a group."""

import asyncio
from collections.abc import Awaitable, Iterable


async def concurrently(things: Iterable[Awaitable[object]]) -> None:
    """Return when all are done. When one fails, cancel the others, wait for them, and raise its error."""
    tasks = [asyncio.ensure_future(thing) for thing in things]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
