"""A step that failed and waits is a task of the inbox, decided there or at its run, once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from engine.contracts import Budget
from engine.graph import Document
from tests.engine import documents as d
from tests.engine.web import as_json, web_server
from tests.people import somebody
from tests.workbench.accounts import Installation
from tests.workbench.services.test_decisions import REFUSED, asking, paused, reached
from tests.workbench.services.test_tasks import reviewer
from workbench.auth.principal import Principal
from workbench.auth.roles import Role, allowed
from workbench.db.ids import now
from workbench.db.tables import NoticeRow, TaskDecisionRow
from workbench.errors import Conflict, Forbidden, Invalid
from workbench.services import decisions, runs, task_comments, task_decisions, task_telling, tasks, workflows
from workbench.services.decisions import Asked
from workbench.services.resources import get_resources
from workbench.services.run_options import RunOptions
from workbench.services.task_decisions import Decision
from workbench.services.task_shapes import TaskDetail

pytestmark = pytest.mark.usefixtures("worker")
REVIEWER = allowed(frozenset({Role.REVIEWER}))


async def task_of(principal: Principal, run_id: str, *, status: str = "open") -> TaskDetail:
    """Return the latest task of a run, as soon as it is like that."""
    async with asyncio.timeout(60):
        while True:
            for queue in ("open", "done"):
                for task in (await tasks.list_tasks(principal, queue=queue)).items:  # type: ignore[arg-type]
                    if (task.run_id, task.status) == (run_id, status):
                        return await tasks.get_task(principal, task.id)
            await asyncio.sleep(0.05)


async def test_it_shows_the_error_the_input_as_it_was_and_the_attempts(principal: Principal) -> None:
    document = asking()
    document.nodes[1].config["url"] = "http://127.0.0.1:9/{{ inputs.path }}"
    workflow = await workflows.create_workflow(principal, document=document)
    run = await runs.start_run(principal, workflow_id=workflow.id, inputs={"path": "a"})
    task = await task_of(principal, run.id)
    assert (task.kind, task.node_id) == ("pause", "fetch")
    assert task.choices == ("retry", "output", "skip", "abort")
    assert task.pause is not None
    assert (task.pause.failure.kind, task.pause.attempts) == ("http.connection", 1)
    assert task.title.startswith("fetch failed: ")
    assert task.data["url"] == "http://127.0.0.1:9/a"
    assert task.pause.settings["url"] == "http://127.0.0.1:9/{{ inputs.path }}"


async def test_a_retry_with_other_settings_goes_on_and_closes_the_task(principal: Principal) -> None:
    async with web_server() as web:
        web.replies["/"] = as_json({"n": 4})
        run_id = await paused(principal)
        task = await task_of(principal, run_id)
        asked = Decision("retry", value={"url": f"{web.url}/"}, reason="it moved")
        await task_decisions.decide(principal, task.id, asked)
        run = await reached(principal, run_id, "succeeded", "failed")
    assert run.outputs == {"n": 4}
    done = await tasks.get_task(principal, task.id)
    assert (done.status, done.outcome, done.decisions[0].status) == ("done", "retry", "counted")


async def test_a_retry_that_fails_again_is_another_task_which_knows_the_settings(
    principal: Principal,
) -> None:
    run_id = await paused(principal)
    first = await task_of(principal, run_id)
    await task_decisions.decide(principal, first.id, Decision("retry", value={"url": REFUSED + "b"}))
    async with asyncio.timeout(60):
        while (second := await task_of(principal, run_id)).id == first.id:
            await asyncio.sleep(0.05)
    assert second.pause is not None
    assert (second.pause.attempts, second.pause.settings["url"]) == (2, REFUSED + "b")
    with pytest.raises(Conflict, match=f"{principal.name} decided retry at"):
        await task_decisions.decide(principal, first.id, Decision("skip"))
    await task_decisions.decide(principal, second.id, Decision("abort"))
    assert (await reached(principal, run_id, "succeeded", "failed")).status == "failed"


async def test_a_decision_at_the_run_closes_the_task(principal: Principal) -> None:
    run_id = await paused(principal)
    task = await task_of(principal, run_id)
    await decisions.decide(principal, run_id, "fetch", Asked("output", 1, output={"n": 3}))
    await reached(principal, run_id, "succeeded", "failed")
    done = await tasks.get_task(principal, task.id)
    assert (done.status, done.outcome, done.decisions[0].by) == ("done", "output", principal.id)


async def test_a_decision_about_the_task_is_one_at_the_run(principal: Principal) -> None:
    run_id = await paused(principal)
    task = await task_of(principal, run_id)
    await task_decisions.decide(principal, task.id, Decision("output", value={"n": 3}))
    run = await reached(principal, run_id, "succeeded", "failed")
    assert run.outputs == {"n": 3}
    with pytest.raises(Conflict, match=f"{principal.id} decided output"):
        await decisions.decide(principal, run_id, "fetch", Asked("skip", 1))


async def test_it_is_claimed_handed_on_and_talked_about_like_any_other(principal: Principal) -> None:
    run_id = await paused(principal)
    task = await task_of(principal, run_id)
    bob = somebody("Bob", workspace=principal.workspace, actions=REVIEWER)
    await tasks.claim(bob, task.id)
    await task_comments.comment(bob, task.id, text="I know that server.")
    with pytest.raises(Conflict, match="Bob has claimed"):
        await decisions.decide(principal, run_id, "fetch", Asked("skip", 1))
    await task_decisions.decide(bob, task.id, Decision("skip"))
    run = await reached(principal, run_id, "succeeded", "failed")
    assert [node.status for node in run.nodes if node.node_id == "fetch"] == ["skipped"]


@pytest.mark.parametrize(
    "asked",
    [
        Decision("retry", value={"colour": "red"}),
        Decision("retry", value=7),
        Decision("output", port="nowhere"),
        Decision("approve"),
        Decision("raise"),
    ],
    ids=["settings", "no object", "port", "another kind", "a budget's"],
)
async def test_what_does_not_fit_is_refused_and_changes_nothing(
    principal: Principal, asked: Decision
) -> None:
    run_id = await paused(principal)
    task = await task_of(principal, run_id)
    with pytest.raises(Invalid):
        await task_decisions.decide(principal, task.id, asked)
    after = await tasks.get_task(principal, task.id)
    assert after.model_copy(update={"history": task.history}) == task
    assert after.history[-1].what == "refused"


async def test_it_ends_with_its_run(principal: Principal) -> None:
    run_id = await paused(principal)
    task = await task_of(principal, run_id)
    await runs.cancel_run(principal, run_id)
    await reached(principal, run_id, "cancelled")
    with pytest.raises(Conflict, match="cancelled"):
        await task_decisions.decide(principal, task.id, Decision("retry"))


async def test_of_many_decisions_at_once_at_both_places_one_is_taken(principal: Principal) -> None:
    run_id = await paused(principal)
    task = await task_of(principal, run_id)
    asked = [
        *(task_decisions.decide(principal, task.id, Decision("output", value={"n": n})) for n in range(3)),
        *(decisions.decide(principal, run_id, "fetch", Asked("output", 1, output={"n": n})) for n in (3, 4)),
    ]
    answers: list[Any] = await asyncio.gather(*asked, return_exceptions=True)
    taken = [n for n, answer in enumerate(answers) if not isinstance(answer, Exception)]
    assert (await reached(principal, run_id, "succeeded", "failed")).outputs == {"n": taken[0]}
    assert len(taken) == 1


async def told_late(decision_id: str) -> None:
    async with get_resources().transaction() as session:
        row = await session.get(TaskDecisionRow, decision_id)
        assert row is not None
        row.tell_at = now() - timedelta(seconds=1)
    await task_telling.tell()


async def test_a_decision_that_was_stored_and_not_told_is_told_later(
    principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await paused(principal)
    task = await task_of(principal, run_id)

    async def dies(*_: Any) -> None:
        """End between the commit and the telling."""

    with monkeypatch.context() as patch:
        patch.setattr(task_telling, "tell_one", dies)
        pending = await task_decisions.decide(principal, task.id, Decision("output", value={"n": 3}))
    assert (pending.status, pending.decisions[0].status) == ("decided", "pending")
    await told_late(pending.decisions[0].id)
    assert (await reached(principal, run_id, "succeeded", "failed")).outputs == {"n": 3}
    assert (await tasks.get_task(principal, task.id)).status == "done"


async def test_a_decision_that_was_taken_unseen_is_told_again_and_counts_once(
    principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await paused(principal)
    task = await task_of(principal, run_id)

    async def dies(*_: Any) -> None:
        """End between the run's answer and keeping it."""

    with monkeypatch.context() as patch:
        patch.setattr(task_telling, "_keep", dies)
        pending = await task_decisions.decide(principal, task.id, Decision("retry"))
    await told_late(pending.decisions[0].id)
    async with asyncio.timeout(60):
        while (second := await task_of(principal, run_id)).id == task.id:
            await asyncio.sleep(0.05)
    done = await tasks.get_task(principal, task.id)
    assert (done.status, done.outcome, done.decisions[0].status) == ("done", "retry", "counted")
    assert second.pause is not None
    assert second.pause.attempts == 2


