"""A wait for an event, drawn, run by a worker, and woken over the service; killed processes are elsewhere."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from engine.graph import Document
from tests.engine import documents as d
from workbench.auth.principal import Principal
from workbench.db import events
from workbench.db.ids import now
from workbench.services import event_inbox, runs, workflows
from workbench.services.deliveries import send_event
from workbench.services.resources import get_resources
from workbench.services.shapes import RunDetail

pytestmark = pytest.mark.usefixtures("worker")


def waits(**config: Any) -> Document:
    settings = {"name": "order.paid", "key": "{{ inputs.order }}", **config}
    return d.document(
        d.start(),
        d.node("paid", "wait_for_event", settings),
        d.output("amount", "{{ nodes.paid.output.amount }}"),
        edges=("start > paid", "paid > amount"),
    )


async def started(principal: Principal, document: Document, **inputs: Any) -> str:
    workflow = await workflows.create_workflow(principal, document=document)
    return (await runs.start_run(principal, workflow_id=workflow.id, inputs=inputs)).id


async def reached(principal: Principal, run_id: str, *statuses: str) -> RunDetail:
    """Wait until a run has one of these statuses."""
    async with asyncio.timeout(60):
        while (run := await runs.get_run(principal, run_id)).status not in statuses:
            await asyncio.sleep(0.05)
    return run


async def registered(run_id: str) -> None:
    """Wait until a run's wait is known; its node says that it waits a moment before."""
    async with asyncio.timeout(60):
        while True:
            async with get_resources().transaction() as session:
                if await events.wait(session, (run_id, "", "paid")):
                    return
            await asyncio.sleep(0.05)


async def test_a_run_goes_on_when_its_event_is_sent(principal: Principal) -> None:
    run_id = await started(principal, waits(), order="7")
    await reached(principal, run_id, "waiting")
    await send_event(principal, name="order.paid", key="7", data={"amount": 12})
    assert (await reached(principal, run_id, "succeeded", "failed")).outputs == {"amount": 12}


async def test_a_run_takes_an_event_that_came_before_it(principal: Principal) -> None:
    await send_event(principal, name="order.paid", key="8", data={"amount": 13})
    run_id = await started(principal, waits(), order="8")
    assert (await reached(principal, run_id, "succeeded", "failed")).outputs == {"amount": 13}


async def test_one_event_wakes_every_run_that_waits(principal: Principal) -> None:
    run_ids = [await started(principal, waits(), order="9") for _ in range(5)]
    for run_id in run_ids:
        await registered(run_id)
    delivered = await send_event(principal, name="order.paid", key="9", data={"amount": 14})
    assert {receiver.run_id for receiver in delivered.receivers} == set(run_ids)
    for run_id in run_ids:
        assert (await reached(principal, run_id, "succeeded", "failed")).outputs == {"amount": 14}


async def test_a_run_goes_on_although_whoever_took_its_event_died(
    principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = await started(principal, waits(), order="11")
    await registered(run_id)

    async def dies(*_: Any) -> None:
        """End between the commit and the telling."""

    with monkeypatch.context() as patch:
        patch.setattr(event_inbox, "tell_all", dies)
        await send_event(principal, name="order.paid", key="11", data={"amount": 15})
    async with get_resources().transaction() as session:
        wait = await events.wait(session, (run_id, "", "paid"))
        assert wait is not None
        wait.tell_at = now() - timedelta(seconds=1)
    await event_inbox.tell()
    assert (await reached(principal, run_id, "succeeded", "failed")).outputs == {"amount": 15}


async def test_a_cancelled_run_no_longer_takes_the_event(principal: Principal) -> None:
    run_id = await started(principal, waits(), order="10")
    await reached(principal, run_id, "waiting")
    await runs.cancel_run(principal, run_id)
    assert (await send_event(principal, name="order.paid", key="10")).kept
    await reached(principal, run_id, "cancelled")
