"""Scheduled triggers on the real services: armed by publishing, kept armed, each due time started once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from temporalio.service import RPCError

from engine.contracts import ScheduledStartOrder
from engine.graph import Document
from engine.schedules import schedule_id
from workbench.auth.principal import Principal
from workbench.db import triggers as queries
from workbench.db.tables import TriggerRow
from workbench.services import runs, workflows
from workbench.services.resources import Resources
from workbench.services.shapes import RunSummary
from workbench.services.triggers import following, schedules, states
from workbench.services.triggers.starter import StoredSchedules

pytestmark = pytest.mark.usefixtures("worker")

DUE = datetime(2030, 1, 1, 9, tzinfo=UTC)


@pytest.fixture
async def ends(resources: Resources) -> AsyncIterator[None]:
    """The ends of runs are followed, as the worker does."""
    task = asyncio.create_task(following.run_forever())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def scheduled(seconds: float | None = None, **config: Any) -> Document:
    """Return a document with a schedule; a run of it takes `seconds`."""
    settings = {"every_s": 3_600, **config} if "cron" not in config else config
    nodes: list[dict[str, Any]] = [{"id": "start", "type": "input"}]
    edges = []
    if seconds:
        nodes.append({"id": "pause", "type": "delay", "config": {"seconds": seconds}})
        edges.append({"source": "start", "target": "pause"})
    return Document.model_validate(
        {
            "name": "Scheduled",
            "inputs": {"type": "object", "properties": {"due": {"type": "string"}}},
            "nodes": nodes,
            "edges": edges,
            "triggers": [
                {"id": "clock", "type": "schedule", "config": settings, "inputs": {"due": "{{ trigger.at }}"}}
            ],
        }
    )


async def published(principal: Principal, document: Document) -> str:
    workflow = await workflows.create_workflow(principal, document=document)
    await workflows.publish(principal, workflow.id)
    return workflow.id


async def republished(principal: Principal, workflow_id: str, document: Document) -> None:
    draft = await workflows.get_workflow(principal, workflow_id)
    await workflows.replace_draft(principal, workflow_id, document=document, revision=draft.revision)
    await workflows.publish(principal, workflow_id)


async def row_of(resources: Resources, workflow_id: str) -> TriggerRow:
    row = await resources.read(lambda session: queries.named(session, workflow_id, "clock"))
    assert row
    return row


async def on_temporal(resources: Resources, trigger_id: str) -> Any:
    """Return what Temporal knows of a trigger's schedule; None: nothing."""
    handle = (await resources.temporal()).temporal.get_schedule_handle(schedule_id(trigger_id))
    try:
        return await handle.describe()
    except RPCError:
        return None


async def started(principal: Principal, workflow_id: str, enough: Callable[[list[RunSummary]], bool]) -> Any:
    """Wait until the workflow's runs are enough and return them, the first one first."""
    async with asyncio.timeout(60):
        while True:
            found = list(reversed((await runs.list_runs(principal, workflow_id=workflow_id)).items))
            if enough(found):
                return found
            await asyncio.sleep(0.1)


async def test_publishing_arms_and_publishing_without_it_disarms(
    resources: Resources, principal: Principal
) -> None:
    workflow_id = await published(principal, scheduled())
    row = await row_of(resources, workflow_id)
    assert await on_temporal(resources, row.id)
    await republished(principal, workflow_id, scheduled().model_copy(update={"triggers": []}))
    assert await on_temporal(resources, row.id) is None


async def test_a_draft_arms_nothing_but_shows_its_times(resources: Resources, principal: Principal) -> None:
    workflow = await workflows.create_workflow(principal, document=scheduled(cron="0 9 * * *"))
    state = await states.get_trigger(principal, workflow.id, "clock")
    assert (state.armed, len(state.next_times)) == (False, 10)
    assert await resources.read(lambda session: queries.of_workflow(session, workflow.id)) == []


async def test_deleting_the_workflow_takes_the_schedule_away(
    resources: Resources, principal: Principal
) -> None:
    workflow_id = await published(principal, scheduled())
    row = await row_of(resources, workflow_id)
    await workflows.delete_workflow(principal, workflow_id)
    assert await on_temporal(resources, row.id) is None
    assert await resources.read(lambda session: queries.get(session, row.id)) is None


