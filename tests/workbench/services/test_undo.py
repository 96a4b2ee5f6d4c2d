"""Decisions that can be undone for ten seconds: held, seen by others, taken back, told once."""

import asyncio
from datetime import timedelta

import pytest

from tests.workbench.services.test_tasks import approval, asked, colleague, ended
from workbench.auth.principal import Principal
from workbench.db.ids import now
from workbench.db.tables import TaskDecisionRow
from workbench.errors import Conflict
from workbench.services import inbox, runs, task_decisions, task_telling, tasks
from workbench.services.resources import get_resources
from workbench.services.task_decisions import Decision

pytestmark = pytest.mark.usefixtures("worker")


async def their_time_comes(decision_id: str) -> None:
    """Let the time pass in which a decision can be undone, without the process that has stored it."""
    async with get_resources().transaction() as session:
        row = await session.get(TaskDecisionRow, decision_id)
        assert row is not None
        row.tell_at = now() - timedelta(seconds=1)


async def test_a_held_decision_is_shown_to_others_and_not_told(principal: Principal) -> None:
    task = await asked(principal, approval())
    await task_decisions.decide(principal, task.id, Decision("approve", hold_s=10))
    seen = await tasks.get_task(colleague(principal), task.id)
    assert (seen.status, seen.decided_name, seen.decisions[0].status) == ("decided", principal.name, "held")
    assert seen.held_until is not None
    assert timedelta(seconds=5) < seen.held_until - now() <= timedelta(seconds=10)
    assert [(one.task_id, one.action) for one in await inbox.held(principal)] == [(task.id, "approve")]
    assert await task_telling.tell() == 0
    assert (await runs.get_run(principal, task.run_id)).status in ("running", "waiting")
    with pytest.raises(Conflict, match=f"{principal.name} decided approve at"):
        await task_decisions.decide(colleague(principal), task.id, Decision("reject"))


async def test_what_was_undone_is_as_if_it_had_not_been_decided(principal: Principal) -> None:
    task = await asked(principal, approval())
    await task_decisions.decide(principal, task.id, Decision("approve", hold_s=10))
    undone = await task_decisions.undo(principal, task.id)
    assert (undone.status, undone.outcome, undone.decisions, undone.held_until) == ("open", None, (), None)
    await task_decisions.decide(principal, task.id, Decision("reject"))
    run = await ended(principal, task.run_id)
    assert run.outputs is not None
    assert run.outputs["said"]["decision"] == "reject"


async def test_only_who_decided_undoes_and_only_in_time(principal: Principal) -> None:
    task = await asked(principal, approval())
    await task_decisions.decide(principal, task.id, Decision("approve", hold_s=10))
    with pytest.raises(Conflict, match="nothing to undo"):
        await task_decisions.undo(colleague(principal), task.id)
    [held] = (await tasks.get_task(principal, task.id)).decisions
    await their_time_comes(held.id)
    with pytest.raises(Conflict, match="nothing to undo"):
        await task_decisions.undo(principal, task.id)


async def test_a_process_that_dies_meanwhile_loses_nothing_and_it_is_told_once(
    principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await asked(principal, approval())
    await task_telling.tell()  # what other tests have left
    monkeypatch.setattr(task_telling, "tell_at", lambda at: None)  # as a process does that has died
    held = await task_decisions.decide(principal, task.id, Decision("approve", hold_s=10))
    await their_time_comes(held.decisions[0].id)
    told = await asyncio.gather(*(task_telling.tell() for _ in range(3)))
    assert sum(told) == 1
    assert (await ended(principal, task.run_id)).status == "succeeded"
    assert [one.status for one in (await tasks.get_task(principal, task.id)).decisions] == ["counted"]


async def test_it_is_told_by_itself_when_its_time_has_passed(principal: Principal) -> None:
    task = await asked(principal, approval())
    await task_decisions.decide(principal, task.id, Decision("approve", hold_s=0.2))
    assert (await ended(principal, task.run_id)).status == "succeeded"


async def test_who_decides_after_somebody_makes_theirs_final(principal: Principal, team: None) -> None:
    task = await asked(principal, approval(decisions=["approve", "edit"], quorum=2))
    await task_decisions.decide(principal, task.id, Decision("edit", value={"n": 4}, hold_s=10))
    bob = colleague(principal)
    await task_decisions.decide(bob, task.id, Decision("approve", revision=2))
    with pytest.raises(Conflict, match="nothing to undo"):
        await task_decisions.undo(principal, task.id)
    run = await ended(principal, task.run_id)
    assert run.outputs is not None
    assert run.outputs["said"]["data"] == {"n": 4}


async def test_shortly_before_the_expiry_nothing_is_held(principal: Principal) -> None:
    task = await asked(principal, approval(expire_s=9))
    decided = await task_decisions.decide(principal, task.id, Decision("approve", hold_s=10))
    assert (decided.held_until, decided.decisions[0].status) == (None, "counted")


async def test_like_tasks_are_decided_at_the_data_that_was_seen(principal: Principal, team: None) -> None:
    first, second = [await asked(principal, approval(decisions=["approve", "edit"], quorum=2)) for _ in "ab"]
    await task_decisions.decide(colleague(principal), first.id, Decision("edit", value={"n": 4}))
    seen = {first.id: 1, second.id: 1}
    results = await task_decisions.decide_many(
        principal, [first.id, second.id], Decision("approve", hold_s=10), revisions=seen
    )
    assert results[0].error is not None
    assert "edited meanwhile" in results[0].error
    assert results[1].task is not None
    assert results[1].task.held_until is not None
