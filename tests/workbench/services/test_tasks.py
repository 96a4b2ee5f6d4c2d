"""The inbox: steps that ask people, run by a worker, decided through the services."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from engine.graph import Document
from tests.engine import documents as d
from tests.people import somebody
from tests.workbench.accounts import Installation
from workbench.auth.principal import Principal
from workbench.auth.roles import Action, Role, allowed
from workbench.db import workspaces
from workbench.db.ids import new_id, now
from workbench.db.tables import TaskDecisionRow
from workbench.errors import Conflict, Forbidden, Invalid, NotFound
from workbench.services import runs, task_comments, task_decisions, task_telling, tasks, workflows
from workbench.services.resources import Resources, get_resources
from workbench.services.shapes import RunDetail
from workbench.services.task_decisions import Decision
from workbench.services.task_shapes import TaskSummary

pytestmark = pytest.mark.usefixtures("worker")
REVIEWER = allowed(frozenset({Role.REVIEWER}))


def approval(type: str = "approval", **config: Any) -> Document:
    settings = {"title": "Pay {{ inputs.n }}?", **config}
    if type != "form":
        settings |= {"data": {"n": "{{ inputs.n }}"}}
    return d.document(
        d.start(),
        d.node("ask", type, settings),
        d.output("said", "{{ nodes.ask.output }}"),
        edges=("start > ask",),
    )


def colleague(principal: Principal, name: str = "Bob", **more: Any) -> Principal:
    return somebody(name, workspace=principal.workspace, actions=REVIEWER, **more)


async def reviewer(installation: Installation, principal: Principal, name: str) -> str:
    """Make somebody who may decide in the principal's workspace; return their id."""
    person = await installation.person(name)
    if not await get_resources().read(lambda session: workspaces.get(session, principal.workspace)):
        await installation.workspace_called(principal.workspace)
    await installation.give(principal.workspace, person, Role.REVIEWER)
    return person


def as_person(id_: str, principal: Principal, *groups: str) -> Principal:
    return Principal(
        id=id_, name="Bob", workspace=principal.workspace, actions=REVIEWER, groups=frozenset(groups)
    )


async def started(principal: Principal, document: Document, n: int = 5) -> str:
    workflow = await workflows.create_workflow(principal, document=document)
    return (await runs.start_run(principal, workflow_id=workflow.id, inputs={"n": n})).id


async def task_of(principal: Principal, run_id: str) -> TaskSummary:
    """Wait until a run asks; return the task."""
    async with asyncio.timeout(60):
        while True:
            for task in (await tasks.list_tasks(principal)).items:
                if task.run_id == run_id:
                    return task
            await asyncio.sleep(0.05)


async def asked(principal: Principal, document: Document) -> TaskSummary:
    return await task_of(principal, await started(principal, document))


async def ended(principal: Principal, run_id: str) -> RunDetail:
    async with asyncio.timeout(60):
        while (run := await runs.get_run(principal, run_id)).status in ("queued", "running", "waiting"):
            await asyncio.sleep(0.05)
    return run


async def test_a_run_goes_on_as_it_was_decided(principal: Principal) -> None:
    task = await asked(principal, approval())
    assert (task.title, task.kind, task.status) == ("Pay 5?", "approval", "open")
    await task_decisions.decide(principal, task.id, Decision("approve", reason="fine"))
    run = await ended(principal, task.run_id)
    assert run.outputs is not None
    assert (run.outputs["said"]["decision"], run.outputs["said"]["data"]) == ("approve", {"n": 5})
    done = await tasks.get_task(principal, task.id)
    assert (done.status, done.outcome) == ("done", "approve")
    assert [one.status for one in done.decisions] == ["counted"]
    assert [one.id for one in (await tasks.list_tasks(principal, queue="done")).items] == [task.id]


async def test_a_decision_sent_again_counts_once_and_another_is_told_who_was_first(
    principal: Principal,
) -> None:
    task = await asked(principal, approval())
    again = Decision("approve", id=new_id())
    for _ in range(2):
        await task_decisions.decide(principal, task.id, again)
    with pytest.raises(Conflict, match=f"{principal.name} decided approve at"):
        await task_decisions.decide(colleague(principal), task.id, Decision("reject"))
    assert len((await tasks.get_task(principal, task.id)).decisions) == 1


