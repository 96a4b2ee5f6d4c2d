"""Rows are rebuilt from Temporal's history; where nothing is missing, nothing is changed."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from engine.graph import Document, Edge, Node
from tests.people import somebody
from workbench.auth.principal import Principal
from workbench.auth.roles import Role, allowed
from workbench.db.ids import new_id
from workbench.errors import Forbidden, NotFound
from workbench.services import passes, repair, runs, workflows
from workbench.services.resources import Resources

pytestmark = pytest.mark.usefixtures("worker")

DOCUMENT = Document(
    name="Mapped",
    inputs={
        "type": "object",
        "properties": {
            "names": {"type": "array"},
            "seconds": {"type": "number"},
            "large": {"type": "string"},
        },
    },
    nodes=[
        Node(id="start", type="input"),
        Node(
            id="each",
            type="map",
            config={"items": "{{ inputs.names }}", "result": "{{ nodes.greet.output }}"},
        ),
        Node(id="greet", type="transform", parent="each", config={"value": "Hello, {{ item }}!"}),
        Node(id="large", type="transform", config={"value": "{{ inputs.large }}"}),
        Node(id="pause", type="delay", config={"seconds": "{{ inputs.seconds }}"}),
    ],
    edges=[Edge(source="start", target=target) for target in ("each", "large", "pause")],
    outputs={"greetings": "{{ nodes.each.output.results }}"},
)


async def started(principal: Principal, *, seconds: float = 0) -> str:
    workflow = await workflows.create_workflow(principal, document=DOCUMENT)
    inputs = {"names": ["Ada", "Grace"], "seconds": seconds, "large": "x" * 100_000}
    return (await runs.start_run(principal, workflow_id=workflow.id, inputs=inputs)).id


async def ended(principal: Principal, resources: Resources) -> str:
    run_id = await started(principal)
    assert (await (await resources.temporal()).result(run_id)).status == "succeeded"
    return run_id


async def waiting(principal: Principal) -> str:
    run_id = await started(principal, seconds=600)
    while (run := await runs.get_run(principal, run_id)).status != "waiting":
        assert run.error is None
        await asyncio.sleep(0.05)
    return run_id


async def rows(resources: Resources, run_id: str, *, renumbered: bool = False) -> list[dict[str, Any]]:
    """Return the run's rows as they are, without the numbers of their changes where they are `renumbered`."""
    left_out = "- 'change'" if renumbered else ""
    query = f"""
      SELECT to_jsonb(r) {left_out} FROM runs r WHERE id = :id
      UNION ALL (SELECT to_jsonb(n) {left_out} FROM node_runs n WHERE run_id = :id ORDER BY scope, node_id)"""

    async def read(session: Any) -> list[dict[str, Any]]:
        return list((await session.execute(text(query), {"id": run_id})).scalars())

    return await resources.read(read)


async def forget(resources: Resources, statement: str, run_id: str) -> None:
    async with resources.transaction() as session:
        await session.execute(text(statement), {"id": run_id})


async def test_a_healthy_run_is_left_as_it_is(principal: Principal, resources: Resources) -> None:
    for run_id in (await ended(principal, resources), await waiting(principal)):
        before = await rows(resources, run_id)
        repaired = await repair.repair_run(principal, run_id)
        assert (repaired.changed, repaired.problem) == (False, None)
        assert await rows(resources, run_id) == before


async def test_lost_nodes_come_back_as_they_were(principal: Principal, resources: Resources) -> None:
    for run_id in (await ended(principal, resources), await waiting(principal)):
        before = await rows(resources, run_id, renumbered=True)
        await forget(resources, "DELETE FROM node_runs WHERE run_id = :id", run_id)
        repaired = await repair.repair_run(principal, run_id)
        assert repaired.nodes == len(before) - 1
        assert await rows(resources, run_id, renumbered=True) == before
    [greeting] = await passes.list_nodes(principal, run_id, scope="each/1")
    assert greeting.preview == "Hello, Grace!"


async def test_an_end_that_was_lost_comes_back(principal: Principal, resources: Resources) -> None:
    run_id = await ended(principal, resources)
    before = await rows(resources, run_id, renumbered=True)
    lost = "UPDATE runs SET status = 'running', finished_at = NULL, outputs = NULL WHERE id = :id"
    await forget(resources, lost, run_id)
    await forget(resources, "UPDATE node_runs SET status = 'running' WHERE run_id = :id", run_id)
    assert (await repair.repair_run(principal, run_id)).run
    assert await rows(resources, run_id, renumbered=True) == before


async def test_a_run_that_was_lost_whole_comes_back(principal: Principal, resources: Resources) -> None:
    run_id = await ended(principal, resources)
    before = await runs.get_run(principal, run_id)
    await forget(resources, "DELETE FROM runs WHERE id = :id", run_id)
    await repair.repair_run(principal, run_id)
    after = await runs.get_run(principal, run_id)
    assert (after.status, after.outputs, after.nodes) == (before.status, before.outputs, before.nodes)
    assert (after.inputs, after.workflow_id, after.finished_at) == (
        before.inputs,
        before.workflow_id,
        before.finished_at,
    )


async def test_all_runs_are_gone_through_page_by_page(
    principal: Principal, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "AT_ONCE", 2)
    lost = {await ended(principal, resources) for _ in range(3)}
    for run_id in lost:
        await forget(resources, "DELETE FROM node_runs WHERE run_id = :id", run_id)
    mended: set[str] = set()
    cursor: str | None = None
    while not lost <= mended:
        page = await repair.repair_page(principal, cursor)
        mended |= {run.run_id for run in page.runs if run.nodes}
        cursor = page.next_cursor
        assert cursor or lost <= mended


async def test_what_is_unknown_is_not_found_and_only_administrators_repair(
    principal: Principal, resources: Resources
) -> None:
    run_id = await ended(principal, resources)
    with pytest.raises(Forbidden):
        await repair.repair_run(somebody("Eve", actions=allowed(frozenset(Role))), run_id)
    with pytest.raises(NotFound):
        await repair.repair_run(principal, new_id())
