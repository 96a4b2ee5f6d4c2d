"""The shipped saga, run by a worker to its bad end."""

import asyncio
from pathlib import Path

import pytest

from engine import compiler
from workbench.auth.principal import Principal
from workbench.services import runs, workflows

pytestmark = pytest.mark.usefixtures("worker")
SAGA = Path(__file__).parents[3] / "workbench/examples/saga.json"


async def test_a_declined_card_takes_back_the_room_and_then_the_flight(principal: Principal) -> None:
    document, _ = compiler.parse(SAGA.read_bytes())
    assert document is not None
    workflow = await workflows.create_workflow(principal, document=document)
    inputs = {"trip": "T-1", "card": "declined"}
    run_id = (await runs.start_run(principal, workflow_id=workflow.id, inputs=inputs)).id
    async with asyncio.timeout(60):
        while (run := await runs.get_run(principal, run_id)).status not in ("failed", "succeeded"):
            await asyncio.sleep(0.05)
    assert run.error is not None
    assert run.error.kind == "card-declined"
    undone = [node for node in run.nodes if node.node_id in ("no_room", "no_flight")]
    assert [(node.node_id, node.status) for node in undone] == [
        ("no_room", "succeeded"),
        ("no_flight", "succeeded"),
    ]