async def test_another_version_changes_the_schedule_in_place(
    resources: Resources, principal: Principal
) -> None:
    workflow_id = await published(principal, scheduled(every_s=60))
    await republished(principal, workflow_id, scheduled(every_s=7_200))
    known = await on_temporal(resources, (await row_of(resources, workflow_id)).id)
    assert known.schedule.spec.intervals[0].every.total_seconds() == 7_200


async def test_a_paused_schedule_stays_paused_from_version_to_version(
    resources: Resources, principal: Principal
) -> None:
    workflow_id = await published(principal, scheduled(every_s=60))
    assert (await states.pause(principal, workflow_id, "clock", paused=True)).next_times == ()
    await republished(principal, workflow_id, scheduled(every_s=61))
    row = await row_of(resources, workflow_id)
    assert (await on_temporal(resources, row.id)).schedule.state.paused
    await states.pause(principal, workflow_id, "clock", paused=False)
    assert not (await on_temporal(resources, row.id)).schedule.state.paused


async def test_a_temporal_that_lost_its_database_is_told_again(
    resources: Resources, principal: Principal
) -> None:
    workflow_id = await published(principal, scheduled())
    row = await row_of(resources, workflow_id)
    await schedules.forget(row.id)
    await schedules.Keeper().once()
    assert await on_temporal(resources, row.id)


async def test_what_could_not_be_told_is_told_later(
    resources: Resources, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise OSError("Temporal is away")

    with monkeypatch.context() as patched:
        patched.setattr(schedules, "_schedules", away)
        workflow_id = await published(principal, scheduled())
        assert (await states.get_trigger(principal, workflow_id, "clock")).pending
    await schedules.Keeper().once()
    assert not (await states.get_trigger(principal, workflow_id, "clock")).pending
    assert await on_temporal(resources, (await row_of(resources, workflow_id)).id)


async def test_a_schedule_that_no_row_knows_goes_away_when_it_fires(resources: Resources) -> None:
    order = ScheduledStartOrder(trigger_id="0190b6a0-0000-7000-8000-000000000000", due=DUE)
    assert await StoredSchedules().start(order) is None


async def test_a_due_time_starts_one_run_however_often_it_is_ordered(
    resources: Resources, principal: Principal
) -> None:
    workflow_id = await published(principal, scheduled())
    order = ScheduledStartOrder(trigger_id=(await row_of(resources, workflow_id)).id, due=DUE)
    first, second = await asyncio.gather(StoredSchedules().start(order), StoredSchedules().start(order))
    assert first == second
    [run] = (await runs.list_runs(principal, workflow_id=workflow_id)).items
    assert (run.trigger.type, run.trigger.id, run.version) == ("schedule", "clock", 1)


async def test_a_disarmed_trigger_starts_nothing(resources: Resources, principal: Principal) -> None:
    workflow_id = await published(principal, scheduled())
    row = await row_of(resources, workflow_id)
    await states.pause(principal, workflow_id, "clock", paused=True)
    assert await StoredSchedules().start(ScheduledStartOrder(trigger_id=row.id, due=DUE)) is None


@pytest.mark.usefixtures("ends")
async def test_runs_come_in_time_and_one_under_way_is_not_overtaken(principal: Principal) -> None:
    workflow_id = await published(principal, scheduled(2.5, every_s=1, overlap="skip"))
    found = await started(principal, workflow_id, lambda seen: len(seen) >= 3)
    await states.pause(principal, workflow_id, "clock", paused=True)
    for earlier, later in pairwise(found):
        ended = (await runs.get_run(principal, earlier.id)).finished_at
        assert ended
        assert ended <= later.created_at


@pytest.mark.usefixtures("ends")
async def test_a_run_under_way_is_cancelled_for_the_next(principal: Principal) -> None:
    workflow_id = await published(principal, scheduled(60, every_s=2, overlap="cancel"))
    found = await started(
        principal, workflow_id, lambda seen: len(seen) >= 2 and seen[0].status == "cancelled"
    )
    await states.pause(principal, workflow_id, "clock", paused=True)
    await runs.cancel_run(principal, found[-1].id)
