"""Workers that die in the middle of a step."""

from datetime import timedelta

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from engine.contracts import RECORD, RUN_NODE, NodeRecord, NodeResult, NodeTask, RecordBatch, RunRecord
from engine.workflows import calls
from engine.workflows.graph_run import GraphRun
from tests.engine.conftest import Rig
from tests.engine.plans import fake, plan

REGULAR = {"local": False, "timeout_s": 30.0}


class SilentActivities:
    """Activities that fall silent, as a killed worker does, for the first `deaths` times."""

    def __init__(self, deaths: int) -> None:
        self.left = deaths
        self.attempts_before: list[int] = []

    @activity.defn(name=RUN_NODE)
    async def run_node(self, task: NodeTask) -> NodeResult:
        self.attempts_before.append(task.attempts_before)
        if self.left:
            self.left -= 1
            await activity.wait_for_cancelled()
        return NodeResult(record=NodeRecord(node_id=task.node_id, status="succeeded", ports=("out",)))

    @activity.defn(name=RECORD)
    async def record(self, batch: RecordBatch) -> None:
        pass


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "HEARTBEAT", timedelta(seconds=1))


async def run(skipping: Client, deaths: int) -> tuple[RunRecord, SilentActivities]:
    """Run one step on workers of which so many die."""
    rig, silent = Rig(skipping, skips=True), SilentActivities(deaths)
    async with Worker(
        rig.client.temporal,
        task_queue=rig.client.task_queue,
        workflows=[GraphRun],
        activities=[silent.run_node, silent.record],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        return (await rig.run(plan(fake("work", **REGULAR)))).record, silent


async def test_step_of_a_dead_worker_is_done_by_another(
    skipping: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, silent = await run(skipping, 2)
    assert (record.status, silent.attempts_before) == ("succeeded", [0, 0, 0])


async def test_step_that_kills_its_workers_fails(skipping: Client) -> None:
    record, silent = await run(skipping, 99)
    assert record.error
    assert (record.error.kind, len(silent.attempts_before)) == ("worker-lost", calls.WORKERS_LOST + 1)
