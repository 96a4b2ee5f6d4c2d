"""Terminating: rows and workflow end at once, whatever is away."""

import asyncio
from datetime import timedelta

import pytest

from engine.graph import Document, Edge, Node
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.db.ids import now
from workbench.errors import Unavailable
from workbench.services import runs, workflows
from workbench.services.reconcile import Reconciler
from workbench.services.resources import Resources
from workbench.services.shapes import RunDetail

pytestmark = pytest.mark.usefixtures("worker")


async def waiting(principal: Principal) -> RunDetail:
    """Return a run that waits for ten minutes."""
    nodes = [Node(id="start", type="input"), Node(id="pause", type="delay", config={"seconds": 600})]
    document = Document(name="Waits", nodes=nodes, edges=[Edge(source="start", target="pause")])
    workflow = await workflows.create_workflow(principal, document=document)
    run = await runs.start_run(principal, workflow_id=workflow.id, inputs={})
    while run.status != "waiting":
        await asyncio.sleep(0.05)
        run = await runs.get_run(principal, run.id)
    return run


async def test_a_terminated_run_ends_at_once_with_its_nodes_and_its_workflow(
    principal: Principal, resources: Resources
) -> None:
    run = await waiting(principal)
    ended = await runs.terminate_run(principal, run.id)
    assert (ended.status, ended.error and ended.error.kind) == ("cancelled", "terminated")
    assert {node.node_id: node.status for node in ended.nodes} == {"start": "succeeded", "pause": "cancelled"}
    assert await (await resources.temporal()).describe(run.id) == "terminated"


async def test_with_temporal_away_the_rows_end_and_the_workflow_ends_later(
    principal: Principal, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await waiting(principal)

    async def away(_: Resources) -> None:
        raise Unavailable("Temporal does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(Resources, "temporal", away)
        assert (await runs.terminate_run(principal, run.id)).status == "cancelled"
    assert await (await resources.temporal()).describe(run.id) == "running"

    await Reconciler(young=timedelta(hours=1)).once()
    assert await (await resources.temporal()).describe(run.id) == "terminated"


async def test_what_was_begun_under_a_run_ends_with_it(principal: Principal, make_run: MakeRun) -> None:
    run = await waiting(principal)
    child = await make_run(parent_run_id=run.id, parent_place="call", status="running")
    grandchild = await make_run(parent_run_id=child.id, parent_place="call", status="waiting")
    await runs.terminate_run(principal, run.id)
    assert [(await runs.get_run(principal, one.id)).status for one in (child, grandchild)] == [
        "cancelled"
    ] * 2


async def test_a_queued_run_that_was_terminated_is_never_started(
    principal: Principal, make_run: MakeRun, resources: Resources
) -> None:
    run = await make_run(created_at=now() - timedelta(hours=1))
    await runs.terminate_run(principal, run.id)
    await Reconciler(young=timedelta(0)).once()
    assert await (await resources.temporal()).describe(run.id) == "missing"


async def test_a_run_that_has_ended_stays_as_it_is(principal: Principal, make_run: MakeRun) -> None:
    run = await make_run(status="succeeded")
    assert (await runs.terminate_run(principal, run.id)).status == "succeeded"
