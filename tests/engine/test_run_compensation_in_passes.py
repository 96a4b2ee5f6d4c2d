"""What had succeeded in the passes of maps and loops is undone too: in reverse, each in its own pass."""

import pytest

from engine.contracts import Budget, ContainerState, NodeRecord, Plan, Step
from engine.contracts import Deeds as ContractDeeds
from engine.replay import account_of
from engine.workflows.compensation import Deeds
from engine.workflows.scopes import Scope
from tests.engine.conftest import Ran, Rig
from tests.engine.plans import body, delay, each, fail, fake, loop, plan, transform

READS = "{{ item }}: {{ nodes.book.output }}"


def saga(*steps: Step, **undo: Step) -> Plan:
    """A plan whose nodes, in whatever container, are undone by these: `book=fake(…)`."""
    return plan(*steps).model_copy(update={"compensations": undo})


def cancel(value: object = READS, node_id: str = "cancel", **more: object) -> Step:
    return fake(node_id, on_error="continue", value=value, **more)


def book(*edges: str, **more: object) -> Step:
    return fake("book", *edges, value="trip {{ index }}", **more)


def undone(ran: Ran, node_id: str = "cancel") -> list[object]:
    """What was given to the node that undoes, in the order of its calls."""
    calls = (call for call in ran.rig.fake.calls if call.run_id == ran.run_id)
    return [call.config["value"] for call in calls if call.node_id == node_id]


async def test_each_pass_is_undone_in_its_own_scope_the_last_first(rig: Rig) -> None:
    trips = each("trips", ["a", "b", "c"], body(book()), concurrency=1)
    ran = await rig.run(saga(trips, fail("stop", "no", "trips"), book=cancel()))
    assert undone(ran) == ["c: trip 2", "b: trip 1", "a: trip 0"]
    assert ran.statuses["trips/1/cancel"] == "succeeded"


async def test_the_order_of_success_counts_across_passes_and_containers(rig: Rig) -> None:
    slow_first = fake("book", seconds="{{ 0.6 - index * 0.3 }}", local=False)
    trips = each("trips", [0, 1, 2], body(slow_first), "first")
    steps = (fake("first"), trips, fake("last", "trips"), fail("stop", "no", "last"))
    undo = {"first": cancel(0, "undo_first"), "last": cancel(0, "undo_last"), "book": cancel("{{ index }}")}
    ran = await rig.run(saga(*steps, **undo))
    order = [call.scope or call.node_id for call in rig.fake.calls if call.node_id.startswith(("undo", "c"))]
    assert order == ["undo_last", "trips/0", "trips/1", "trips/2", "undo_first"]
    assert ran.record.status == "failed"


async def test_a_pass_that_fails_has_what_it_did_undone(rig: Rig) -> None:
    ruin = fail("ruin", "no", "book")
    ran = await rig.run(saga(each("trips", ["a"], body(book(), ruin)), book=cancel()))
    assert undone(ran) == ["a: trip 0"]


async def test_nothing_is_undone_while_the_run_can_still_succeed(rig: Rig) -> None:
    trips = each("trips", ["a"], body(book(), fail("ruin", "no", "book")), on_item_error="collect")
    ran = await rig.run(saga(trips, book=cancel()))
    assert (ran.record.status, undone(ran)) == ("succeeded", [])


async def test_undoing_reads_what_came_later_in_the_pass_and_what_undid_that(rig: Rig) -> None:
    later = fake("pay", "book", value="paid {{ index }}")
    reads = "{{ nodes.pay.output }}, {{ nodes.refund.output }}"
    trips = each("trips", ["a", "b"], body(book(), later), concurrency=1)
    undo = {"book": cancel(reads), "pay": cancel("back {{ item }}", "refund")}
    ran = await rig.run(saga(trips, fail("stop", "no", "trips"), **undo))
    assert undone(ran) == ["paid 1, back b", "paid 0, back a"]


async def test_undoing_in_a_nest_reads_the_passes_around_it(rig: Rig) -> None:
    reads = "{{ nodes.top.output }} {{ nodes.days.index }} {{ nodes.day.output }} {{ item }}"
    trips = each("trips", ["x", "y"], body(fake("book"), outer=("top", "days", "day")), "day", concurrency=1)
    days = loop("days", body(fake("day", value="d{{ index }}"), trips), "top", maximum=2)
    steps = (fake("top", value="t"), days, fail("stop", "no", "days"))
    ran = await rig.run(saga(*steps, book=cancel(reads)))
    assert undone(ran) == ["t 1 d1 y", "t 1 d1 x", "t 0 d0 y", "t 0 d0 x"]


async def test_a_cancelled_run_undoes_passes_that_are_under_way(real: Rig) -> None:
    trips = each("trips", ["a"], body(book(), delay("pause", "book", seconds=99)))
    run_id = await real.start(saga(trips, book=cancel()))
    await real.seen(run_id, "trips/0/pause", "waiting")
    await real.client.cancel(run_id)
    ran = await real.ended(run_id)
    assert (ran.record.status, undone(ran)) == ("cancelled", ["a: trip 0"])


async def test_passes_are_undone_after_the_run_continued_as_new(real: Rig) -> None:
    inside = body(book(local=False), delay("pause", "book", seconds=0.05), fake("pay", "pause"))
    trips = each("trips", ["a", "b", "c", "d", "e"], inside, concurrency=2)
    reads = "{{ item }}: {{ nodes.book.output }} {{ nodes.pay.status }}"
    ran = await real.run(saga(trips, fail("stop", "no", "trips"), book=cancel(reads)), history_limit=20)
    assert await real.executions(ran.run_id) > 1
    expected = [f"{name}: trip {index} succeeded" for index, name in enumerate("abcde")]
    assert sorted(map(str, undone(ran))) == expected


