"""Waiting for events: early, in time, late, in passes, over restarts, and never."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client

from engine.contracts import Arrival, Event, EventWait, MapStep, Plan, WaitStep
from engine.contracts import Body as BodyOf
from tests.engine.conftest import Rig
from tests.engine.plans import fake, merge, output, plan, start, transform, wait


def event(data: Any = None, *, name: str = "paid", key: str = "", id: str = "e1") -> Event:
    return Event(id=id, name=name, key=key, data=data, received_at=datetime.now(UTC))


async def send(rig: Rig, sent: Event) -> list[EventWait]:
    """Give an event to what waits for it, and tell the workflows."""
    takers = rig.events.give(sent)
    for taker in takers:
        arrival = Arrival(scope=taker.scope, node_id=taker.node_id, event=sent)
        await rig.client.arrived(taker.run_id, arrival)
    return takers


async def registered(rig: Rig, count: int = 1) -> None:
    """Wait until so many waits are known."""
    async with asyncio.timeout(30):
        while len(rig.events.waits) < count:
            await asyncio.sleep(0.02)


async def test_the_output_is_what_the_event_brings(rig: Rig) -> None:
    run_id = await rig.start(
        plan(
            start(),
            wait("paid", "start", key="{{ inputs.order }}"),
            transform("t", "{{ nodes.paid.output.n }}", "paid"),
        ),
        {"order": 7},
    )
    await registered(rig)
    await send(rig, event({"n": 5}, key="7"))
    assert (await rig.ended(run_id)).nodes["t"].output == 5


async def test_an_early_event_is_taken_at_once(rig: Rig) -> None:
    await send(rig, event("early"))
    assert (await rig.run(plan(wait("paid")))).nodes["paid"].output == "early"


async def test_a_waiting_node_says_for_what(rig: Rig) -> None:
    run_id = await rig.start(plan(wait("paid", key="k")))
    await rig.seen(run_id, "paid", "waiting")
    assert rig.sink.of(run_id)["paid"].output == {"event": "paid", "key": "k", "until": None}
    assert rig.sink.runs[run_id].status == "waiting"
    await rig.client.cancel(run_id)


async def test_when_the_time_is_over_it_leaves_by_timeout(real: Rig) -> None:
    ran = await real.run(
        plan(
            wait("paid", timeout_s="{{ 1 / 4 }}"),
            transform("late", "late", "paid.timeout"),
            transform("there", "there", "paid"),
        )
    )
    assert ran.statuses == {"paid": "succeeded", "late": "succeeded", "there": "skipped"}


async def test_an_event_given_in_the_last_moment_counts(real: Rig) -> None:
    run_id = await real.start(plan(wait("paid", timeout_s=2)))
    await registered(real)
    real.events.give(event("just in time"))  # and nobody tells the workflow
    assert (await real.ended(run_id)).nodes["paid"].output == "just in time"


async def test_the_first_event_that_is_brought_counts(rig: Rig) -> None:
    run_id = await rig.start(plan(wait("a"), wait("b", event="other")))
    await registered(rig, 2)
    for data in ("first", "second"):
        await rig.client.arrived(run_id, Arrival(node_id="a", event=event(data)))
    await send(rig, event(name="other"))
    assert (await rig.ended(run_id)).nodes["a"].output == "first"


async def test_a_wait_that_lost_a_race_is_cancelled(rig: Rig) -> None:
    ran = await rig.run(
        plan(wait("paid"), fake("work", local=False), merge("first", "paid", "work", needs=1))
    )
    assert ran.statuses == {"paid": "cancelled", "work": "succeeded", "first": "succeeded"}


async def test_a_cancelled_run_waits_no_longer(rig: Rig) -> None:
    run_id = await rig.start(plan(wait("paid")))
    await registered(rig)
    await rig.client.cancel(run_id)
    assert (await rig.ended(run_id)).statuses == {"paid": "cancelled"}


async def test_an_expression_without_a_value_fails_the_step(rig: Rig) -> None:
    ran = await rig.run(plan(start(), wait("paid", "start", key="{{ inputs.nothing }}")))
    assert ran.record.error is not None
    assert (ran.record.error.kind, ran.record.error.node) == ("expression", "paid")


async def test_a_name_that_is_empty_fails_the_step(rig: Rig) -> None:
    ran = await rig.run(plan(start(), wait("paid", "start", event="{{ inputs.none }}")), {"none": ""})
    assert ran.record.error is not None
    assert ran.record.error.kind == "event-unfit"


def passes(count: int, *, concurrency: int = 1_000) -> Plan:
    inside: WaitStep = wait("paid", key="{{ item }}")
    body = BodyOf(steps=(inside,), result="{{ nodes.paid.output }}")
    each = MapStep(id="each", type="map", items=list(range(count)), concurrency=concurrency, body=body)
    return plan(
        each, output("all", "{{ nodes.each.output.results }}").model_copy(update={"after": ("each",)})
    )


async def test_each_pass_of_a_map_waits_for_its_own(rig: Rig) -> None:
    run_id = await rig.start(passes(3))
    await registered(rig, 3)
    for key in ("2", "0", "1"):
        await send(rig, event(f"for {key}", key=key))
    assert (await rig.ended(run_id)).outputs == {"all": ["for 0", "for 1", "for 2"]}


async def test_events_that_come_at_once_are_brought_together(real: Rig) -> None:
    run_id = await real.start(passes(300))
    await registered(real, 300)
    await asyncio.gather(*(send(real, event(key, key=str(key))) for key in range(300)))
    assert (await real.ended(run_id)).outputs == {"all": list(range(300))}
    assert (await real.history(run_id)).count("EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED") < 100


async def test_waits_go_on_when_the_run_continues_as_new(real: Rig) -> None:
    run_id = await real.start(passes(60), history_limit=100)
    await registered(real, 60)
    for key in range(60):
        await send(real, event(key, key=str(key)))
        await real.seen(run_id, f"each/{key}/paid", "succeeded")
    assert (await real.ended(run_id)).outputs == {"all": list(range(60))}
    assert await real.executions(run_id) > 1


async def test_a_time_limit_goes_on_when_the_run_continues_as_new(real: Rig) -> None:
    steps = [fake(f"s{n}", *([f"s{n - 1}"] if n else []), local=False) for n in range(8)]
    ran = await real.run(plan(wait("paid", timeout_s=3), *steps), history_limit=20)
    paid = ran.nodes["paid"]
    assert await real.executions(ran.run_id) > 1
    assert paid.ports == ("timeout",)
    assert paid.started_at is not None
    assert paid.finished_at is not None
    assert paid.finished_at - paid.started_at >= timedelta(seconds=3)


async def test_a_worker_that_is_stopped_meanwhile_does_no_harm(server: Client) -> None:
    rig = Rig(server)
    async with rig.worker():
        run_id = await rig.start(plan(wait("paid")))
        await registered(rig)
    await send(rig, event("while away"))
    async with rig.worker():
        assert (await rig.ended(run_id)).nodes["paid"].output == "while away"


async def test_the_database_being_away_delays_the_wait(rig: Rig) -> None:
    rig.events.away = 3
    run_id = await rig.start(plan(wait("paid")))
    await registered(rig)
    await send(rig, event("there"))
    assert (await rig.ended(run_id)).nodes["paid"].output == "there"


async def test_a_run_can_send_itself_what_it_waits_for(rig: Rig) -> None:
    sent = fake("tell", local=True).model_copy(
        update={"type": "send_event", "config": {"name": "paid", "key": "{{ run.id }}", "data": {"n": 1}}}
    )
    ran = await rig.run(plan(sent, wait("paid", "tell", key="{{ run.id }}")))
    assert ran.nodes["paid"].output == {"n": 1}
    assert ran.nodes["tell"].output["id"] == f"{ran.run_id}:tell"
