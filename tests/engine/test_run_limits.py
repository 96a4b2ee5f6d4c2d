"""A run's deadline and its budget: kept whatever is under way, and across continue-as-new."""

import asyncio
from datetime import UTC, datetime, timedelta

from engine.contracts import Attempts, Budget
from engine.ids import child_run_id
from tests.engine.conftest import Rig
from tests.engine.plans import body, call, delay, each, fail, fake, loop, pinned, plan, transform


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_a_run_is_cancelled_at_its_deadline(real: Rig) -> None:
    steps = [fake("work", seconds=30, local=False), delay("pause", seconds=600), transform("done", 1)]
    ran = await real.run(plan(*steps), deadline=soon(1.5))
    assert (ran.record.status, ran.record.error and ran.record.error.kind) == ("cancelled", "deadline")
    assert ran.statuses == {"work": "cancelled", "pause": "cancelled", "done": "succeeded"}
    assert real.sink.runs[ran.run_id].error == ran.record.error


async def test_a_run_that_ends_in_time_does_not_wait_for_its_deadline(real: Rig) -> None:
    ran = await real.run(plan(fake("work")), deadline=soon(600))
    assert ran.record.status == "succeeded"


async def test_a_run_that_starts_behind_its_deadline_does_nothing(real: Rig) -> None:
    ran = await real.run(plan(fake("work")), deadline=soon(-1))
    assert ran.record.error
    assert ran.record.error.kind == "deadline"
    assert not real.fake.calls


async def test_a_deadline_holds_across_continue_as_new(real: Rig) -> None:
    step = delay("pause", seconds=0.2)
    ran = await real.run(plan(loop("again", body(step), maximum=500)), deadline=soon(4), history_limit=20)
    assert (ran.record.status, ran.record.error and ran.record.error.kind) == ("cancelled", "deadline")
    assert await real.executions(ran.run_id) > 1


async def test_a_run_that_has_used_its_steps_fails_before_the_next(rig: Rig) -> None:
    chain = plan(transform("a", 1), fake("b", "a"), fake("c", "b"))
    ran = await rig.run(chain, budget=Budget(steps=2))
    assert (ran.record.status, ran.record.error and ran.record.error.kind) == ("failed", "budget")
    assert [call.node_id for call in rig.fake.calls] == ["b"]
    assert (await rig.run(chain, budget=Budget(steps=3))).record.status == "succeeded"


async def test_what_side_by_side_would_begin_is_counted_before_it_begins(rig: Rig) -> None:
    items = each("all", list(range(50)), body(fake("work", seconds=1)), concurrency=50)
    ran = await rig.run(plan(items), budget=Budget(steps=6))
    assert ran.record.error
    assert len(rig.fake.calls) <= 5


async def test_no_failure_port_and_no_collecting_map_hides_a_used_up_budget(rig: Rig) -> None:
    items = each("all", [1, 2, 3], body(fake("work", on_error="continue")), on_item_error="collect")
    ran = await rig.run(plan(items, fail("other", "no", "all.error")), budget=Budget(steps=2))
    assert ran.record.error
    assert ran.record.error.kind == "budget"


async def test_a_run_that_has_worked_for_so_long_fails_before_the_next_step(real: Rig) -> None:
    chain = plan(delay("pause", seconds=0.5), fake("a", "pause", seconds=0.6), fake("b", "a", seconds=0.6))
    ran = await real.run(plan(*chain.steps, fake("c", "b")), budget=Budget(seconds=1))
    assert ran.record.error
    assert ran.record.error.kind == "budget"
    assert ran.statuses["b"] == "succeeded"
    assert [call.node_id for call in real.fake.calls] == ["a", "b"]


async def test_a_budget_is_spent_across_continue_as_new(real: Rig) -> None:
    again = loop("again", body(delay("pause", seconds=0.05), fake("work", "pause")), maximum=60)
    ran = await real.run(plan(again), budget=Budget(steps=41), history_limit=20)
    assert ran.record.error
    assert ran.record.error.kind == "budget"
    assert len(real.fake.calls) == 20
    assert await real.executions(ran.run_id) > 1


async def test_a_run_can_wait_to_be_allowed_more(real: Rig) -> None:
    chain = plan(fake("a"), fake("b", "a"), fake("c", "b"), delay("beside", seconds=0.1))
    run_id = await real.start(chain, budget=Budget(steps=2, on_reached="pause"), history_limit=20)
    async with asyncio.timeout(20):
        while not (held := real.sink.runs.get(run_id)) or not held.error:
            await asyncio.sleep(0.02)
    assert (held.status, held.error.kind) == ("waiting", "budget")

    await real.client.raise_budget(run_id, Budget(steps=3, on_reached="pause"))
    await asyncio.sleep(0.5)
    await real.client.raise_budget(run_id, Budget(steps=4))
    ran = await real.ended(run_id)
    assert ran.record.status == "succeeded"
    assert sorted(call.node_id for call in real.fake.calls) == ["a", "b", "c"]


