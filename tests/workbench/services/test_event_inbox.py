"""Events find the nodes that wait for them, whichever of the two comes first."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from engine.contracts import Arrival, Event, EventWait, NodeRecord, RecordBatch, RunRecord
from engine.errors import NodeFailed
from tests.people import somebody
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.db import events as queries
from workbench.db.ids import now
from workbench.db.tables import EventRow, EventWaitRow
from workbench.errors import Invalid, Unavailable
from workbench.services import event_inbox
from workbench.services.deliveries import send_event
from workbench.services.event_inbox import PostgresEventInbox
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources

NUMBER = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}


@pytest.fixture
def inbox(resources: Resources) -> PostgresEventInbox:
    return PostgresEventInbox(resources)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, resources: Resources) -> list[tuple[str, str]]:
    """The (run, node) pairs whose workflows were told, in place of a Temporal that has no such runs."""
    found: list[tuple[str, str]] = []

    class Temporal:
        async def arrived(self, run_id: str, *arrivals: Arrival) -> None:
            found.extend((run_id, arrival.node_id) for arrival in arrivals)

    async def temporal(_: Resources) -> Any:
        return Temporal()

    monkeypatch.setattr(Resources, "temporal", temporal)
    return found


def wait(run_id: str, node_id: str = "paid", **more: Any) -> EventWait:
    return EventWait(run_id=run_id, node_id=node_id, name="order.paid", key="7", **more)


async def send(principal: Principal, data: Any = None, **more: Any) -> event_inbox.Delivered:
    return await send_event(principal, name="order.paid", key="7", data=data, **more)


async def due(resources: Resources) -> None:
    """Let the time have come for everything that is to be told."""
    async with resources.transaction() as session:
        await session.execute(EventWaitRow.__table__.update().values(tell_at=now() - timedelta(seconds=1)))  # type: ignore[attr-defined]


async def test_an_event_is_given_to_the_node_that_waits(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox, told: list[tuple[str, str]]
) -> None:
    run = await make_run(status="waiting")
    await inbox.register(wait(run.id))
    delivered = await send(principal, {"n": 1})
    assert [receiver.run_id for receiver in delivered.receivers] == [run.id]
    assert told == [(run.id, "paid")]


async def test_an_early_event_is_kept_for_the_first_that_waits(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox
) -> None:
    assert (await send(principal, "early")).kept
    first, second = await make_run(), await make_run()
    found = await inbox.register(wait(first.id))
    assert found is not None
    assert found.data == "early"
    assert await inbox.register(wait(second.id)) is None


async def test_an_early_event_is_not_kept_for_ever(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox, resources: Resources
) -> None:
    delivered = await send(principal, "early")
    async with resources.transaction() as session:
        row = await queries.get(session, principal.workspace, delivered.event.id)
        assert row is not None
        row.expires_at = now() - timedelta(seconds=1)
    assert await inbox.register(wait((await make_run()).id)) is None


@pytest.mark.usefixtures("told")
async def test_an_event_goes_to_all_that_wait(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox
) -> None:
    runs = [await make_run(status="waiting") for _ in range(3)]
    for run in runs:
        await inbox.register(wait(run.id))
    delivered = await send(principal)
    assert {receiver.run_id for receiver in delivered.receivers} == {run.id for run in runs}


@pytest.mark.usefixtures("told")
async def test_an_id_counts_once(principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox) -> None:
    first, second = await make_run(status="waiting"), await make_run(status="waiting")
    await inbox.register(wait(first.id))
    await send(principal, event_id="payment-1")
    await inbox.register(wait(second.id))
    again = await send(principal, event_id="payment-1")
    assert again.known
    assert again.receivers == ()


async def test_an_id_that_comes_many_times_at_once_counts_once(principal: Principal) -> None:
    delivered = await asyncio.gather(*(send(principal, event_id="payment-1") for _ in range(8)))
    assert [one.known for one in delivered].count(False) == 1


async def test_another_key_or_person_is_not_meant(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox
) -> None:
    await inbox.register(wait((await make_run(status="waiting")).id))
    assert (await send_event(principal, name="order.paid", key="8")).kept
    assert (await send(somebody("Bob"))).kept


async def test_data_that_nothing_can_use_is_refused_with_the_reason(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox
) -> None:
    await inbox.register(wait((await make_run(status="waiting")).id, data_schema=NUMBER))
    with pytest.raises(Invalid) as refused:
        await send(principal, {"n": "many"}, event_id="payment-1")
    assert [(problem.field, problem.node) for problem in refused.value.problems] == [("data.n", "paid")]
    assert not (await send(principal, {"n": 2}, event_id="payment-1")).known


@pytest.mark.usefixtures("told")
async def test_those_that_can_use_the_data_get_it(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox
) -> None:
    run = await make_run(status="waiting")
    await inbox.register(wait(run.id, "strict", data_schema=NUMBER))
    await inbox.register(wait(run.id, "open"))
    delivered = await send(principal, {"n": "many"})
    assert [receiver.node_id for receiver in delivered.receivers] == ["open"]
    assert [problem.node for problem in delivered.unfit] == ["strict"]


async def test_a_kept_event_that_does_not_fit_is_left_for_others(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox
) -> None:
    await send(principal, "text")
    assert await inbox.register(wait((await make_run()).id, data_schema=NUMBER)) is None
    assert await inbox.register(wait((await make_run()).id)) is not None


async def test_registering_again_gives_the_same_event(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox
) -> None:
    run = await make_run()
    await send(principal, 1)
    assert await inbox.register(wait(run.id)) == await inbox.register(wait(run.id))


async def test_a_wait_that_ended_gets_nothing(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox
) -> None:
    run = await make_run(status="waiting")
    await inbox.register(wait(run.id))
    assert await inbox.withdraw(wait(run.id)) is None
    assert (await send(principal)).kept


@pytest.mark.usefixtures("told")
async def test_an_event_in_the_last_moment_is_not_lost(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox
) -> None:
    run = await make_run(status="waiting")
    await inbox.register(wait(run.id))
    await send(principal, "late")
    found = await inbox.withdraw(wait(run.id))
    assert found is not None
    assert found.data == "late"


@pytest.mark.parametrize("ended", ["run", "node", "stop asked"])
async def test_what_has_ended_gets_no_event(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox, resources: Resources, ended: str
) -> None:
    asked = {"cancel_requested_at": now()} if ended == "stop asked" else {}
    run = await make_run(status="waiting", **asked)
    await inbox.register(wait(run.id))
    node = NodeRecord(node_id="paid", status="cancelled", finished_at=now())
    batches = {
        "run": RecordBatch(run_id=run.id, run=RunRecord(status="cancelled", at=now())),
        "node": RecordBatch(run_id=run.id, nodes=(node,)),
    }
    if ended in batches:
        await PostgresRunSink(resources).record(batches[ended])
    assert (await send(principal)).kept


async def test_a_pass_that_has_ended_does_not_end_the_wait_of_another(
    principal: Principal,
    make_run: MakeRun,
    inbox: PostgresEventInbox,
    resources: Resources,
    told: list[tuple[str, str]],
) -> None:
    run = await make_run(status="waiting")
    for scope in ("each/0", "each/1"):
        await inbox.register(wait(run.id, scope=scope))
    ended = NodeRecord(node_id="paid", scope="each/0", status="cancelled", finished_at=now())
    await PostgresRunSink(resources).record(RecordBatch(run_id=run.id, nodes=(ended,)))
    assert [receiver.scope for receiver in (await send(principal)).receivers] == ["each/1"]


async def test_registering_and_delivering_at_once_never_miss_each_other(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox, told: list[tuple[str, str]]
) -> None:
    runs = [await make_run(status="waiting") for _ in range(10)]

    async def one(run_id: str) -> bool:
        event = Event(id=run_id, name=run_id, received_at=now())
        waits = EventWait(run_id=run_id, node_id="paid", name=run_id)
        found, delivered = await asyncio.gather(
            inbox.register(waits), inbox.deliver(principal.workspace, event)
        )
        return (found is not None) != bool(delivered.receivers)

    assert all(await asyncio.gather(*(one(run.id) for run in runs)))


async def test_with_temporal_away_the_event_is_taken_and_told_later(
    principal: Principal,
    make_run: MakeRun,
    inbox: PostgresEventInbox,
    resources: Resources,
    told: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = await make_run(status="waiting")
    await inbox.register(wait(run.id))

    async def away(_: Resources) -> None:
        raise Unavailable("Temporal does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(Resources, "temporal", away)
        assert (await send(principal)).receivers
    await due(resources)
    await event_inbox.tell()
    assert (run.id, "paid") in told


async def test_a_workflow_is_told_until_its_node_has_ended(
    principal: Principal,
    make_run: MakeRun,
    inbox: PostgresEventInbox,
    resources: Resources,
    told: list[tuple[str, str]],
) -> None:
    run = await make_run(status="waiting")
    await inbox.register(wait(run.id))
    await send(principal)
    await due(resources)
    await event_inbox.tell()
    ended = NodeRecord(node_id="paid", status="succeeded", finished_at=now())
    await PostgresRunSink(resources).record(RecordBatch(run_id=run.id, nodes=(ended,)))
    await due(resources)
    await event_inbox.tell()
    assert told.count((run.id, "paid")) == 2


@pytest.mark.usefixtures("told")
async def test_what_is_over_is_removed(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox, resources: Resources
) -> None:
    run = await make_run(status="waiting")
    await inbox.register(wait(run.id))
    event = (await send(principal)).event
    end = RecordBatch(run_id=run.id, run=RunRecord(status="succeeded", at=now()))
    await PostgresRunSink(resources).record(end)
    async with resources.transaction() as session:
        row = await queries.get(session, principal.workspace, event.id)
        assert row is not None
        row.expires_at = now() - timedelta(seconds=1)
    await event_inbox.tidy()
    async with resources.transaction() as session:
        assert await session.get(EventRow, (principal.workspace, event.id)) is None
        assert await queries.wait(session, (run.id, "", "paid")) is None


async def test_a_run_sends_in_the_name_of_who_started_it(
    principal: Principal, make_run: MakeRun, inbox: PostgresEventInbox, told: list[tuple[str, str]]
) -> None:
    waiting, sender = await make_run(status="waiting"), await make_run()
    await inbox.register(wait(waiting.id, data_schema=NUMBER))
    event = Event(id="a", name="order.paid", key="7", data={"n": 1}, received_at=now())
    with pytest.raises(NodeFailed):
        await inbox.send(sender.id, event.model_copy(update={"data": None}))
    assert await inbox.send(sender.id, event) == 1


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "a\x00"}, {"event_id": ""}, {"key": "k" * 501}])
async def test_what_cannot_be_an_event_is_refused(principal: Principal, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        await send_event(principal, **{"name": "order.paid", **wrong})
