"""An update is in the run's history before anything follows from it, so that a crash cannot lose it alone."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from engine.contracts import HumanDecision, NodeDecision
from tests.engine.conftest import Rig
from tests.engine.plans import ask, fake, plan

ACCEPTED = "EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED"


async def test_a_persons_decision_is_kept_before_the_next_step_begins(real: Rig) -> None:
    run_id = await real.start(plan(ask("ask"), fake("after", "ask.approve", seconds=2, local=True)))
    await real.seen(run_id, "ask", "waiting")
    decision = HumanDecision(
        id=str(uuid4()), node_id="ask", action="approve", by="ada", name="Ada", at=datetime.now(UTC)
    )
    await asyncio.sleep(0.2)  # the inbox knows a moment before the run does
    deciding = asyncio.create_task(real.client.decide_task(run_id, decision))
    await real.seen(run_id, "after", "running")
    assert ACCEPTED in await real.history(run_id)
    await deciding


async def test_a_decision_about_a_failed_step_is_kept_before_the_next_step_begins(real: Rig) -> None:
    work = fake("work", failures=9, on_error="pause")
    run_id = await real.start(plan(work, fake("after", "work", seconds=2, local=True)))
    await real.seen(run_id, "work", "waiting")
    decision = NodeDecision(node_id="work", attempt=1, action="output", by="ada", at=datetime.now(UTC))
    await asyncio.sleep(0.2)
    deciding = asyncio.create_task(real.client.decide(run_id, decision))
    await real.seen(run_id, "after", "running")
    assert ACCEPTED in await real.history(run_id)
    await deciding