async def test_two_people_decide_at_once_and_one_wins(principal: Principal) -> None:
    task = await asked(principal, approval())
    both = [
        task_decisions.decide(principal, task.id, Decision("approve")),
        task_decisions.decide(colleague(principal), task.id, Decision("reject")),
    ]
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]


async def test_edited_data_is_shown_and_an_older_revision_refused(principal: Principal, team: None) -> None:
    both = ["approve", "reject", "edit"]
    task = await asked(principal, approval(decisions=both, quorum=2))
    edited = await task_decisions.decide(principal, task.id, Decision("edit", value={"n": 4}))
    assert (edited.data, edited.revision, edited.status) == ({"n": 4}, 2, "open")
    bob = colleague(principal)
    with pytest.raises(Conflict, match="edited meanwhile"):
        await task_decisions.decide(bob, task.id, Decision("approve"))
    await task_decisions.decide(bob, task.id, Decision("approve", revision=2))
    run = await ended(principal, task.run_id)
    assert run.outputs is not None
    assert run.outputs["said"]["data"] == {"n": 4}


async def test_a_quorum_is_of_different_people(principal: Principal, team: None) -> None:
    task = await asked(principal, approval(quorum=2))
    await task_decisions.decide(principal, task.id, Decision("approve"))
    with pytest.raises(Conflict, match="decided this task already"):
        await task_decisions.decide(principal, task.id, Decision("approve"))
    assert [one.id for one in (await tasks.list_tasks(principal, queue="others")).items] == [task.id]
    await task_decisions.decide(colleague(principal), task.id, Decision("approve"))
    assert (await ended(principal, task.run_id)).status == "succeeded"


async def test_who_is_on_their_own_decides_alone(principal: Principal) -> None:
    task = await asked(principal, approval(quorum=2, apart=["starter"], assignees=["ada@example.org"]))
    await task_decisions.decide(principal, task.id, Decision("approve"))
    assert (await ended(principal, task.run_id)).status == "succeeded"


async def test_who_started_the_run_does_not_decide(principal: Principal, team: None) -> None:
    task = await asked(principal, approval(apart=["starter"]))
    with pytest.raises(Forbidden, match="You started this run"):
        await task_decisions.decide(principal, task.id, Decision("approve"))
    await task_decisions.decide(colleague(principal), task.id, Decision("approve"))


async def test_those_who_are_named_decide_and_delegate(
    principal: Principal, team: None, installation: Installation
) -> None:
    bob, cleo = [await reviewer(installation, principal, name) for name in ("Bob", "Cleo")]
    group = await installation.group(None, cleo)
    task = await asked(principal, approval(assignees=[f"{bob}@example.org"]))
    named = Principal(id=bob, name="Bob", workspace=principal.workspace, actions=REVIEWER)
    member = Principal(
        id=cleo, name="Cleo", workspace=principal.workspace, actions=REVIEWER, groups=frozenset({group})
    )
    with pytest.raises(Forbidden, match="not among those"):
        await task_decisions.decide(member, task.id, Decision("approve"))
    assert [one.id for one in (await tasks.list_tasks(named, queue="mine")).items] == [task.id]
    await task_decisions.delegate(named, task.id, to=group)
    assert [one.id for one in (await tasks.list_tasks(member, queue="groups")).items] == [task.id]
    with pytest.raises(Forbidden, match="not among those"):
        await task_decisions.decide(named, task.id, Decision("approve"))
    await task_decisions.decide(member, task.id, Decision("approve"))
    assert (await ended(principal, task.run_id)).status == "succeeded"


async def test_nobody_known_fails_the_step_and_says_who(principal: Principal, team: None) -> None:
    run = await ended(principal, await started(principal, approval(assignees=["no@example.org"])))
    assert run.error is not None
    assert (run.error.kind, "no@example.org" in run.error.message) == ("assignee-unknown", True)


async def test_a_claimed_task_is_its_claimers(principal: Principal) -> None:
    task, bob = await asked(principal, approval()), colleague(principal)
    assert (await tasks.claim(bob, task.id)).claimed_by == bob.id
    with pytest.raises(Conflict, match="Bob has claimed"):
        await task_decisions.decide(principal, task.id, Decision("approve"))
    with pytest.raises(Conflict, match="Bob has claimed"):
        await tasks.release(colleague(principal, "Cleo"), task.id)
    await tasks.release(bob, task.id)
    await task_decisions.decide(principal, task.id, Decision("approve"))


