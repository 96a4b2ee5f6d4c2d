"""Approvals outlive kill -9 of everything, also between a decision and what it leads to; each counts once."""

import asyncio
import json
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.stack import Stack, finished
from tests.e2e.test_kill import part_of
from tests.e2e.witness import Witness

RUNS = 200
AT_ONCE = 10
UNSEEN = 5
"""Decisions that are made while Temporal does not answer, just before everything is killed."""


def asking(witness: Witness) -> dict[str, Any]:
    """Return a document that asks, and then does one thing or the other."""
    ask = {"title": "Pay {{ inputs.n }}?", "data": {"n": "{{ inputs.n }}"}}
    does = {
        name: {
            "id": name,
            "type": "http",
            "config": {"method": "GET", "url": f"{witness.url}/{name}/{{{{ inputs.n }}}}"},
        }
        for name in ("paid", "kept")
    }
    return {
        "format": "workbench/1",
        "name": "Asks",
        "inputs": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        "nodes": [{"id": "ask", "type": "approval", "config": ask}, *does.values()],
        "edges": [
            {"source": "ask", "source_port": "approve", "target": "paid"},
            {"source": "ask", "source_port": "reject", "target": "kept"},
        ],
        "outputs": {"n": "{{ inputs.n }}", "said": "{{ nodes.ask.output }}"},
    }


async def side_by_side(work: list[Any], at_once: int = AT_ONCE) -> list[Any]:
    limit = asyncio.Semaphore(at_once)

    async def one(item: Any) -> Any:
        async with limit:
            return await item

    return await asyncio.gather(*map(one, work))


async def start(api: httpx.AsyncClient, workflow: str, n: int) -> str:
    answer = await api.post("/runs", json={"workflow_id": workflow, "inputs": {"n": n}})
    return str(answer.raise_for_status().json()["id"])


async def tasks_of(api: httpx.AsyncClient, queue: str, count: int) -> list[dict[str, Any]]:
    """Return the tasks of a queue, as soon as there are so many."""
    async with asyncio.timeout(180):
        while True:
            found, cursor = [], None
            while True:
                asked = {"queue": queue, "limit": 100, **({"cursor": cursor} if cursor else {})}
                page = (await api.get("/hitl/tasks", params=asked)).raise_for_status().json()
                found += page["items"]
                if not (cursor := page["next_cursor"]):
                    break
            if len(found) >= count:
                return found
            await asyncio.sleep(0.5)


def said(n: int) -> str:
    return "approve" if n % 2 else "reject"


def decision(task: dict[str, Any], numbers: dict[str, int]) -> dict[str, Any]:
    """Return what is decided about a task, the same whenever it is asked for: sent again it counts once."""
    id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, task["id"]))
    return {"action": said(numbers[task["run_id"]]), "revision": 1, "id": id_}


async def decide(api: httpx.AsyncClient, task: dict[str, Any], numbers: dict[str, int]) -> int:
    answer = await api.post(f"/hitl/tasks/{task['id']}/decide", json=decision(task, numbers))
    return answer.status_code


async def test_two_hundred_runs_wait_for_people_through_kills(tmp_path: Path, witness: Witness) -> None:
    stack = Stack(tmp_path / "data")
    await stack.start()
    async with stack.api() as api:
        document = {"document": asking(witness)}
        workflow = (await api.post("/workflows", json=document)).raise_for_status().json()["id"]
        runs = await side_by_side([start(api, workflow, n) for n in range(RUNS)])
        numbers = dict(zip(runs, range(RUNS), strict=True))
        tasks = await tasks_of(api, "open", RUNS)
    await stack.kill_tree()
    await stack.start()

    async with stack.api() as api:
        assert {task["id"] for task in await tasks_of(api, "open", RUNS)} == {task["id"] for task in tasks}
        first, cut_off = tasks[: RUNS // 2], tasks[RUNS // 2 : -UNSEEN]
        assert set(await side_by_side([decide(api, task, numbers) for task in first])) == {200}
        await decided_unseen(stack, api, tasks[-UNSEEN:], numbers)
        flood = asyncio.create_task(side_by_side([decide(api, task, numbers) for task in cut_off]))
        await asyncio.sleep(0.3)
        await stack.kill_tree()
        await asyncio.wait([flood])
        flood.exception()
    await stack.start()

    async with stack.api() as api:
        again = [decide(api, task, numbers) for task in (*first, *cut_off)]  # all of them were sent once
        assert set(await side_by_side(again)) == {200}
        ended = await side_by_side([finished(api, run) for run in runs])
        done = await tasks_of(api, "done", RUNS)
        details = await side_by_side([api.get(f"/hitl/tasks/{task['id']}") for task in done])
    assert Counter(run["status"] for run in ended) == {"succeeded": RUNS}
    assert {run["id"]: (run["outputs"]["n"], run["outputs"]["said"]["decision"]) for run in ended} == {
        run: (n, said(n)) for run, n in numbers.items()
    }
    assert {len(run["outputs"]["said"]["by"]) for run in ended} == {1}
    assert {tuple(one["status"] for one in task.json()["decisions"]) for task in details} == {("counted",)}
    assert {task.json()["status"] for task in details} == {"done"}
    assert witness.seen.keys() == {f"/{'paid' if n % 2 else 'kept'}/{n}" for n in range(RUNS)}
    await stack.stop()


async def decided_unseen(
    stack: Stack, api: httpx.AsyncClient, tasks: list[dict[str, Any]], numbers: dict[str, int]
) -> None:
    """Decide while Temporal does not answer: what is decided is stored, and the runs know nothing of it."""
    temporal = next(process for process in stack.tree() if part_of(process.cmdline()) == "temporal")
    temporal.suspend()
    sent = [api.post(f"/hitl/tasks/{task['id']}/decide", json=decision(task, numbers)) for task in tasks]
    answers = await asyncio.gather(*sent)
    found = {(answer.json()["status"], answer.json()["decisions"][0]["status"]) for answer in answers}
    assert found == {("decided", "pending")}, json.dumps([answer.json() for answer in answers])
    temporal.resume()
