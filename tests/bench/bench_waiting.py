"""What runs cost that only wait: the processor time of worker and web beside a thousand parked runs."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import httpx
import psutil

from tests.bench.figures import Figure
from tests.e2e.stack import Stack

RUNS = 1_000
AT_ONCE = 20
SETTLE_S = 30
WATCHED_S = 60
PARKED = {"name": "Parked", "nodes": [{"id": "wait", "type": "delay", "config": {"seconds": 36_000}}]}


async def park(api: httpx.AsyncClient) -> None:
    """Start the runs and return when all of them wait."""
    workflow = (await api.post("/workflows", json={"document": PARKED})).json()
    limit = asyncio.Semaphore(AT_ONCE)

    async def start() -> None:
        async with limit:
            answer = await api.post("/runs", json={"workflow_id": workflow["id"], "version": "draft"})
            answer.raise_for_status()

    await asyncio.gather(*(start() for _ in range(RUNS)))


def ours(stack: Stack) -> list[psutil.Process]:
    """Return the worker and the web process."""
    return [process for process in stack.tree() if process.cmdline()[-1] in ("worker", "web")]


def used_s(processes: list[psutil.Process]) -> float:
    """Return the processor seconds that they have used so far."""
    return sum(process.cpu_times().user + process.cpu_times().system for process in processes)


async def measure() -> list[Figure]:
    """Park the runs, let the last one settle, and watch for a minute: two rounds of reconciling."""
    workspace = Path(tempfile.mkdtemp(prefix="workbench-bench-"))
    stack = Stack(workspace / "data")
    try:
        await stack.start()
        async with stack.api() as api:
            await park(api)
        await asyncio.sleep(SETTLE_S)
        processes = ours(stack)
        before = used_s(processes)
        await asyncio.sleep(WATCHED_S)
        percent = (used_s(processes) - before) / WATCHED_S * 100
    finally:
        await stack.stop()
        shutil.rmtree(workspace)
    note = f"of a core, {len(processes)} processes"
    return [Figure(f"worker and web beside {RUNS:,} waiting runs", percent, 3, "%", note=note)]