async def test_a_form_refuses_what_does_not_fit(principal: Principal) -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
    task = await asked(principal, approval("form", data_schema=schema, defaults={"age": "{{ inputs.n }}"}))
    assert (await tasks.get_task(principal, task.id)).data == {"age": 5}
    with pytest.raises(Invalid, match="age: This must be a whole number"):
        await task_decisions.decide(principal, task.id, Decision("submit", value={"age": "old"}))
    await task_decisions.decide(principal, task.id, Decision("submit", value={"age": 7}))
    assert (await ended(principal, task.run_id)).outputs == {"said": {"age": 7}}


async def test_a_task_is_over_when_its_run_is_cancelled(principal: Principal) -> None:
    task = await asked(principal, approval())
    await runs.cancel_run(principal, task.run_id)
    await ended(principal, task.run_id)
    assert (await tasks.get_task(principal, task.id)).status == "cancelled"
    with pytest.raises(Conflict, match="cancelled"):
        await task_decisions.decide(principal, task.id, Decision("approve"))


async def test_a_task_that_expired_is_refused_and_done(principal: Principal) -> None:
    run_id = await started(principal, approval(expire_s=0.3))
    await ended(principal, run_id)
    [task] = (await tasks.list_tasks(principal, queue="done")).items
    assert task.outcome == "timeout"
    with pytest.raises(Conflict, match="Nobody decided the task in time"):
        await task_decisions.decide(principal, task.id, Decision("approve"))


async def test_a_decision_that_was_stored_and_not_told_is_told_later(
    principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await asked(principal, approval())

    async def dies(*_: Any) -> None:
        """End between the commit and the telling."""

    with monkeypatch.context() as patch:
        patch.setattr(task_telling, "tell_one", dies)
        pending = await task_decisions.decide(principal, task.id, Decision("approve"))
    assert (pending.status, pending.decisions[0].status) == ("decided", "pending")
    async with get_resources().transaction() as session:
        row = await session.get(TaskDecisionRow, pending.decisions[0].id)
        assert row is not None
        row.tell_at = now() - timedelta(seconds=1)
    await task_telling.tell()
    assert (await ended(principal, task.run_id)).status == "succeeded"


async def test_like_tasks_are_decided_together_each_with_its_own_result(principal: Principal) -> None:
    first, second = [await asked(principal, approval()) for _ in range(2)]
    await task_decisions.decide(principal, first.id, Decision("reject"))
    ids = [first.id, second.id, new_id()]
    results = await task_decisions.decide_many(principal, ids, Decision("approve"))
    assert [result.error is None for result in results] == [False, True, False]
    assert (await ended(principal, second.run_id)).status == "succeeded"


async def test_what_is_said_stands_with_the_task(principal: Principal) -> None:
    task = await asked(principal, approval())
    said = await task_comments.comment(colleague(principal), task.id, text="**Why?**")
    assert [(one.name, one.text) for one in said.comments] == [("Bob", "**Why?**")]


async def refused(call: Awaitable[Any]) -> None:
    with pytest.raises(NotFound):
        await call


async def test_another_workspace_sees_no_task(principal: Principal) -> None:
    task, stranger = await asked(principal, approval()), somebody("Eve")
    assert (await tasks.list_tasks(stranger)).items == ()
    await refused(tasks.get_task(stranger, task.id))
    await refused(tasks.claim(stranger, task.id))
    await refused(task_decisions.decide(stranger, task.id, Decision("approve")))
    await refused(task_comments.comment(stranger, task.id, text="hi"))


async def test_a_viewer_reads_and_does_not_decide(principal: Principal) -> None:
    task = await asked(principal, approval())
    viewer = somebody(workspace=principal.workspace, actions=frozenset({Action.TASKS_READ}))
    assert (await tasks.get_task(viewer, task.id)).id == task.id
    with pytest.raises(Forbidden):
        await task_decisions.decide(viewer, task.id, Decision("approve"))


async def test_pages_of_the_queue_follow_each_other(principal: Principal, resources: Resources) -> None:
    found = {(await asked(principal, approval())).id for _ in range(3)}
    page = await tasks.list_tasks(principal, limit=2)
    rest = await tasks.list_tasks(principal, limit=2, cursor=page.next_cursor)
    assert {task.id for task in (*page.items, *rest.items)} == found
    assert rest.next_cursor is None
