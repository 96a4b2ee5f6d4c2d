"""A run survives what it should survive: kill -9 of any part, or of everything, in its middle."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.e2e.stack import Stack, finished
from tests.e2e.witness import Witness
from workbench.embedded import valkey
from workbench.embedded.layout import DataDir, read_json


def twenty_steps(url: str) -> dict[str, Any]:
    """Return a document of twenty HTTP steps in a row, each asking the witness once, 0.3 s each."""
    nodes = [
        {"id": f"step{n}", "type": "http", "config": {"method": "GET", "url": f"{url}/step{n}?wait=0.3"}}
        for n in range(20)
    ]
    edges = [{"source": f"step{n}", "target": f"step{n + 1}"} for n in range(19)]
    outputs = {"last": "{{ nodes.step19.output.path }}"}
    return {"format": "workbench/1", "name": "Twenty", "nodes": nodes, "edges": edges, "outputs": outputs}


async def started(stack: Stack, witness: Witness) -> str:
    async with stack.api() as api:
        created = await api.post("/workflows", json={"document": twenty_steps(witness.url)})
        workflow = created.raise_for_status().json()["id"]
        run = await api.post("/runs", json={"workflow_id": workflow, "inputs": {}})
    return str(run.raise_for_status().json()["id"])


async def seen_to_its_end(stack: Stack, witness: Witness, run_id: str, *, finished_steps: int) -> None:
    """Wait for the run's end; the steps that had finished before the kill were asked for once."""
    async with stack.api() as api:
        run = await finished(api, run_id)
    assert (run["status"], run["outputs"]) == ("succeeded", {"last": "/step19"})
    assert {witness.seen[f"/step{n}"] for n in range(finished_steps)} == {1}, witness.seen
    repeated = sum(count - 1 for count in witness.seen.values())
    assert repeated <= 1, f"only the step that was cut off may be asked for again: {witness.seen}"


async def test_whole_tree_is_killed(tmp_path: Path, witness: Witness) -> None:
    stack = Stack(tmp_path / "data")
    await stack.start()
    run_id = await started(stack, witness)
    await asyncio.wait_for(witness.asked("/step7"), 60)
    await stack.kill_tree()
    await stack.start()
    await seen_to_its_end(stack, witness, run_id, finished_steps=7)
    await stack.stop()


@pytest.mark.parametrize("part", ["worker", "web", "temporal", "postgres", "valkey"])
async def test_one_part_is_killed(stack: Stack, witness: Witness, part: str) -> None:
    run_id = await started(stack, witness)
    await asyncio.wait_for(witness.asked("/step5"), 60)
    victims = [process for process in stack.tree() if part_of(process.cmdline()) == part]
    assert victims, f"no process of {part} found in {[process.cmdline() for process in stack.tree()]}"
    victims[0].kill()
    await seen_to_its_end(stack, witness, run_id, finished_steps=5)


async def test_the_database_is_away_for_half_a_minute(stack: Stack, witness: Witness) -> None:
    run_id = await started(stack, witness)
    await asyncio.wait_for(witness.asked("/step5"), 60)
    postgres = next(process for process in stack.tree() if part_of(process.cmdline()) == "postgres")
    frozen = [*postgres.children(recursive=True), postgres]
    for process in frozen:
        process.suspend()
    await asyncio.sleep(30)
    for process in reversed(frozen):
        process.resume()
    await seen_to_its_end(stack, witness, run_id, finished_steps=5)
    assert {node["status"] for node in await nodes_of(stack, run_id)} == {"succeeded"}


async def test_valkey_loses_everything(stack: Stack, witness: Witness) -> None:
    run_id = await started(stack, witness)
    watching = asyncio.create_task(watched(stack, run_id))
    await asyncio.wait_for(witness.asked("/step5"), 60)
    home = DataDir(stack.data_dir)
    async with Redis.from_url(valkey.url(home, read_json(home.run / "ports.json")["valkey"])) as redis:
        await redis.flushall()
    await seen_to_its_end(stack, witness, run_id, finished_steps=5)
    told = await asyncio.wait_for(watching, 60)
    assert {name for name, status in told if status == "succeeded"} == {"", *(f"step{n}" for n in range(20))}
    assert told[-1] == ("", "succeeded")


async def watched(stack: Stack, run_id: str) -> list[tuple[str, str]]:
    """Return what a watcher is told of each node, and of the run under "", until the stream ends."""
    told = []
    async with (
        stack.api() as api,
        api.stream("GET", f"/runs/{run_id}/events", timeout=120) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                event = json.loads(line.removeprefix("data: "))
                about = event["node"] or {"node_id": "", **event["run"]}
                told.append((about["node_id"], about["status"]))
    return told


async def nodes_of(stack: Stack, run_id: str) -> list[dict[str, Any]]:
    async with stack.api() as api:
        return list((await api.get(f"/runs/{run_id}")).json()["nodes"])


def part_of(command: list[str]) -> str | None:
    """Name the part that a command line belongs to."""
    line = " ".join(command)
    marks = {
        "postgres": "bin/postgres", "valkey": "valkey-server", "temporal": "server start-dev",
        "worker": "workbench worker", "web": "workbench web",
    }  # fmt: skip
    return next((part for part, mark in marks.items() if mark in line), None)
