"""Another workflow's end as a trigger: exactly once for each ended run, whatever dies; chains are bounded."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from engine.contracts import RecordBatch, RunRecord
from engine.graph import Document
from tests.people import somebody
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.db import follows
from workbench.db.ids import now
from workbench.errors import Invalid
from workbench.services import checks, runs, workflows
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources
from workbench.services.shapes import RunDetail, RunSummary
from workbench.services.triggers import firing, following, states

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
async def ends(resources: Resources) -> AsyncIterator[None]:
    """The ends of runs are followed, as the worker does."""
    task = asyncio.create_task(following.run_forever())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def document(follows: str | None = None, *, fails: bool = False, **config: Any) -> Document:
    """Return a document that gives its input back; it may follow another workflow, and it may fail."""
    inputs = {"said": "{{ trigger.outputs.said if trigger.outputs else trigger.error.message }} again"}
    trigger = {"id": "after", "type": "workflow_end", "inputs": inputs}
    nodes: list[dict[str, Any]] = [{"id": "start", "type": "input"}]
    if fails:
        nodes.append({"id": "stop", "type": "fail", "config": {"message": "no luck"}})
    return Document.model_validate(
        {
            "name": "Follower" if follows else "Source",
            "inputs": {"type": "object", "properties": {"said": {"type": "string", "default": "hello"}}},
            "outputs": {"said": "{{ inputs.said }}"},
            "nodes": nodes,
            "edges": [{"source": "start", "target": "stop"}] if fails else [],
            "triggers": [{**trigger, "config": {"workflow": follows, **config}}] if follows else [],
        }
    )


async def published(principal: Principal, what: Document) -> str:
    workflow = await workflows.create_workflow(principal, document=what)
    await workflows.publish(principal, workflow.id)
    return workflow.id


async def redrafted(principal: Principal, workflow_id: str, what: Document) -> None:
    draft = await workflows.get_workflow(principal, workflow_id)
    await workflows.replace_draft(principal, workflow_id, document=what, revision=draft.revision)


async def ended(principal: Principal, run_id: str) -> RunDetail:
    async with asyncio.timeout(60):
        while not await runs.has_ended(principal, run_id):
            await asyncio.sleep(0.05)
    return await runs.get_run(principal, run_id)


async def followers(principal: Principal, workflow_id: str, *, count: int = 1) -> tuple[RunSummary, ...]:
    async with asyncio.timeout(60):
        while True:
            found = (await runs.list_runs(principal, workflow_id=workflow_id)).items
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)


async def unfollow(resources: Resources, run_id: str) -> None:
    """Put the database back to before the end was followed, as a kill right before that leaves it."""
    async with resources.transaction() as session:
        await session.execute(text("UPDATE runs SET followed_at = NULL WHERE id = :id"), {"id": run_id})


async def quiet(resources: Resources) -> None:
    """Wait until every end is followed."""
    async with asyncio.timeout(30):
        while await following.once():
            pass


@pytest.mark.usefixtures("ends")
async def test_a_run_starts_when_another_one_succeeds(principal: Principal) -> None:
    source = await published(principal, document())
    follower = await published(principal, document(source))
    first = await runs.start_run(principal, workflow_id=source, inputs={"said": "hi"})
    [run] = await followers(principal, follower)
    assert (run.trigger.type, run.trigger.id, run.trigger.run_id) == ("workflow_end", "after", first.id)
    assert (await ended(principal, run.id)).outputs == {"said": "hi again"}


async def test_an_end_starts_one_run_although_whoever_followed_it_was_killed(
    resources: Resources, principal: Principal
) -> None:
    source = await published(principal, document())
    follower = await published(principal, document(source))
    first = await runs.start_run(principal, workflow_id=source, inputs={})
    await ended(principal, first.id)
    for _ in range(3):
        await quiet(resources)
        await unfollow(resources, first.id)
    await asyncio.gather(*(following.once() for _ in range(4)))
    assert len((await runs.list_runs(principal, workflow_id=follower)).items) == 1


async def test_only_the_ends_that_count_start_a_run(resources: Resources, principal: Principal) -> None:
    source = await published(principal, document(fails=True))
    on_success = await published(principal, document(source))
    on_failure = await published(principal, document(source, statuses=["failed", "cancelled"]))
    first = await runs.start_run(principal, workflow_id=source, inputs={})
    await ended(principal, first.id)
    await quiet(resources)
    assert (await runs.list_runs(principal, workflow_id=on_success)).items == ()
    [run] = await followers(principal, on_failure)
    assert "no luck" in (await runs.get_run(principal, run.id)).inputs["said"]


async def test_a_tried_draft_and_an_end_of_before_start_nothing(
    resources: Resources, principal: Principal
) -> None:
    source = await published(principal, document())
    before = await runs.start_run(principal, workflow_id=source, inputs={})
    await ended(principal, before.id)
    follower = await published(principal, document(source))
    await redrafted(principal, source, document().model_copy(update={"description": "A draft"}))
    draft = await runs.start_run(principal, workflow_id=source, inputs={}, version="draft")
    await ended(principal, draft.id)
    await unfollow(resources, before.id)
    await quiet(resources)
    assert (await runs.list_runs(principal, workflow_id=follower)).items == ()


async def test_a_run_that_cannot_start_is_the_triggers_problem_and_holds_nothing_up(
    resources: Resources, principal: Principal
) -> None:
    source = await published(principal, document())
    broken = document(source)
    broken.triggers[0].inputs["said"] = "{{ trigger.outputs.nothing }}"
    follower = await published(principal, broken)
    first = await runs.start_run(principal, workflow_id=source, inputs={})
    await ended(principal, first.id)
    await quiet(resources)
    problem = (await states.get_trigger(principal, follower, "after")).problem
    assert problem
    assert "nothing" in problem.message


async def test_what_is_not_there_cannot_be_followed(principal: Principal) -> None:
    with pytest.raises(Invalid) as refused:
        await published(principal, document("0190b6a0-0000-7000-8000-000000000000"))
    assert [problem.code for problem in refused.value.problems] == ["trigger-unknown-workflow"]


async def test_somebody_elses_workflow_cannot_be_followed(principal: Principal) -> None:
    theirs = await published(somebody("Eve"), document())
    with pytest.raises(Invalid):
        await published(principal, document(theirs))


async def test_checking_a_draft_says_what_it_cannot_follow(principal: Principal) -> None:
    theirs = await published(somebody("Eve"), document())
    mine = await workflows.create_workflow(principal, document=document(theirs))
    sent = await checks.examine(principal, document(theirs).model_dump(mode="json"))
    for found in (mine.problems, await workflows.check_draft(principal, mine.id), sent):
        assert [(one.code, one.field) for one in found] == [
            ("trigger-unknown-workflow", "triggers.0.config.workflow")
        ]


async def test_a_circle_is_refused_when_it_is_published(principal: Principal) -> None:
    first = await published(principal, document())
    second = await published(principal, document(first))
    third = await published(principal, document(second))
    for source in (first, third):
        await redrafted(principal, first, document(source))
        with pytest.raises(Invalid) as refused:
            await workflows.publish(principal, first)
        assert [problem.code for problem in refused.value.problems] == ["trigger-circle"]


async def test_a_chain_that_is_too_long_ends_with_a_named_problem(
    resources: Resources, principal: Principal, make_run: MakeRun
) -> None:
    source = await published(principal, document())
    follower = await published(principal, document(source))
    before: str | None = None
    for _ in range(following.LONGEST_CHAIN):
        row = await make_run(trigger_run_id=before, workflow_id=source, version_number=1)
        before = row.id
    async with resources.transaction() as session:
        assert await follows.chain(session, row.id, most=99) == following.LONGEST_CHAIN
    end = RunRecord(status="succeeded", at=now(), outputs={"said": "x"})
    await PostgresRunSink(resources).record(RecordBatch(run_id=row.id, run=end))
    await quiet(resources)
    problem = (await states.get_trigger(principal, follower, "after")).problem
    assert problem
    assert "chain" in problem.message
    assert (await runs.list_runs(principal, workflow_id=follower)).items == ()


async def test_a_database_that_goes_away_in_between_leaves_the_end_to_be_followed(
    resources: Resources, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await published(principal, document())
    follower = await published(principal, document(source))
    first = await runs.start_run(principal, workflow_id=source, inputs={})
    await ended(principal, first.id)

    async def away(*_: object, **__: object) -> None:
        raise OSError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(firing, "fire", away)
        await following.once()
    assert (await runs.list_runs(principal, workflow_id=follower)).items == ()
    await quiet(resources)
    assert len((await runs.list_runs(principal, workflow_id=follower)).items) == 1
