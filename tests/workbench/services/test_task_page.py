"""What belongs to a task's page: its history, comments, files, precedents, snoozes, stand-ins, the trail."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from tests.workbench.accounts import Installation
from tests.workbench.services.test_tasks import REVIEWER, approval, asked, colleague, ended, started, task_of
from workbench.auth.principal import Principal
from workbench.auth.roles import Role
from workbench.db.ids import new_id, now
from workbench.db.tables import AuditRow
from workbench.errors import Conflict, Forbidden, Invalid, NotFound
from workbench.services import (
    absences,
    runs,
    task_comments,
    task_decisions,
    task_files,
    task_similar,
    task_snoozes,
    tasks,
)
from workbench.services.absences import AbsenceChange
from workbench.services.resources import Resources
from workbench.services.task_decisions import Decision

pytestmark = pytest.mark.usefixtures("worker")


async def entries(resources: Resources, task_id: str) -> list[tuple[str, str]]:
    """Return what the audit log says of a task: who did what."""
    async with resources.transaction() as session:
        query = select(AuditRow).where(col(AuditRow.target) == f"task:{task_id}").order_by(col(AuditRow.seq))
        return [
            (row.actor_name, f"{row.action} {row.outcome}")
            for row in (await session.execute(query)).scalars()
        ]


async def happened(principal: Principal, task_id: str) -> list[str]:
    return [one.what for one in (await tasks.get_task(principal, task_id)).history]


async def named(installation: Installation, principal: Principal, name: str) -> Principal:
    """Return a stored reviewer of the principal's workspace."""
    id_ = await installation.person(name)
    await installation.give(principal.workspace, id_, Role.REVIEWER)
    return Principal(id=id_, name=name, workspace=principal.workspace, actions=REVIEWER)


@pytest.fixture
async def bob(installation: Installation, principal: Principal, team: None) -> Principal:
    await installation.workspace_called(principal.workspace)
    return await named(installation, principal, "Bob")


async def test_a_look_at_a_task_is_noted_once(principal: Principal, resources: Resources) -> None:
    task, bob = await asked(principal, approval()), colleague(principal)
    for _ in range(3):
        await tasks.get_task(bob, task.id)
    assert await entries(resources, task.id) == [("Bob", "task-seen done")]


async def test_decisions_and_what_kept_from_one_are_in_the_audit_log(
    principal: Principal, resources: Resources
) -> None:
    task, bob = await asked(principal, approval()), colleague(principal)
    await task_decisions.decide(principal, task.id, Decision("approve"))
    with pytest.raises(Conflict):
        await task_decisions.decide(bob, task.id, Decision("reject"))
    said = await entries(resources, task.id)
    assert said == [(principal.name, "task-decided done"), ("Bob", "task-decided refused")]
    await ended(principal, task.run_id)
    assert set(await happened(principal, task.id)) == {"opened", "decided", "refused", "settled"}


async def test_what_was_edited_stands_with_the_decision(principal: Principal, team: None) -> None:
    task = await asked(principal, approval(decisions=["approve", "edit"], quorum=2))
    await task_decisions.decide(principal, task.id, Decision("edit", value={"n": 4, "why": "less"}))
    [decision] = (await tasks.get_task(principal, task.id)).decisions
    changes = [(one.pointer, one.kind, one.before, one.after) for one in decision.changes]
    assert changes == [("/n", "changed", 5, 4), ("/why", "added", None, "less")]


async def test_claims_are_part_of_the_history(principal: Principal) -> None:
    task = await asked(principal, approval())
    await tasks.claim(principal, task.id)
    await tasks.release(principal, task.id)
    await tasks.release(principal, task.id)
    assert await happened(principal, task.id) == ["opened", "claimed", "released"]


async def test_a_comment_is_changed_and_taken_back_by_who_wrote_it(principal: Principal) -> None:
    task, bob = await asked(principal, approval()), colleague(principal)
    [said] = (await task_comments.comment(bob, task.id, text="Wy?")).comments
    with pytest.raises(Forbidden, match="Only who wrote"):
        await task_comments.edit(principal, task.id, said.id, text="Mine")
    [said] = (await task_comments.edit(bob, task.id, said.id, text="Why?")).comments
    assert (said.text, said.edited_at is not None) == ("Why?", True)
    with pytest.raises(Forbidden, match="Only who wrote"):
        await task_comments.delete(principal, task.id, said.id)
    assert (await task_comments.delete(bob, task.id, said.id)).comments == ()
    assert await happened(principal, task.id) == ["opened", "comment-edited", "comment-deleted"]
    with pytest.raises(NotFound):
        await task_comments.edit(bob, task.id, said.id, text="Again")


async def test_a_comment_names_people_of_the_workspace(principal: Principal, bob: Principal) -> None:
    task = await asked(principal, approval())
    said = await task_comments.comment(principal, task.id, text="@Bob, look", mentions=[bob.id, bob.id])
    assert said.comments[0].mentions == (bob.id,)
    with pytest.raises(Invalid, match="not somebody of this workspace"):
        await task_comments.comment(principal, task.id, text="@Eve", mentions=[new_id()])


async def test_a_file_goes_with_a_comment_and_comes_back(principal: Principal) -> None:
    task = await asked(principal, approval())
    file = await task_files.upload(principal, task.id, b"%PDF", name="bill.pdf", media_type="application/pdf")
    said = await task_comments.comment(principal, task.id, text="", files=[file])
    assert said.comments[0].files == (file,)
    digest = file["$artifact"].removeprefix("sha256:")
    assert await task_files.read(colleague(principal), task.id, digest) == (
        b"%PDF", "application/pdf", "bill.pdf",
    )  # fmt: skip


