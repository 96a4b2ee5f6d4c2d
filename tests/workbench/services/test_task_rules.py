"""The rules on a node as the services keep them; the run's own are in tests/engine/test_run_people.py."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.workbench.accounts import Installation, administrating
from tests.workbench.services.test_tasks import (
    approval,
    as_person,
    asked,
    colleague,
    ended,
    reviewer,
    started,
)
from workbench.auth.principal import Principal
from workbench.auth.roles import Role
from workbench.errors import Conflict, Forbidden, Invalid
from workbench.services import task_decisions, tasks, workspaces
from workbench.services.task_decisions import Decision

pytestmark = pytest.mark.usefixtures("worker", "team")


async def failed(principal: Principal, **rules: Any) -> str:
    """Return the kind of failure of a step with these rules."""
    run = await ended(principal, await started(principal, approval(**rules)))
    assert run.error is not None
    return run.error.kind


async def test_who_has_no_role_here_is_not_asked(principal: Principal, installation: Installation) -> None:
    stranger = await installation.person("Eve")
    assert await failed(principal, assignees=[stranger]) == "assignee-unknown"


async def test_who_only_looks_is_not_asked(principal: Principal, installation: Installation) -> None:
    viewer = await reviewer(installation, principal, "Vera")
    other = await installation.person("Carl")
    await installation.give(principal.workspace, other, Role.VIEWER)
    assert await failed(principal, assignees=[viewer, other]) == "assignee-unknown"


async def test_a_quorum_that_cannot_come_fails_at_once(
    principal: Principal, installation: Installation
) -> None:
    bob = await reviewer(installation, principal, "Bob")
    group = await installation.group(None, bob)
    assert await failed(principal, assignees=[bob, group], quorum=2) == "quorum-unreachable"


async def test_a_task_is_not_given_to_a_foreign_person(
    principal: Principal, installation: Installation
) -> None:
    task = await asked(principal, approval())
    stranger = await installation.person("Eve")
    with pytest.raises(Invalid, match="Nobody who may decide here"):
        await task_decisions.delegate(principal, task.id, to=stranger)


async def test_a_task_is_not_given_to_oneself(principal: Principal, installation: Installation) -> None:
    bob = await reviewer(installation, principal, "Bob")
    task = await asked(principal, approval(assignees=[bob]))
    with pytest.raises(Invalid, match="yours already"):
        await task_decisions.delegate(as_person(bob, principal), task.id, to=bob)


async def test_a_task_comes_back(principal: Principal, installation: Installation) -> None:
    bob, cleo = [await reviewer(installation, principal, name) for name in ("Bob", "Cleo")]
    task = await asked(principal, approval(assignees=[bob]))
    await task_decisions.delegate(as_person(bob, principal), task.id, to=cleo)
    back = await task_decisions.delegate(as_person(cleo, principal), task.id, to=bob)
    assert back.assignees == (bob,)
    await task_decisions.decide(as_person(bob, principal), task.id, Decision("approve"))
    assert (await ended(principal, task.run_id)).status == "succeeded"


async def test_what_anybody_may_decide_is_in_the_list_of_whom_it_was_given_to(
    principal: Principal, installation: Installation
) -> None:
    bob = await reviewer(installation, principal, "Bob")
    task = await asked(principal, approval())
    await task_decisions.delegate(principal, task.id, to=bob)
    assert [one.id for one in (await tasks.list_tasks(as_person(bob, principal), queue="mine")).items]
    with pytest.raises(Forbidden, match="not among those"):
        await task_decisions.decide(colleague(principal), task.id, Decision("approve"))


async def test_who_is_kept_apart_does_not_claim(principal: Principal) -> None:
    task = await asked(principal, approval(apart=["starter"]))
    with pytest.raises(Forbidden, match="You started this run"):
        await tasks.claim(principal, task.id)


async def test_the_first_rejection_ends_it_and_says_by_whom(principal: Principal) -> None:
    task = await asked(principal, approval(quorum=3))
    await task_decisions.decide(colleague(principal), task.id, Decision("reject"))
    with pytest.raises(Conflict, match="Bob decided reject"):
        await task_decisions.decide(principal, task.id, Decision("approve"))


async def test_most_of_them_decide_where_that_is_set(principal: Principal) -> None:
    task = await asked(principal, approval(quorum=3, votes="majority"))
    assert (await task_decisions.decide(principal, task.id, Decision("reject"))).status == "open"
    for name in ("Bob", "Cleo"):
        await task_decisions.decide(colleague(principal, name), task.id, Decision("approve"))
    assert (await tasks.get_task(principal, task.id)).outcome == "approve"


async def test_who_edited_the_data_does_not_decide_about_it(principal: Principal) -> None:
    decisions = ["approve", "edit"]
    task = await asked(principal, approval(decisions=decisions, apart=["editor"]))
    await task_decisions.decide(principal, task.id, Decision("edit", value={"n": 1}))
    with pytest.raises(Forbidden, match="You edited the data"):
        await task_decisions.decide(principal, task.id, Decision("approve", revision=2))
    await task_decisions.decide(colleague(principal), task.id, Decision("approve", revision=2))
    assert (await ended(principal, task.run_id)).status == "succeeded"


async def test_others_are_asked_when_it_is_escalated_and_the_claim_ends(
    principal: Principal, installation: Installation
) -> None:
    bob, boss = [await reviewer(installation, principal, name) for name in ("Bob", "Boss")]
    task = await asked(principal, approval(assignees=[bob], escalate_s=1, escalate_to=[boss]))
    await tasks.claim(as_person(bob, principal), task.id)
    with pytest.raises(Forbidden):
        await task_decisions.decide(as_person(boss, principal), task.id, Decision("approve"))
    while (now := await tasks.get_task(principal, task.id)).escalated_at is None:
        pass
    assert (set(now.assignees), now.claimed_by) == ({bob, boss}, None)
    await task_decisions.decide(as_person(boss, principal), task.id, Decision("approve"))
    assert (await ended(principal, task.run_id)).status == "succeeded"


@pytest.mark.parametrize(
    ("rules", "outcome", "status"),
    [
        ({}, "timeout", "succeeded"),
        ({"on_expiry": "default", "default_decision": "reject"}, "reject", "succeeded"),
        ({"on_expiry": "fail"}, "expired", "failed"),
    ],
)
async def test_what_happens_when_nobody_decides(
    principal: Principal, rules: dict[str, Any], outcome: str, status: str
) -> None:
    run = await ended(principal, await started(principal, approval(expire_s=0.2, **rules)))
    [task] = (await tasks.list_tasks(principal, queue="done")).items
    assert (task.outcome, run.status) == (outcome, status)


async def test_working_hours_are_those_of_the_workspace(
    principal: Principal, installation: Installation
) -> None:
    await reviewer(installation, principal, "Bob")
    admin = administrating(principal.id, principal.workspace)
    change = workspaces.WorkspaceChange.model_validate(
        {"working_hours": {"days": ["sun"], "opens": "03:00", "closes": "04:00", "zone": "Asia/Kathmandu"}}
    )
    await workspaces.change_workspace(admin, principal.workspace, change)
    task = await asked(principal, approval(due_s="1 working day"))
    assert task.due_at is not None
    assert task.due_at.astimezone(UTC).strftime("%a %H:%M") == "Sat 22:15"
    assert task.due_at > datetime.now(UTC)