async def test_in_the_passes_of_a_map_each_is_a_task_of_its_own(principal: Principal) -> None:
    document = d.document(
        d.each("all", "{{ [0, 1, 2] }}", result="{{ nodes.fetch.output }}"),
        *d.inside("all", d.http("fetch", REFUSED, policy={"on_error": "pause"})),
        d.output("found", "{{ nodes.all.output.results }}"),
    )
    run_id = await paused(principal, document)
    async with asyncio.timeout(60):
        while len(found := (await tasks.list_tasks(principal)).items) < 3:
            await asyncio.sleep(0.05)
    assert {task.scope for task in found} == {"all/0", "all/1", "all/2"}
    for task in found:
        await task_decisions.decide(principal, task.id, Decision("output", value=task.scope))
    run = await reached(principal, run_id, "succeeded", "failed")
    assert run.outputs == {"found": ["all/0", "all/1", "all/2"]}


def limited() -> Document:
    steps = [d.http(f"s{n}", "{{ inputs.url }}") for n in range(3)]
    edges = ("start > s0", "s0 > s1", "s1 > s2")
    return d.document(d.start(), *steps, edges=edges)


async def test_a_used_up_budget_is_a_task_and_raising_it_lets_the_run_go_on(principal: Principal) -> None:
    async with web_server() as web:
        web.replies["/"] = as_json({})
        workflow = await workflows.create_workflow(principal, document=limited())
        options = RunOptions(budget=Budget(steps=2, on_reached="pause"))
        run = await runs.start_run(
            principal, workflow_id=workflow.id, inputs={"url": f"{web.url}/"}, options=options
        )
        task = await task_of(principal, run.id)
        assert (task.kind, task.choices) == ("budget", ("raise", "abort"))
        bob = somebody("Bob", workspace=principal.workspace, actions=REVIEWER)
        with pytest.raises(Forbidden):
            await task_decisions.decide(bob, task.id, Decision("raise"))
        await task_decisions.decide(
            principal, task.id, Decision("raise", value={"steps": 3, "on_reached": "pause"})
        )
        again = task
        async with asyncio.timeout(60):
            while (again := await task_of(principal, run.id)).id == task.id:
                await asyncio.sleep(0.05)
        await task_decisions.decide(principal, again.id, Decision("raise"))
        assert (await reached(principal, run.id, "succeeded", "failed")).status == "succeeded"
    assert (await tasks.get_task(principal, task.id)).outcome == "raise"


