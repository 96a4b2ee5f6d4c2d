"""The workflows a sensible engineer would write by hand: what the engine is measured against."""

import asyncio
import functools
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    import httpx

STEPS = 10
LIMIT = timedelta(seconds=10)


@functools.cache
def client() -> httpx.AsyncClient:
    """Return the process's one client; made on first use, for the sandbox loads this module for each run."""
    return httpx.AsyncClient()


@activity.defn
async def write(value: int) -> int:
    """Stand for the one write of a run."""
    return value


@activity.defn
async def fetch(url: str) -> dict[str, Any]:
    """Do what the http adapter does, with a client that keeps its connections."""
    response = await client().get(url)
    response.raise_for_status()
    body: dict[str, Any] = response.json()
    return body


@workflow.defn
class HandwrittenPure:
    """Ten pure steps and one local activity."""

    @workflow.run
    async def run(self, inputs: dict[str, Any]) -> int:
        value = int(inputs["n"])
        for _ in range(STEPS):
            value += 1
        return await workflow.execute_local_activity(write, value, start_to_close_timeout=LIMIT)


@workflow.defn
class HandwrittenHttp:
    """Ten local activities, one after the other."""

    @workflow.run
    async def run(self, url: str) -> int:
        total = 0
        for _ in range(STEPS):
            body = await workflow.execute_local_activity(fetch, url, start_to_close_timeout=LIMIT)
            total += body["n"]
        return total


@workflow.defn
class HandwrittenMap:
    """A local activity for each of many URLs, so many of them at once."""

    @workflow.run
    async def run(self, url: str, count: int, at_once: int) -> list[dict[str, Any]]:
        limit = asyncio.Semaphore(at_once)

        async def one() -> dict[str, Any]:
            async with limit:
                return await workflow.execute_local_activity(fetch, url, start_to_close_timeout=LIMIT)

        return await asyncio.gather(*(one() for _ in range(count)))
