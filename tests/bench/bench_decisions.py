"""What deciding costs: from a decision to the next step, among 10,000 open tasks; and parked human steps.

Everything runs as for a person: web, worker, database. The open tasks are those of maps whose passes all ask,
so that they are real, and what it takes to open them is seen beside. A decision is a REST call; the next step
is a request to a server of the bench, which notes when it comes: that step's own way there is counted in.
"""

import asyncio
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.bench import bench_parked
from tests.bench.figures import Figure, percentile
from tests.e2e.stack import Stack
from tests.e2e.witness import Witness

OPEN_TASKS = 10_000
IN_A_MAP = 1_000
DECISIONS = 150
TARGET_MS = 150

MANY: dict[str, Any] = {
    "name": "Many",
    "nodes": [
        {
            "id": "all",
            "type": "map",
            "config": {
                "items": f"{{{{ range({IN_A_MAP}) | list }}}}",
                "concurrency": IN_A_MAP,
                "result": "{{ nodes.ask.output.decision }}",
            },
        },
        {
            "id": "ask",
            "type": "approval",
            "parent": "all",
            "config": {"title": "Pay invoice {{ index }}?", "data": {"amount": "{{ index }}"}},
        },
    ],
}


def one(url: str) -> dict[str, Any]:
    """Return a document that asks and then does one thing."""
    next_step = {"method": "GET", "url": f"{url}/{{{{ run.id }}}}"}
    return {
        "name": "One",
        "nodes": [
            {"id": "ask", "type": "approval", "config": {"title": "Go on?"}},
            {"id": "next", "type": "http", "config": next_step},
        ],
        "edges": [{"source": "ask", "source_port": "approve", "target": "next"}],
    }


async def measure(open_tasks: int = OPEN_TASKS, decisions: int = DECISIONS) -> list[Figure]:
    """Open the tasks, decide some others one after the other, then park human steps beside a worker alone."""
    workspace = Path(tempfile.mkdtemp(prefix="workbench-bench-"))
    stack, witness = Stack(workspace / "data"), Witness()
    try:
        await stack.start()
        async with stack.api() as api:
            opening = await _fill(api, stack, open_tasks)
            samples = await _decide(api, witness, decisions)
    finally:
        await stack.stop()
        witness.close()
        shutil.rmtree(workspace)
    note = f"median {percentile(samples, 50):.0f} ms of {len(samples)}; {open_tasks:,} open tasks, {opening}"
    decided = Figure("decision to next step, p95", percentile(samples, 95), TARGET_MS, "ms", note=note)
    return [decided, *await bench_parked.asking()]


async def _fill(api: httpx.AsyncClient, stack: Stack, count: int) -> str:
    """Open so many tasks; return what that took, in words."""
    workflow = await _workflow(api, MANY)
    worker = next(process for process in stack.tree() if process.cmdline()[-1] == "worker")
    began, used = time.monotonic(), _used_s(worker)
    for _ in range(count // IN_A_MAP):
        (await api.post("/runs", json={"workflow_id": workflow})).raise_for_status()
    while await _open(api) < count:
        await asyncio.sleep(1)
    took, worked = time.monotonic() - began, _used_s(worker) - used
    return f"opened in {took:.0f} s with {worked:.0f} s of the worker, {worked / count * 1e3:.1f} ms a task"


async def _open(api: httpx.AsyncClient) -> int:
    counts = (await api.get("/hitl/tasks/counts")).raise_for_status().json()
    return int(counts["open"])


def _used_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


async def _workflow(api: httpx.AsyncClient, document: dict[str, Any]) -> str:
    answer = await api.post("/workflows", json={"document": document})
    return str(answer.raise_for_status().json()["id"])


async def _decide(api: httpx.AsyncClient, witness: Witness, count: int) -> list[float]:
    """Decide one task after the other; return the milliseconds from each call to the step behind it."""
    workflow = await _workflow(api, one(witness.url))
    samples = []
    for _ in range(count):
        run = (await api.post("/runs", json={"workflow_id": workflow})).raise_for_status().json()["id"]
        task = await _task_of(api, workflow, run)
        await asyncio.sleep(0.05)
        called = time.perf_counter()
        answer = await api.post(f"/hitl/tasks/{task}/decide", json={"action": "approve", "revision": 1})
        answer.raise_for_status()
        await asyncio.wait_for(witness.asked(f"/{run}"), 30)
        samples.append((witness.first[f"/{run}"] - called) * 1e3)
    return samples


async def _task_of(api: httpx.AsyncClient, workflow: str, run: str) -> str:
    while True:
        asked = {"workflow_id": workflow, "limit": 1}
        items = (await api.get("/hitl/tasks", params=asked)).raise_for_status().json()["items"]
        if items and items[0]["run_id"] == run:
            return str(items[0]["id"])
        await asyncio.sleep(0.05)