@pytest.mark.parametrize("local", [True, False])
async def test_undoing_itself_continues_as_new(real: Rig, local: bool) -> None:
    trips = each("trips", list(range(30)), body(fake("book", value="{{ index }}")), concurrency=1)
    undo = cancel("{{ nodes.book.output }}", local=local)
    ran = await real.run(saga(trips, fail("stop", "no", "trips"), book=undo), history_limit=40)
    assert [int(str(value)) for value in undone(ran)] == list(reversed(range(30)))
    assert ran.record.error
    assert (ran.record.status, ran.record.error.message) == ("failed", "no")
    assert {ran.statuses[f"trips/{index}/cancel"] for index in range(30)} == {"succeeded"}
    assert real.sink.runs[ran.run_id].status == "failed"


async def test_the_history_tells_what_was_undone_across_executions(real: Rig) -> None:
    trips = each("trips", list(range(30)), body(book()), concurrency=1)
    undo = cancel("{{ nodes.book.output }}", local=False)
    ran = await real.run(saga(trips, fail("stop", "no", "trips"), book=undo), history_limit=40)
    account = await account_of(real.client.temporal, ran.run_id)
    assert not account.fault
    assert {at: (one.status, one.output) for at, one in account.nodes.items()} == {
        at: (one.status, one.output) for at, one in ran.nodes.items()
    }


async def test_a_cancelled_run_that_undoes_much_ends_as_cancelled(real: Rig) -> None:
    trips = each("trips", list(range(30)), body(book()), concurrency=1)
    steps = (trips, delay("pause", "trips", seconds=99))
    run_id = await real.start(saga(*steps, book=cancel(local=False)), history_limit=40)
    await real.seen(run_id, "pause", "waiting")
    await real.client.cancel(run_id)
    ran = await real.ended(run_id)
    assert (ran.record.status, real.sink.runs[run_id].status) == ("cancelled", "cancelled")
    assert len(undone(ran)) == 30
    assert await real.executions(run_id) > 1


async def test_many_notes_of_what_is_left_to_do_are_written_in_parts(real: Rig) -> None:
    note = transform("note", "{{ item }} is left", on_error="continue")
    trips = each("trips", list(range(250)), body(book()), concurrency=50)
    ran = await real.run(saga(trips, fail("stop", "no", "trips"), book=note))
    notes = [ran.nodes[f"trips/{index}/note"].output for index in range(250)]
    assert notes == [f"{index} is left" for index in range(250)]
    written = [
        len([one for one in b.nodes if one.node_id == "note"]) for b in real.sink.batches_of(ran.run_id)
    ]
    assert max(written) <= 100


async def test_passes_that_came_from_another_run_are_not_undone(rig: Rig) -> None:
    trips = each("trips", ["a", "b"], body(book()))
    given = ContainerState(started_at="2026-01-01T00:00:00Z", results={0: "done before"})
    steps = saga(trips, fail("stop", "no", "trips"), book=cancel())
    ran = await rig.run(steps, containers={"trips": given})
    assert undone(ran) == ["b: trip 1"]


async def test_a_used_up_budget_is_undone_too(rig: Rig) -> None:
    trips = each("trips", ["a", "b"], body(book()), concurrency=1)
    ran = await rig.run(saga(trips, book=cancel()), budget=Budget(steps=2))
    assert undone(ran) == ["a: trip 0"]


def scope_of(path: str, parent: Scope, **settled: object) -> Scope:
    scope = Scope((), None, context=parent.context, views={"trips": {"item": "a"}}, path=path, parent=parent)
    for node_id, output in settled.items():
        scope.add(done(node_id, path, output))
    return scope


def done(node_id: str, path: str, output: object = None) -> NodeRecord:
    return NodeRecord(node_id=node_id, scope=path, status="succeeded", output=output, ports=("out",))


@pytest.fixture
def root() -> Scope:
    return Scope((), None, context={"inputs": {}}, views={})


def test_what_lands_after_its_pass_was_given_up_is_undone(root: Scope) -> None:
    deeds, trip = Deeds(saga(book=cancel()), root, None), scope_of("trips/0", root)
    deeds.close(trip, landing=["book"])
    deeds.add_late(None, done("book", "trips/0"))
    assert deeds.state().places == ("trips/0/book",)


def test_of_a_pass_only_what_undoing_reads_is_kept(root: Scope) -> None:
    deeds, trip = Deeds(saga(book=cancel(READS)), root, None), scope_of("trips/0", root, book=1, other=2)
    deeds.add(trip, done("book", "trips/0"))
    deeds.close(trip, landing=())
    kept = deeds.state().passes["trips/0"]
    assert (kept.names, list(kept.nodes)) == ({"item": "a"}, ["book"])


def test_of_a_pass_in_which_nothing_can_be_undone_nothing_is_kept(root: Scope) -> None:
    deeds, trip = Deeds(saga(top=cancel(READS, "undo_top")), root, None), scope_of("trips/0", root, book=1)
    deeds.add(trip, done("book", "trips/0"))
    deeds.close(trip, landing=["book"])
    assert deeds.state() == ContractDeeds()
