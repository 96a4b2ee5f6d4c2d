"""Steps that ask people: who may decide what and when, what comes of it, and what happens by itself."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from engine.contracts import Deliberation, HumanDecision
from engine.errors import DecisionRefused
from tests.engine.conftest import Rig
from tests.engine.plans import ask, body, call, each, fake, loop, merge, pinned, plan, start, transform

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


async def test_nobody_is_asked_where_an_expression_names_nobody(rig: Rig) -> None:
    ran = await rig.run(plan(start(), ask("ask", "start", assignees="{{ inputs.who }}")), {"who": []})
    assert ran.record.error is not None
    assert (ran.record.error.kind, ran.record.error.node) == ("assignee-unknown", "ask")


async def test_a_task_is_reminded_of_again_and_again(rig: Rig) -> None:
    times = {"remind_s": ["1 hour", 7200, "3 hours"], "expire_s": "1 day"}
    ran = await rig.run(plan(ask("ask", **times)))
    assert [note.what for note in rig.inbox.notes] == ["reminded"] * 3
    assert ran.nodes["ask"].ports == ("timeout",)


async def test_working_time_is_counted_where_that_is_said(rig: Rig) -> None:
    ran = await rig.run(plan(ask("ask", expire_s="1 working day", remind_s="1 working hour")))
    [task] = rig.inbox.tasks
    assert task.expires_at is not None
    assert (task.expires_at.hour, task.expires_at.weekday() < 5) != (0, False)
    assert rig.inbox.settled[0].at >= task.expires_at
    assert rig.inbox.notes[0].at >= task.reminders[0]
    assert ran.nodes["ask"].ports == ("timeout",)


async def test_a_time_that_is_none_fails_its_step(rig: Rig) -> None:
    ran = await rig.run(plan(start(), ask("ask", "start", due_s="{{ inputs.when }}")), {"when": "soon"})
    assert ran.record.error is not None
    assert "due_s of ask" in ran.record.error.message


@pytest.mark.parametrize(("to", "rule"), [("ada", "decision-unfit"), ("starter", "decision-apart")])
async def test_a_task_is_not_given_to_oneself_or_to_who_is_kept_apart(rig: Rig, to: str, rule: str) -> None:
    run_id = await asked(rig, ask("ask", assignees=["ada"], apart=("starter",)))
    assert await refused(rig, run_id, "delegate", to=(to,)) == rule
    await decide(rig, run_id, "approve")
    await rig.ended(run_id)


async def test_a_task_that_was_given_away_can_be_given_back(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", assignees=["ada"]))
    await decide(rig, run_id, "delegate", to=("bob",))
    await decide(rig, run_id, "delegate", "bob", to=("ada",))
    assert await refused(rig, run_id, "approve", "bob") == "decision-foreign"
    await decide(rig, run_id, "approve")
    await rig.ended(run_id)


async def test_who_has_voted_does_not_vote_again_by_somebody_else(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", quorum=2))
    await decide(rig, run_id, "approve")
    assert await refused(rig, run_id, "delegate", to=("bob",)) == "decision-twice"
    assert await refused(rig, run_id, "delegate", "cleo", to=("ada",)) == "decision-unfit"
    await decide(rig, run_id, "approve", "bob")
    await rig.ended(run_id)


async def test_a_quorum_is_not_given_to_one_who_is_asked_already(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", quorum=2, assignees=["ada", "bob"]))
    assert await refused(rig, run_id, "delegate", to=("bob",)) == "decision-unfit"
    await decide(rig, run_id, "delegate", to=("cleo",))
    await decide(rig, run_id, "approve", "bob")
    await decide(rig, run_id, "approve", "cleo")
    await rig.ended(run_id)


async def test_what_anybody_may_decide_is_theirs_whom_it_was_given_to(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask"))
    await decide(rig, run_id, "delegate", to=("bob",))
    assert await refused(rig, run_id, "approve", "cleo") == "decision-foreign"
    await decide(rig, run_id, "approve", "bob")
    await rig.ended(run_id)


async def test_who_edited_the_data_can_give_the_decision_to_others(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", choices=ALL, data=1, assignees=["ada"], apart=("editor",)))
    await decide(rig, run_id, "edit", value=2)
    await decide(rig, run_id, "delegate", revision=2, to=("bob",))
    await decide(rig, run_id, "approve", "bob", revision=2)
    assert (await rig.ended(run_id)).nodes["ask"].output["data"] == 2


async def test_a_tie_is_no_majority(rig: Rig) -> None:
    run_id = await asked(rig, ask("ask", quorum=4, votes="majority"))
    for by, action in (("ada", "approve"), ("bob", "reject"), ("cleo", "approve")):
        assert (await decide(rig, run_id, action, by)).outcome is None
    assert (await decide(rig, run_id, "reject", "dan")).outcome == "reject"
    await rig.ended(run_id)


@pytest.mark.parametrize("choices", [("approve", "reject"), ("accept", "edit"), ("submit",)])
async def test_every_kind_is_asked_in_each_pass_of_a_loop(real: Rig, choices: Any) -> None:
    step = ask("ask", choices=choices, data="{{ index }}")
    run_id = await real.start(plan(loop("again", body(step), maximum=2)))
    for index in range(2):
        await opened(real, run_id, index + 1)
        await decide(real, run_id, choices[0], scope=f"again/{index}", value={"n": index})
    assert (await real.ended(run_id)).statuses["again"] == "succeeded"


async def test_an_approval_in_a_sub_workflow_in_a_map_in_a_loop(real: Rig) -> None:
    inner = pinned(plan(start(), ask("ask", "start", data="{{ inputs.item }}")))
    asks = each("all", ["a", "b"], body(call("ask_them", "inner", inputs={"item": "{{ item }}"})))
    run_id = await real.start(plan(loop("turns", body(asks), maximum=2)), plans={"inner": inner})
    for turn in range(2):
        async with asyncio.timeout(30):
            while len(real.inbox.tasks) < 2 * (turn + 1):
                await asyncio.sleep(0.02)
        for task in real.inbox.tasks[2 * turn :]:
            await until_taken(real, task.run_id, "approve")
    ran = await real.ended(run_id)
    assert ran.record.status == "succeeded"
    assert len({task.run_id for task in real.inbox.tasks}) == 4
    assert [settled.outcome for settled in real.inbox.settled] == ["approve"] * 4


async def until_taken(rig: Rig, run_id: str, action: str) -> None:
    """Decide as soon as the run knows of its task: the inbox does a moment earlier."""
    async with asyncio.timeout(30):
        while True:
            try:
                await decide(rig, run_id, action)
                return
            except DecisionRefused:
                await asyncio.sleep(0.05)
