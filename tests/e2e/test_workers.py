"""Several workers share one task queue; some of them are killed, and nobody notices but the witness."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.e2e.stack import ENDED, Stack
from tests.e2e.test_kill import part_of
from tests.e2e.witness import Witness
from workbench.embedded.programs import MIGRATED_FILE, READY_FILE

RUNS, STEPS, WORKERS, KILLED = 200, 3, 4, 2
EFFECTS = RUNS * STEPS
AT_ONCE = 20
"""Runs that are started side by side."""


def document(url: str) -> dict[str, Any]:
    """Return a document of a few steps in a row, each with an effect of its own: a POST to the witness."""
    nodes = [
        {
            "id": f"step{n}", "type": "http",
            "config": {
                "method": "POST", "url": f"{url}/step{n}?wait=0.1",
                "body_kind": "json", "body": {"number": "{{ inputs.number }}"},
            },
        }
        for n in range(STEPS)
    ]  # fmt: skip
    edges = [{"source": f"step{n}", "target": f"step{n + 1}"} for n in range(STEPS - 1)]
    inputs = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
    outputs = {"last": "{{ nodes.step2.output.path }}", "number": "{{ inputs.number }}"}
    return {
        "format": "workbench/1", "name": "Shared", "inputs": inputs, "nodes": nodes, "edges": edges,
        "outputs": outputs,
    }  # fmt: skip


@pytest.fixture
async def workers(stack: Stack, tmp_path: Path) -> AsyncIterator[list[psutil.Process]]:
    """Four workers on the stack's task queue: its own, and three that are started as an operator would."""
    own = next(process for process in stack.tree() if part_of(process.cmdline()) == "worker")
    environment = {key: value for key, value in own.environ().items() if key != MIGRATED_FILE}
    marks = [tmp_path / f"ready{n}" for n in range(1, WORKERS)]
    added = [
        await asyncio.create_subprocess_exec(
            *own.cmdline(), env=environment | {READY_FILE: str(mark)}, cwd=tmp_path,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )
        for mark in marks
    ]  # fmt: skip
    async with asyncio.timeout(120):
        while not all(mark.exists() for mark in marks):
            await asyncio.sleep(0.1)
    yield [own, *(psutil.Process(process.pid) for process in added)]
    for process in added:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def started(api: httpx.AsyncClient, workflow: str) -> list[str]:
    """Start all runs, some side by side; return their ids by the number that each was given."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> str:
        async with places:
            answer = await api.post("/runs", json={"workflow_id": workflow, "inputs": {"number": number}})
        return str(answer.raise_for_status().json()["id"])

    return list(await asyncio.gather(*(one(number) for number in range(RUNS))))


async def ended(api: httpx.AsyncClient, workflow: str) -> dict[str, dict[str, Any]]:
    """Wait until no run of a workflow is open; return them by id."""
    async with asyncio.timeout(240):
        while True:
            found = await listed(api, workflow)
            if len(found) == RUNS and all(run["status"] in ENDED for run in found.values()):
                return found
            await asyncio.sleep(0.5)


async def listed(api: httpx.AsyncClient, workflow: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    cursor: dict[str, str] = {}
    while True:
        answer = await api.get("/runs", params={"workflow_id": workflow, "limit": 100, **cursor})
        page = answer.raise_for_status().json()
        found |= {run["id"]: run for run in page["items"]}
        if not page.get("next_cursor"):
            return found
        cursor = {"cursor": page["next_cursor"]}


async def effects(witness: Witness, count: int) -> None:
    """Wait until the witness knows of so many effects."""
    async with asyncio.timeout(120):
        while len(witness.keys) < count:
            await asyncio.sleep(0.01)


async def all_at_work(workers: list[psutil.Process], witness: Witness) -> None:
    """Wait until each worker has been seen to speak to the witness."""
    idle, port = set(workers), witness.server.server_port
    async with asyncio.timeout(60):
        while idle:
            idle = {one for one in idle if not speaks_to(one, port)}
            await asyncio.sleep(0.02)


def speaks_to(process: psutil.Process, port: int) -> bool:
    """Return whether a process has a connection to a port."""
    return any(one.raddr and one.raddr.port == port for one in process.net_connections("tcp"))


async def kill_some(workers: list[psutil.Process], witness: Witness) -> None:
    """Kill workers that chance names at moments that chance names, while there is work to do."""
    for victim in random.sample(workers, KILLED):
        await effects(witness, len(witness.keys) + random.randrange(EFFECTS // 6))
        assert len(witness.keys) < EFFECTS, "the work was done before the worker could be killed"
        victim.kill()


async def test_four_share_200_runs_and_two_are_killed(
    stack: Stack, witness: Witness, workers: list[psutil.Process]
) -> None:
    async with stack.api() as api:
        made = await api.post("/workflows", json={"document": document(witness.url)})
        workflow = made.raise_for_status().json()["id"]
        async with asyncio.TaskGroup() as group:
            starting = group.create_task(started(api, workflow))
            await all_at_work(workers, witness)
            await kill_some(workers, witness)
        runs, found = starting.result(), await ended(api, workflow)
        outputs = [(await api.get(f"/runs/{run}")).json()["outputs"] for run in runs]
    assert {run["status"] for run in found.values()} == {"succeeded"}
    assert outputs == [{"last": "/step2", "number": number} for number in range(RUNS)]
    assert set(witness.keys) == {f"{run}:step{n}" for run in runs for n in range(STEPS)}
    repeated = Counter(key.partition(":")[0] for key, count in witness.keys.items() for _ in range(count - 1))
    assert not repeated or max(repeated.values()) <= KILLED, (
        "a kill repeats the step that it cut off, no more"
    )
