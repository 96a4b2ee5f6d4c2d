"""Steps that ask people: who may decide what and when, what comes of it, and what happens by itself."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from engine.contracts import Deliberation, HumanDecision
from engine.errors import DecisionRefused
from tests.engine.conftest import Rig
from tests.engine.plans import ask, body, each, fake, merge, plan, start, transform

ALL = ("approve", "reject", "edit", "respond")


def decision(action: Any, by: str = "ada", **more: Any) -> HumanDecision:
    given = {"id": str(uuid4()), "node_id": "ask", "at": datetime.now(UTC), "name": by.title(), **more}
    return HumanDecision(action=action, by=by, **given)


async def decide(rig: Rig, run_id: str, action: Any, by: str = "ada", **more: Any) -> Deliberation:
    return await rig.client.decide_task(run_id, decision(action, by, **more))


async def asked(rig: Rig, step: Any, *others: Any, count: int = 1, **more: Any) -> str:
    """Start a run and wait until so many tasks are open in it."""
    run_id = await rig.start(plan(step, *others), **more)
    await opened(rig, run_id, count)
    return run_id


async def opened(rig: Rig, run_id: str, count: int = 1) -> None:
    async with asyncio.timeout(30):
        while sum(task.run_id == run_id for task in rig.inbox.tasks) < count:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)  # the inbox knows a moment before the run does


async def refused(rig: Rig, run_id: str, action: Any, by: str = "ada", **more: Any) -> str:
    """Return the rule that a decision is refused by."""
    with pytest.raises(DecisionRefused) as caught:
        await decide(rig, run_id, action, by, **more)
    return caught.value.kind


async def test_an_approval_goes_on_along_its_port(rig: Rig) -> None:
    yes, no = (
        transform("yes", "{{ nodes.ask.output.data.n }}", "ask.approve"),
        transform("no", 0, "ask.reject"),
    )
    run_id = await asked(rig, ask("ask", data={"n": 5}), yes, no)
    await decide(rig, run_id, "approve", reason="fine")
    ran = await rig.ended(run_id)
    assert ran.statuses == {"ask": "succeeded", "yes": "succeeded", "no": "skipped"}
    assert ran.nodes["yes"].output == 5
    [by] = ran.nodes["ask"].output["by"]
    assert (by["id"], by["decision"], by["reason"]) == ("ada", "approve", "fine")
    assert rig.inbox.settled[0].outcome == "approve"


async def test_what_is_asked_is_made_from_expressions(rig: Rig) -> None:
    step = ask("ask", "start", title="Pay {{ inputs.n }}?", context="**{{ inputs.n }}**", data="{{ inputs }}")
    run_id = await rig.start(plan(start(), step), {"n": 3})
    await opened(rig, run_id)
    [task] = rig.inbox.tasks
    assert (task.title, task.context, task.data) == ("Pay 3?", "**3**", {"n": 3})
    assert rig.sink.of(run_id)["ask"].status == "waiting"
    await rig.client.cancel(run_id)
    assert (await rig.ended(run_id)).statuses["ask"] == "cancelled"
    assert await refused(rig, run_id, "approve") == "decision-late"


async def test_a_quorum_needs_different_people(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", quorum=2))
    first = decision("approve")
    assert (await rig.client.decide_task(run_id, first)).outcome is None
    assert (await rig.client.decide_task(run_id, first)).outcome is None  # brought again, it counts once
    assert await refused(rig, run_id, "approve") == "decision-twice"
    assert (await decide(rig, run_id, "approve", "bob")).outcome == "approve"
    assert len((await rig.ended(run_id)).nodes["ask"].output["by"]) == 2


async def test_the_first_rejection_counts(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", quorum=2))
    await decide(rig, run_id, "approve")
    await decide(rig, run_id, "reject", "bob")
    assert (await rig.ended(run_id)).nodes["ask"].ports == ("reject",)


async def test_the_majority_counts_where_that_is_set(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", quorum=3, votes="majority"))
    assert (await decide(rig, run_id, "reject")).outcome is None
    assert (await decide(rig, run_id, "approve", "bob")).outcome is None
    assert (await decide(rig, run_id, "approve", "cleo")).outcome == "approve"
    assert (await rig.ended(run_id)).nodes["ask"].ports == ("approve",)


async def test_who_is_not_asked_cannot_decide(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", assignees=["bob", "finance"]))
    assert await refused(rig, run_id, "approve", subjects=("sales",)) == "decision-foreign"
    await decide(rig, run_id, "approve", subjects=("finance",))
    await rig.ended(run_id)


async def test_who_started_the_run_cannot_decide_where_that_is_set(rig: Rig) -> None:
    rig.inbox.starter = "ada"
    run_id = await asked(rig, ask("ask", apart=("starter",)))
    assert await refused(rig, run_id, "approve") == "decision-apart"
    await decide(rig, run_id, "approve", "bob")
    await rig.ended(run_id)


async def test_edited_data_is_decided_anew_by_somebody_else(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", choices=ALL, data=1, quorum=1, apart=("editor",)))
    assert (await decide(rig, run_id, "edit", value=2)).revision == 2
    assert await refused(rig, run_id, "approve", "bob") == "decision-stale"
    assert await refused(rig, run_id, "approve", revision=2) == "decision-apart"
    await decide(rig, run_id, "approve", "bob", revision=2)
    ran = await rig.ended(run_id)
    assert (ran.nodes["ask"].ports, ran.nodes["ask"].output["data"]) == (("edit",), 2)


async def test_data_that_does_not_fit_its_schema_is_refused(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", choices=("submit",), data_schema={"required": ["name"]}))
    assert await refused(rig, run_id, "submit", value={}) == "decision-unfit"
    assert await refused(rig, run_id, "approve") == "decision-unfit"
    await decide(rig, run_id, "submit", value={"name": "Ada"})
    ran = await rig.ended(run_id)
    assert (ran.nodes["ask"].ports, ran.nodes["ask"].output) == (("out",), {"name": "Ada"})


async def test_a_response_is_the_text(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", choices=ALL, quorum=2))
    assert await refused(rig, run_id, "respond", text=" ") == "decision-unfit"
    await decide(rig, run_id, "respond", text="Which one?")
    assert (await rig.ended(run_id)).nodes["ask"].output["text"] == "Which one?"


async def test_a_task_is_delegated(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", assignees=["ada"]))
    await decide(rig, run_id, "delegate", to=("bob",))
    assert await refused(rig, run_id, "approve") == "decision-foreign"
    await decide(rig, run_id, "approve", "bob")
    await rig.ended(run_id)


async def test_nobody_known_is_a_failure_of_the_step(rig: Rig) -> None:
    ran = await rig.run(plan(ask("ask", assignees=["nobody"])))
    assert ran.record.error is not None
    assert (ran.record.error.kind, ran.record.error.node) == ("assignee-unknown", "ask")


@pytest.mark.parametrize(
    ("rules", "port"),
    [({}, "timeout"), ({"on_expiry": "default", "default": "reject"}, "reject")],
)
async def test_a_task_expires(rig: Rig, rules: dict[str, Any], port: str) -> None:
    ran = await rig.run(plan(ask("ask", expire_s=86_400, **rules)))
    assert ran.nodes["ask"].ports == (port,)


async def test_a_task_that_expires_can_fail(rig: Rig) -> None:
    ran = await rig.run(plan(ask("ask", expire_s=60, on_expiry="fail")))
    assert ran.record.error is not None
    assert ran.record.error.kind == "expired"


async def test_a_task_is_reminded_of_and_escalated(rig: Rig) -> None:
    times = {"remind_s": 3600, "escalate_s": 7200, "expire_s": 9000}
    ran = await rig.run(plan(ask("ask", assignees=["ada"], escalate_to=["boss"], **times)))
    assert [note.what for note in rig.inbox.notes] == ["reminded", "escalated"]
    assert ran.nodes["ask"].ports == ("timeout",)


async def test_whom_it_was_escalated_to_decides(real: Rig) -> None:
    run_id = await asked(real, ask("ask", assignees=["ada"], escalate_s=0.5, escalate_to=["boss"]))
    assert await refused(real, run_id, "approve", "boss") == "decision-foreign"
    async with asyncio.timeout(30):
        while not real.inbox.notes:
            await asyncio.sleep(0.05)
    await decide(real, run_id, "approve", "boss")
    await real.ended(run_id)


async def test_a_decision_made_after_the_expiry_is_refused(real: Rig) -> None:
    run_id = await asked(real, ask("ask", expire_s=3600))
    late = datetime.now(UTC) + timedelta(days=400)
    assert await refused(real, run_id, "approve", at=late) == "decision-late"
    await decide(real, run_id, "approve")
    await real.ended(run_id)


async def test_many_in_a_map_are_decided_each_by_itself(real: Rig) -> None:
    run_id = await asked(
        real, each("all", list(range(30)), body(ask("ask", data="{{ item }}")), concurrency=30), count=30
    )
    for index in range(30):
        action = "approve" if index % 2 else "reject"
        await decide(real, run_id, action, scope=f"all/{index}")
    ran = await real.ended(run_id)
    found = [result["decision"] for result in ran.nodes["all"].output["results"]]
    assert found == ["approve" if index % 2 else "reject" for index in range(30)]


async def test_what_was_decided_is_carried_over_when_the_run_continues_as_new(real: Rig) -> None:
    steps = [
        ask("ask", quorum=2),
        *(fake(f"f{n}", *([f"f{n - 1}"] if n else []), local=False) for n in range(8)),
    ]
    run_id = await asked(real, *steps, history_limit=20)
    await decide(real, run_id, "approve")
    await real.seen(run_id, "f7", "succeeded")
    assert await real.executions(run_id) > 1
    assert await refused(real, run_id, "approve") == "decision-twice"
    await decide(real, run_id, "approve", "bob")
    ran = await real.ended(run_id)
    assert len(ran.nodes["ask"].output["by"]) == 2
    assert sum(task.run_id == run_id for task in real.inbox.tasks) == 1


async def test_a_task_that_lost_a_race_is_cancelled(rig: Rig) -> None:
    ran = await rig.run(
        plan(ask("ask"), fake("work", local=False), merge("first", "ask.approve", "work", needs=1))
    )
    assert ran.statuses["ask"] == "cancelled"
