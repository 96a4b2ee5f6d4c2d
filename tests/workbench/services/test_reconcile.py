"""Rows and Temporal are made to agree, whatever was lost between two writes."""

import asyncio
from datetime import timedelta

import pytest

from engine.client import EngineClient, RunState
from engine.contracts import NodeRecord, RecordBatch
from engine.graph import Document, Edge, Node
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.db.ids import now
from workbench.db.tables import VersionRow
from workbench.errors import Unavailable
from workbench.services import runs, workflows
from workbench.services.reconcile import Reconciler
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources

pytestmark = pytest.mark.usefixtures("worker")


async def reconcile() -> int:
    return await Reconciler(young=timedelta(0)).once()


async def test_a_run_that_never_reached_temporal_is_started(principal: Principal, make_run: MakeRun) -> None:
    run = await make_run()
    assert await reconcile() >= 1
    while (await runs.get_run(principal, run.id)).status in ("queued", "running"):
        await asyncio.sleep(0.05)
    assert (await runs.get_run(principal, run.id)).status == "succeeded"


async def test_a_queued_run_is_started_without_looking_at_the_others(
    principal: Principal, make_run: MakeRun
) -> None:
    lost, queued = await make_run(status="running"), await make_run()
    reconciler = Reconciler(young=timedelta(0))
    assert await reconciler.start_queued() >= 1
    while (await runs.get_run(principal, queued.id)).status != "succeeded":
        await asyncio.sleep(0.05)
    assert (await runs.get_run(principal, lost.id)).status == "running"


async def test_with_temporal_away_a_run_stays_queued_and_starts_later(
    principal: Principal, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Document(name="Later", nodes=[Node(id="start", type="input")])
    workflow = await workflows.create_workflow(principal, document=document)

    async def away(_: Resources) -> None:
        raise Unavailable("Temporal does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(Resources, "temporal", away)
        run = await runs.start_run(principal, workflow_id=workflow.id, inputs={})
    assert run.status == "queued"

    await reconcile()
    await (await resources.temporal()).result(run.id)
    assert (await runs.get_run(principal, run.id)).status == "succeeded"


async def test_a_young_run_is_left_to_whoever_starts_it(principal: Principal, make_run: MakeRun) -> None:
    run = await make_run()
    await Reconciler(young=timedelta(hours=1)).once()
    assert (await runs.get_run(principal, run.id)).status == "queued"
    await reconcile()


async def test_a_queued_run_that_was_cancelled_is_not_started(
    principal: Principal, make_run: MakeRun
) -> None:
    run = await make_run(cancel_requested_at=now())
    await reconcile()
    assert (await runs.get_run(principal, run.id)).status == "cancelled"


async def test_a_run_whose_document_cannot_be_read_ends_and_the_others_start(
    principal: Principal, make_run: MakeRun, resources: Resources
) -> None:
    broken, other = await make_run(), await make_run()
    async with resources.transaction() as session:
        version = await session.get(VersionRow, broken.version_id)
        assert version
        version.document = {"format": "workbench/0"}
    await reconcile()
    await (await resources.temporal()).result(other.id)
    ended = await runs.get_run(principal, broken.id)
    assert (ended.status, ended.error and ended.error.kind) == ("failed", "document-invalid")


async def test_a_run_that_temporal_lost_ends_and_so_do_its_nodes(
    principal: Principal, make_run: MakeRun, resources: Resources
) -> None:
    run = await make_run()
    node = NodeRecord(node_id="start", status="running", started_at=now(), attempt=2)
    await PostgresRunSink(resources).begin(RecordBatch(run_id=run.id, nodes=(node,)), "start")
    await reconcile()
    ended = await runs.get_run(principal, run.id)
    assert ended.status == "failed"
    assert ended.error is not None
    assert ended.error.kind == "lost"
    assert [(node.status, node.attempt) for node in ended.nodes] == [("cancelled", 2)]


async def test_a_run_that_was_ended_from_outside_is_not_shown_as_running_for_ever(
    principal: Principal, resources: Resources
) -> None:
    document = Document(
        name="Waits",
        nodes=[Node(id="start", type="input"), Node(id="pause", type="delay", config={"seconds": 600})],
        edges=[Edge(source="start", target="pause")],
    )
    workflow = await workflows.create_workflow(principal, document=document)
    run = await runs.start_run(principal, workflow_id=workflow.id, inputs={})
    while (await runs.get_run(principal, run.id)).status != "waiting":
        await asyncio.sleep(0.05)
    temporal = (await resources.temporal()).temporal
    await temporal.get_workflow_handle(f"run-{run.id}").terminate("by an operator")

    await reconcile()

    ended = await runs.get_run(principal, run.id)
    assert (ended.status, ended.error and ended.error.kind) == ("failed", "ended-outside")
    assert {node.node_id: node.status for node in ended.nodes} == {"start": "succeeded", "pause": "cancelled"}


async def test_a_run_in_flight_is_left_alone(principal: Principal, resources: Resources) -> None:
    nodes = [Node(id="pause", type="delay", config={"seconds": 600})]
    document = Document(name="Waits", nodes=nodes)
    workflow = await workflows.create_workflow(principal, document=document)
    run = await runs.start_run(principal, workflow_id=workflow.id, inputs={})
    while (await runs.get_run(principal, run.id)).status != "waiting":
        await asyncio.sleep(0.05)
    await reconcile()
    assert (await runs.get_run(principal, run.id)).status == "waiting"
    await runs.cancel_run(principal, run.id)


async def test_more_runs_than_fit_into_a_pass_are_all_looked_at_in_the_end(
    principal: Principal, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.services.reconcile.AT_ONCE", 2)
    lost = [await make_run(status="running") for _ in range(5)]
    reconciler = Reconciler(young=timedelta(0))
    for _ in range(20):
        await reconciler.once()
    assert {(await runs.get_run(principal, run.id)).status for run in lost} == {"failed"}


async def test_no_transaction_is_open_while_temporal_is_asked(
    make_run: MakeRun, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_run(status="running")
    open_ones: list[int] = []
    describe = EngineClient.describe

    async def watched(self: EngineClient, run_id: str) -> RunState:
        found = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
        async with (await resources.records()).connection() as connection:
            row = await (await connection.execute(found)).fetchone()
        open_ones.append(row[0] if row else -1)
        return await describe(self, run_id)

    monkeypatch.setattr(EngineClient, "describe", watched)
    await reconcile()
    assert set(open_ones) == {0}


async def test_only_one_process_reconciles_at_a_time(make_run: MakeRun) -> None:
    for _ in range(3):
        await make_run()
    found = await asyncio.gather(*(reconcile() for _ in range(4)))
    assert sorted(found)[:3] == [0, 0, 0]