async def test_a_budget_raised_at_the_run_closes_its_task(principal: Principal) -> None:
    async with web_server() as web:
        web.replies["/"] = as_json({})
        workflow = await workflows.create_workflow(principal, document=limited())
        options = RunOptions(budget=Budget(steps=2, on_reached="pause"))
        run = await runs.start_run(
            principal, workflow_id=workflow.id, inputs={"url": f"{web.url}/"}, options=options
        )
        task = await task_of(principal, run.id)
        await runs.raise_budget(principal, run.id, Budget(steps=9))
        assert (await reached(principal, run.id, "succeeded", "failed")).status == "succeeded"
    done = await tasks.get_task(principal, task.id)
    assert (done.status, done.outcome) == ("done", "raise")


async def test_aborting_at_a_used_up_budget_cancels_the_run(principal: Principal) -> None:
    workflow = await workflows.create_workflow(principal, document=limited())
    options = RunOptions(budget=Budget(steps=1, on_reached="pause"))
    run = await runs.start_run(principal, workflow_id=workflow.id, inputs={"url": REFUSED}, options=options)
    task = await task_of(principal, run.id)
    await task_decisions.decide(principal, task.id, Decision("abort"))
    assert (await reached(principal, run.id, "cancelled", "succeeded")).status == "cancelled"
    assert (await tasks.get_task(principal, task.id)).outcome == "abort"


async def told(person: str) -> list[str]:
    """Return what somebody is told, by its keys."""
    query = select(col(NoticeRow.key)).where(col(NoticeRow.subject_id) == person)
    return list(await get_resources().read(lambda session: session.scalars(query)))


async def test_whom_the_policy_names_decides_by_when_it_says(
    principal: Principal, team: None, installation: Installation
) -> None:
    bob = await reviewer(installation, principal, "Bob")
    rules = {"people": [f"{bob}@example.org"], "priority": 1, "due_s": 3600}
    document = d.document(
        d.http("fetch", REFUSED, policy={"on_error": "pause", "pause": rules}),
        d.output("n", "{{ nodes.fetch.output.n }}"),
    )
    run_id = await paused(principal, document)
    task = await task_of(principal, run_id)
    assert (task.assignees, task.priority) == ((bob,), 1)
    assert task.due_at == task.opened_at + timedelta(hours=1)
    assert await told(bob) == [f"asked:{task.id}"]
    with pytest.raises(Forbidden, match="not among those"):
        await task_decisions.decide(principal, task.id, Decision("skip"))
    with pytest.raises(Forbidden, match="not among those"):
        await decisions.decide(principal, run_id, "fetch", Asked("skip", 1))
    named = Principal(id=bob, name="Bob", workspace=principal.workspace, actions=REVIEWER)
    await task_decisions.decide(named, task.id, Decision("output", value={"n": 1}))
    assert (await reached(principal, run_id, "succeeded", "failed")).outputs == {"n": 1}