async def test_a_run_that_waits_to_be_allowed_more_can_be_cancelled(real: Rig) -> None:
    budget = Budget(seconds=0.1, on_reached="pause")
    run_id = await real.start(plan(fake("a", seconds=0.2), fake("b", "a")), budget=budget)
    await real.seen(run_id, "a", "succeeded")
    await asyncio.sleep(0.5)
    await real.client.cancel(run_id)
    assert (await real.ended(run_id)).record.status == "cancelled"
    assert [call.node_id for call in real.fake.calls] == ["a"]


THREE = {"p": pinned(plan(fake("x", seconds=0.2), fake("y", "x"), fake("z", "y")))}


async def test_what_a_sub_workflow_spends_is_spent_of_the_budget(real: Rig) -> None:
    row = plan(call("other", "p"), fake("a", "other"), fake("b", "a"))
    ran = await real.run(row, plans=THREE, budget=Budget(steps=5))
    assert ran.record.error
    assert ran.record.error.kind == "budget"
    assert ran.statuses["a"] == "succeeded"
    assert (await real.run(row, plans=THREE, budget=Budget(steps=6))).record.status == "succeeded"


async def test_the_seconds_of_a_sub_workflow_count(real: Rig) -> None:
    ran = await real.run(
        plan(call("other", "p"), fake("a", "other")), plans=THREE, budget=Budget(seconds=0.1)
    )
    assert ran.record.error
    assert ran.record.error.kind == "budget"


async def test_a_sub_workflow_has_what_is_left(real: Rig) -> None:
    ran = await real.run(plan(fake("a"), call("other", "p", "a")), plans=THREE, budget=Budget(steps=4))
    assert ran.record.error
    assert (ran.record.error.kind, ran.record.error.node) == ("budget", "other")
    assert [call.node_id for call in real.fake.calls] == ["a", "x", "y"]


async def test_a_sub_workflow_is_not_begun_with_nothing_left_for_it(real: Rig) -> None:
    ran = await real.run(plan(call("other", "p")), plans=THREE, budget=Budget(steps=1))
    assert ran.record.error
    assert (ran.record.error.kind, real.sink.opened) == ("budget", [])


async def test_a_sub_workflow_is_not_tried_again_when_it_has_spent_what_was_left(real: Rig) -> None:
    again = call("other", "p", attempts=Attempts(maximum=9, delay_s=0.1))
    await real.run(plan(again), plans=THREE, budget=Budget(steps=3))
    assert len(real.sink.opened) == 1


async def test_what_runs_below_a_sub_workflow_spend_counts_too(real: Rig) -> None:
    plans = {**THREE, "q": pinned(plan(call("inner", "p")))}
    row = plan(call("other", "q"), fake("a", "other"))
    ran = await real.run(row, plans=plans, budget=Budget(steps=5))
    assert ran.record.error
    assert (ran.record.error.kind, len(real.fake.calls)) == ("budget", 3)
    assert (await real.run(row, plans=plans, budget=Budget(steps=6))).record.status == "succeeded"


async def test_a_sub_workflow_can_wait_to_be_allowed_more(real: Rig) -> None:
    row = plan(call("other", "p"))
    run_id = await real.start(row, plans=THREE, budget=Budget(steps=3, on_reached="pause"))
    child = child_run_id(run_id, "other", 1)
    async with asyncio.timeout(20):
        while not (held := real.sink.runs.get(child)) or not held.error:
            await asyncio.sleep(0.02)
    await real.client.raise_budget(child, Budget(steps=3))
    assert (await real.ended(run_id)).record.status == "succeeded"


async def test_what_a_sub_workflow_spent_is_known_after_the_run_continued_as_new(real: Rig) -> None:
    again = loop("again", body(call("other", "p"), delay("pause", "other", seconds=0.05)), maximum=20)
    ran = await real.run(plan(again), plans=THREE, budget=Budget(steps=26), history_limit=20)
    assert ran.record.error
    assert (ran.record.error.kind, len(real.fake.calls)) == ("budget", 15)
    assert await real.executions(ran.run_id) > 1


def test_the_tighter_limit_counts_and_says_what_happens() -> None:
    few, short = Budget(steps=3, on_reached="pause"), Budget(steps=9, seconds=2)
    assert few.within(short) == Budget(steps=3, seconds=2, on_reached="fail")
    assert few.within(Budget(steps=9)) == few
    assert few.within(None) == few
