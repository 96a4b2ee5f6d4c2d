"""The clock of a worker jumps by a day, an hour and half a minute while runs go through it."""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from engine.graph import Document
from tests.e2e.stack import ENDED, WORKBENCH
from tests.e2e.witness import Witness
from workbench.auth.principal import OWNER
from workbench.db.migrate import upgrade
from workbench.embedded import services
from workbench.embedded.programs import READY_FILE
from workbench.services import resources, runs, workflows
from workbench.services.resources import Resources
from workbench.services.shapes import RunDetail
from workbench.settings import Settings

RUNS = 12
JUMPS = ("+1d", "-1h", "+30s")
EVERY_S = 0.7
"""Shorter than what a run waits for: each run has jumps in each of its waits."""


def document(url: str) -> Document:
    """Return a document with a delay, a retry and a map; all its requests but `long` are local activities."""

    def post(node_id: str, path: str, **more: Any) -> dict[str, Any]:
        config = {"method": "POST", "url": f"{url}/{path}", "body_kind": "json", "body": {}}
        return {"id": node_id, "type": "http", "config": config, **more}

    retry = {"retry": {"attempts": 3, "delay_s": 1}}
    nodes = [
        post("once", "once/{{ inputs.number }}"),
        {"id": "wait", "type": "delay", "config": {"seconds": 2}},
        post("again", "again/{{ inputs.number }}", policy=retry),
        post("long", "long/{{ inputs.number }}?wait=1.5", policy={"timeout_s": 120}),
        {"id": "each", "type": "map", "config": {"items": "{{ [0, 1, 2] }}", "concurrency": 2}},
        post("of", "of/{{ inputs.number }}/{{ item }}?wait=0.2", parent="each"),
    ]
    outputs = {"long": "{{ nodes.long.output.path }}", "passes": "{{ nodes.each.output.results | length }}"}
    pairs = (("once", "wait"), ("wait", "again"), ("again", "long"), ("again", "each"))
    return Document.model_validate(
        {
            "name": "Clock",
            "inputs": {"type": "object", "properties": {"number": {"type": "integer"}}},
            "nodes": nodes,
            "edges": [{"source": source, "target": target} for source, target in pairs],
            "outputs": outputs,
        }
    )


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """The file that says by how much the worker's clock is wrong."""
    return tmp_path / "clock"


@pytest.fixture
def preload(clock: Path) -> dict[str, str]:
    """The environment that gives a process its own clock; what measures durations is left alone."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    assert library, "libfaketime is missing; bash tests/run installs it"
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@pytest.fixture
async def connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Resources]:
    """Services of the test's own, whose clock is right: their only worker is the one whose clock is wrong."""
    async with services.running(Settings(data_dir=tmp_path / "data")) as settings:
        assert settings.database_url
        upgrade(settings.database_url)
        connected = Resources(settings)
        monkeypatch.setattr(resources, "_current", connected)
        yield connected
        await connected.close()


@pytest.fixture
async def worker(
    connected: Resources, clock: Path, preload: dict[str, str], tmp_path: Path
) -> AsyncIterator[None]:
    """A worker process whose clock jumps on and on."""
    ready = tmp_path / "ready"
    environment = {**os.environ, **connected.settings.environment(), **preload, READY_FILE: str(ready)}
    jump(clock, JUMPS[-1])
    process = await asyncio.create_subprocess_exec(WORKBENCH, "worker", env=environment, cwd=tmp_path)
    jumping = asyncio.create_task(jump_on(clock))
    async with asyncio.timeout(120):
        while not ready.exists():
            await asyncio.sleep(0.05)
    yield
    jumping.cancel()
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    await process.wait()


def jump(clock: Path, by: str) -> None:
    """Set the clock off, at once: nobody reads half a file."""
    written = clock.with_suffix(".new")
    written.write_text(by)
    written.rename(clock)


async def jump_on(clock: Path) -> None:
    for by in cycle(JUMPS):
        jump(clock, by)
        await asyncio.sleep(EVERY_S)


@pytest.fixture
def witness() -> Iterator[Witness]:
    witness = Witness()
    witness.failing_once = {f"/again/{number}" for number in range(RUNS)}
    yield witness
    witness.close()


async def ended(run_id: str) -> RunDetail:
    while (run := await runs.get_run(OWNER, run_id)).status not in ENDED:
        await asyncio.sleep(0.2)
    return run


def expected() -> Counter[str]:
    """Return how often each path is asked for: once, and once more where the first answer was an error."""
    paths = (
        (f"/once/{n}", f"/again/{n}", f"/again/{n}", f"/long/{n}", *(f"/of/{n}/{item}" for item in range(3)))
        for n in range(RUNS)
    )
    return Counter(path for each in paths for path in each)


@pytest.mark.usefixtures("worker")
async def test_runs_do_not_mind_a_clock_that_jumps(witness: Witness) -> None:
    workflow = await workflows.create_workflow(OWNER, document=document(witness.url))
    started = []
    for number in range(RUNS):
        started.append(await runs.start_run(OWNER, workflow_id=workflow.id, inputs={"number": number}))
        await asyncio.sleep(EVERY_S / 2)
    async with asyncio.timeout(120):
        found = [await ended(run.id) for run in started]
    assert {run.status for run in found} == {"succeeded"}, [run.error for run in found]
    assert [run.outputs for run in found] == [{"long": f"/long/{n}", "passes": 3} for n in range(RUNS)]
    assert witness.seen == expected()
    off = [abs(node.started_at - datetime.now(UTC)) for run in found for node in run.nodes if node.started_at]
    assert max(off) > timedelta(hours=20), "the worker's clock was right all the time"
