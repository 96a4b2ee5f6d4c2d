"""Concurrency groups: at most so many of a kind at once, in a run and across runs, and each has its turn."""

import asyncio

import pytest

from engine.contracts import Slots
from engine.workflows import line
from tests.engine.conftest import Rig
from tests.engine.plans import body, each, fake, plan


def grouped(count: int, limit: int, *, across: str = "run", local: bool = True) -> list:  # type: ignore[type-arg]
    slots = Slots.model_validate({"group": "printer", "limit": limit, "across": across})
    return [fake(f"p{n}", seconds=0.05, slots=slots, local=local) for n in range(count)]


async def test_no_more_of_a_group_than_its_limit_work_at_once(real: Rig) -> None:
    ran = await real.run(plan(*grouped(6, 2)))
    assert set(ran.statuses.values()) == {"succeeded"}
    assert real.fake.most == 2


async def test_steps_of_no_group_pass_those_that_wait(real: Rig) -> None:
    await real.run(plan(*grouped(4, 1), fake("free")))
    assert real.fake.nodes().index("free") < 3


async def test_a_group_holds_in_all_passes_together(real: Rig) -> None:
    slots = Slots(group="printer", limit=2)
    work = fake("work", seconds=0.02, slots=slots)
    ran = await real.run(plan(each("all", list(range(8)), body(work), concurrency=8)))
    assert ran.record.status == "succeeded"
    assert real.fake.most == 2


async def test_a_group_across_runs_holds_in_all_of_them(real: Rig) -> None:
    runs = [await real.start(plan(*grouped(2, 2, across="all", local=False))) for _ in range(3)]
    ended = [await real.ended(run_id) for run_id in runs]
    assert {ran.record.status for ran in ended} == {"succeeded"}
    assert real.slots.most <= 2
    assert real.slots.asked == []


async def test_standing_in_line_is_no_attempt(real: Rig) -> None:
    real.slots.asked.append("another run's")
    run_id = await real.start(plan(*grouped(1, 1, across="all")))
    await real.seen(run_id, "p0", "waiting")
    assert real.fake.calls == []
    real.slots.asked.remove("another run's")
    assert (await real.ended(run_id)).nodes["p0"].attempt == 1


async def test_a_step_that_fails_frees_its_slot(real: Rig) -> None:
    slots = Slots(group="printer", limit=1, across="all")
    ran = await real.run(plan(fake("p0", failures=9, attempts=2, slots=slots)))
    assert (ran.record.status, real.slots.asked) == ("failed", [])


async def test_a_cancelled_step_frees_its_slot(real: Rig) -> None:
    slots = Slots(group="printer", limit=1, across="all")
    run_id = await real.start(plan(fake("p0", seconds=30, timeout_s=60.0, local=False, slots=slots)))
    await real.seen(run_id, "p0", "running")
    async with asyncio.timeout(30):
        while not real.slots.held:
            await asyncio.sleep(0.02)
    await real.client.cancel(run_id)
    await real.ended(run_id)
    async with asyncio.timeout(30):
        while real.slots.asked:
            await asyncio.sleep(0.02)


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody in line asks again by itself before an hour is over."""
    monkeypatch.setattr(line, "PAUSE_S", (3600.0,))


@pytest.mark.usefixtures("unasked")
@pytest.mark.parametrize("local", [True, False])
async def test_who_is_next_is_told(real: Rig, local: bool) -> None:
    runs = [await real.start(plan(*grouped(2, 1, across="all", local=local))) for _ in range(3)]
    ended = [await real.ended(run_id) for run_id in runs]
    assert {ran.record.status for ran in ended} == {"succeeded"}
    assert real.slots.most == 1


@pytest.mark.usefixtures("unasked")
async def test_who_fails_and_tries_again_stands_in_line_again(real: Rig) -> None:
    slots = Slots(group="printer", limit=1, across="all")
    failing = plan(fake("p0", failures=1, attempts=2, seconds=0.2, slots=slots, local=False))
    runs = [await real.start(failing) for _ in range(2)]
    ended = [await real.ended(run_id) for run_id in runs]
    assert [ran.nodes["p0"].attempt for ran in ended] == [2, 2]


async def test_who_stands_in_line_does_not_keep_the_run_from_continuing_as_new(real: Rig) -> None:
    real.slots.asked.append("another run's")
    chain = [fake(f"s{n}", *([f"s{n - 1}"] if n else []), local=False) for n in range(8)]
    run_id = await real.start(plan(*grouped(1, 1, across="all"), *chain), history_limit=20)
    await real.seen(run_id, "s7", "succeeded")
    assert await real.executions(run_id) > 1
    assert real.sink.statuses(run_id)["p0"] == "waiting"
    real.slots.asked.remove("another run's")
    ran = await real.ended(run_id)
    assert (ran.record.status, ran.nodes["p0"].attempt, real.fake.nodes().count("p0")) == ("succeeded", 1, 1)


async def test_attempts_that_were_spent_stay_spent_when_the_run_continues_as_new(real: Rig) -> None:
    slots = Slots(group="printer", limit=1, across="all")
    chain = [fake(f"s{n}", *([f"s{n - 1}"] if n else []), local=False) for n in range(8)]
    first = fake("p0", failures=1, attempts=2, delay_s=2, slots=slots, local=False)
    run_id = await real.start(plan(first, *chain), history_limit=20)
    await real.seen(run_id, "p0", "running")
    real.slots.asked.append("another run's")
    await real.seen(run_id, "p0", "waiting")
    await real.seen(run_id, "s7", "succeeded")
    assert await real.executions(run_id) > 1
    real.slots.asked.remove("another run's")
    ran = await real.ended(run_id)
    assert (ran.nodes["p0"].attempt, real.fake.nodes().count("p0")) == (2, 2)