async def test_a_file_that_is_not_the_tasks_is_not_there(principal: Principal) -> None:
    task, other = await asked(principal, approval()), await asked(principal, approval())
    file = await task_files.upload(principal, other.id, b"hers", name="x", media_type="text/html")
    with pytest.raises(NotFound, match="no such file"):
        await task_files.read(principal, task.id, file["$artifact"].removeprefix("sha256:"))


@pytest.mark.parametrize("file", [{}, {"$artifact": 5}, {"$artifact": "sha256:00", "media_type": "a/b"}])
async def test_a_comment_carries_no_file_that_nobody_put(principal: Principal, file: dict[str, Any]) -> None:
    task = await asked(principal, approval())
    with pytest.raises(Invalid, match="only files that were put"):
        await task_comments.comment(principal, task.id, text="look", files=[file])


async def test_like_tasks_of_before_say_who_decided_what_and_why(principal: Principal) -> None:
    first = await asked(principal, approval())
    await task_decisions.decide(principal, first.id, Decision("reject", reason="too little"))
    run = await ended(principal, first.run_id)
    assert run.workflow_id
    for n in (95, 100):
        task = await task_of(principal, await again(principal, run.workflow_id, n))
        await task_decisions.decide(principal, task.id, Decision("approve"))
    now_asked = await task_of(principal, await again(principal, run.workflow_id, 100))
    found = await task_similar.similar(principal, now_asked.id)
    assert [(one.same, one.near) for one in found] == [(("n",), ()), ((), ("n",)), ((), ())]
    assert (found[-1].outcome, found[-1].by, found[-1].reason) == ("reject", principal.name, "too little")


async def again(principal: Principal, workflow_id: str, n: int) -> str:
    return (await runs.start_run(principal, workflow_id=workflow_id, inputs={"n": n})).id


async def test_a_snoozed_task_is_out_of_ones_own_queues_and_comes_back(principal: Principal) -> None:
    task, bob = await asked(principal, approval()), colleague(principal)

    async def standing(person: Principal, queue: Any) -> bool:
        return task.id in [one.id for one in (await tasks.list_tasks(person, queue=queue)).items]

    await task_snoozes.snooze(bob, task.id, until=now() + timedelta(hours=1))
    assert (await standing(bob, "groups"), await standing(bob, "snoozed")) == (False, True)
    assert await standing(principal, "groups")
    assert await task_snoozes.snoozed_until(bob, task.id) is not None
    await task_snoozes.wake(bob, task.id)
    assert (await standing(bob, "groups"), await standing(bob, "snoozed")) == (True, False)


@pytest.mark.parametrize("later", [timedelta(seconds=-1), timedelta(days=400)])
async def test_a_task_is_snoozed_until_a_time_to_come(principal: Principal, later: timedelta) -> None:
    task = await asked(principal, approval())
    with pytest.raises(Invalid, match="time to come"):
        await task_snoozes.snooze(principal, task.id, until=now() + later)


def away(stand_in: Principal, *, from_: timedelta = timedelta(hours=-1)) -> AbsenceChange:
    return AbsenceChange(
        begins_at=now() + from_, ends_at=now() + from_ + timedelta(hours=2), stand_in=stand_in.id
    )


async def test_who_stands_in_is_asked_too(
    principal: Principal, bob: Principal, installation: Installation
) -> None:
    cleo = await named(installation, principal, "Cleo")
    await absences.leave(bob, away(cleo))
    task = await asked(principal, approval(assignees=[f"{bob.id}@example.org"]))
    assert set(task.assignees) == {bob.id, cleo.id}
    history = (await tasks.get_task(cleo, task.id)).history
    assert [one.text for one in history if one.what == "stood-in"] == ["Cleo is asked too: Bob is away."]
    await task_decisions.decide(cleo, task.id, Decision("approve"))
    assert (await ended(principal, task.run_id)).status == "succeeded"


async def test_who_started_the_run_does_not_decide_as_a_stand_in(
    principal: Principal, bob: Principal, installation: Installation
) -> None:
    cleo = await named(installation, principal, "Cleo")
    await absences.leave(bob, away(cleo))
    run_id = await started(principal, approval(assignees=[f"{bob.id}@example.org"], apart=["starter"]))
    task = await task_of(principal, run_id)
    starter = Principal(id=principal.id, name="Ada", workspace=principal.workspace, actions=REVIEWER)
    with pytest.raises(Forbidden):
        await task_decisions.decide(starter, task.id, Decision("approve"))


async def test_nobody_stands_in_before_or_after(
    principal: Principal, bob: Principal, installation: Installation
) -> None:
    cleo = await named(installation, principal, "Cleo")
    await absences.leave(bob, away(cleo, from_=timedelta(hours=5)))
    task = await asked(principal, approval(assignees=[f"{bob.id}@example.org"]))
    assert task.assignees == (bob.id,)
    await absences.come_back(bob)
    assert await absences.mine(bob) is None


async def test_a_task_that_is_handed_on_goes_to_the_stand_in_too(
    principal: Principal, bob: Principal, installation: Installation
) -> None:
    cleo, dan = [await named(installation, principal, name) for name in ("Cleo", "Dan")]
    await absences.leave(cleo, away(dan))
    task = await asked(principal, approval(assignees=[f"{bob.id}@example.org"]))
    handed = await task_decisions.delegate(bob, task.id, to=cleo.id)
    assert set(handed.assignees) == {cleo.id, dan.id}
    assert "stood-in" in [one.what for one in handed.history]


async def test_a_stand_in_is_somebody_else_of_the_workspace(principal: Principal, bob: Principal) -> None:
    with pytest.raises(Invalid, match="Nobody stands in for themselves"):
        await absences.leave(bob, away(bob))
    with pytest.raises(Invalid, match="somebody of this workspace"):
        await absences.leave(bob, away(colleague(principal, "Eve")))
