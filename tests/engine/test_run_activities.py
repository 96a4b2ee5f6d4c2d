"""Steps that touch the world: repeated, timed, cancelled, interrupted, and done once."""

import asyncio
from datetime import UTC, datetime

from engine.contracts import NodeRecord
from tests.engine.conftest import Rig
from tests.engine.plans import delay, fake, output, plan, start, transform

REGULAR = {"local": False, "timeout_s": 30.0}


async def test_failed_attempts_are_repeated(real: Rig) -> None:
    ran = await real.run(plan(fake("work", attempts=3, failures=2, value="at last")))
    assert (ran.nodes["work"].output, ran.nodes["work"].attempt) == ("at last", 3)


async def test_regular_activity_is_repeated_too(real: Rig) -> None:
    ran = await real.run(plan(fake("work", attempts=2, failures=1, value="at last", **REGULAR)))
    assert (ran.nodes["work"].output, ran.nodes["work"].attempt) == ("at last", 2)


async def test_why_an_attempt_failed_is_seen_while_it_is_repeated(real: Rig) -> None:
    run_id = await real.start(plan(fake("work", attempts=2, delay_s=1, failures=1, failure="quota")))
    await real.seen(run_id, "work", "running")
    async with asyncio.timeout(10):
        while not (error := real.sink.of(run_id)["work"].error):
            await asyncio.sleep(0.02)
    assert error.kind == "quota"
    await real.ended(run_id)


async def test_last_attempt_that_fails_is_the_steps_failure(real: Rig) -> None:
    ran = await real.run(plan(fake("work", attempts=2, failures=9, failure="quota")))
    assert ran.record.error
    assert (ran.record.error.kind, ran.nodes["work"].attempt, len(real.fake.calls)) == ("quota", 2, 2)


async def test_failure_that_cannot_be_helped_is_not_repeated(real: Rig) -> None:
    ran = await real.run(plan(fake("work", attempts=5, failures=9, retryable=False)))
    assert (ran.record.status, len(real.fake.calls)) == ("failed", 1)


async def test_long_pause_between_attempts_is_a_timer_of_the_server(rig: Rig) -> None:
    ran = await rig.run(plan(fake("work", attempts=2, delay_s=3600, failures=1, value=1)))
    assert ran.nodes["work"].attempt == 2


async def test_attempt_that_takes_too_long_fails(real: Rig) -> None:
    ran = await real.run(plan(fake("work", seconds=5, timeout_s=0.2)))
    assert ran.record.error
    assert (ran.record.error.kind, real.fake.cancelled) == ("timeout", ["work"])


async def test_idempotency_key_is_one_for_all_attempts(real: Rig) -> None:
    ran = await real.run(plan(fake("work", attempts=3, failures=2)))
    assert {call.idempotency_key for call in real.fake.calls} == {f"{ran.run_id}:work"}


async def test_step_recorded_before_a_crash_is_not_done_again(real: Rig) -> None:
    run_id = await real.start(plan(delay("pause", seconds=1), fake("work", "pause", value="new")))
    now = datetime.now(UTC)
    earlier = NodeRecord(node_id="work", status="succeeded", finished_at=now, ports=("out",), output="old")
    real.sink.nodes[run_id, "work"] = earlier
    ran = await real.ended(run_id)
    assert (ran.nodes["work"].output, ran.record.status, real.fake.calls) == ("old", "succeeded", [])


async def test_failure_recorded_before_a_crash_counts(real: Rig) -> None:
    run_id = await real.start(
        plan(delay("pause", seconds=1), fake("work", "pause", failures=1, failure="quota"))
    )
    await real.ended(run_id)
    again = await real.run(plan(fake("work", value=1)))
    assert again.record.status == "succeeded"


async def test_records_that_are_away_delay_a_step_and_count_as_no_attempt(rig: Rig) -> None:
    rig.sink.away = 3
    ran = await rig.run(plan(fake("work", value="done")))
    assert (ran.nodes["work"].output, ran.nodes["work"].attempt, len(rig.fake.calls)) == ("done", 1, 1)


async def test_attempts_spent_before_an_interruption_stay_spent(rig: Rig) -> None:
    run_id = await rig.start(plan(fake("work", attempts=2, delay_s=2, failures=1, value=1)))
    await rig.seen(run_id, "work", "running")
    async with asyncio.timeout(10):
        while not rig.sink.of(run_id)["work"].error:
            await asyncio.sleep(0.02)
    rig.sink.away = 1
    ran = await rig.ended(run_id)
    assert [call.attempt for call in rig.fake.calls] == [1, 2]
    assert ran.nodes["work"].attempt == 2


async def test_work_done_while_the_records_are_away_is_not_done_again(real: Rig) -> None:
    run_id = await real.start(
        plan(fake("work", seconds=0.5, value="once"), output("said", "{{ nodes.work.output }}", "work"))
    )
    await real.seen(run_id, "work", "running")
    real.sink.away = 2
    ran = await real.ended(run_id)
    assert (ran.outputs, len(real.fake.calls)) == ({"said": "once"}, 1)
    assert ran.nodes["work"].status == "succeeded"


async def test_inline_records_travel_with_the_next_activity(real: Rig) -> None:
    ran = await real.run(
        plan(start(), transform("a", 1, "start"), fake("work", "a"), transform("b", 2, "work"))
    )
    written = [[record.node_id for record in batch.nodes] for batch in real.sink.batches_of(ran.run_id)]
    assert written == [["start", "a", "work"], ["work", "b"]]


async def test_cancelling_stops_running_work_and_is_recorded(real: Rig) -> None:
    for more in ({"timeout_s": 9.0}, REGULAR):
        real.fake.started.clear()
        run_id = await real.start(
            plan(start(), fake("work", "start", seconds=9, **more), delay("pause", seconds=99))
        )
        await real.fake.started.wait()
        await real.client.cancel(run_id)
        ran = await real.ended(run_id)
        assert (ran.record.status, real.sink.runs[run_id].status) == ("cancelled", "cancelled")
        assert ran.statuses == {"start": "succeeded", "work": "cancelled", "pause": "cancelled"}
        assert await real.client.describe(run_id) == "cancelled"


async def test_cancelling_is_noticed_between_short_steps(real: Rig) -> None:
    steps = [fake(f"s{n}", *([f"s{n - 1}"] if n else []), seconds=0.3) for n in range(30)]
    run_id = await real.start(plan(*steps))
    await real.seen(run_id, "s1", "succeeded")
    await real.client.cancel(run_id)
    ran = await real.ended(run_id)
    assert ran.record.status == "cancelled"
    assert len(ran.nodes) < 15


async def test_cancelling_a_run_that_waits(real: Rig) -> None:
    run_id = await real.start(plan(delay("pause", seconds=9999)))
    await real.seen(run_id, "pause", "waiting")
    await real.client.cancel(run_id)
    ran = await real.ended(run_id)
    assert (ran.record.status, ran.statuses) == ("cancelled", {"pause": "cancelled"})


async def test_cancelling_what_is_over_or_unknown_does_nothing(real: Rig) -> None:
    ran = await real.run(plan())
    await real.client.cancel(ran.run_id)
    await real.client.cancel("unknown")
    assert [await real.client.describe(run) for run in (ran.run_id, "unknown")] == ["completed", "missing"]


async def test_starting_a_run_again_does_nothing(real: Rig) -> None:
    ran = await real.run(plan(fake("work")))
    await real.client.start(ran.request)
    assert len(real.fake.calls) == 1


async def test_terminated_run_comes_to_a_failure(real: Rig) -> None:
    run_id = await real.start(plan(delay("pause", seconds=9999)))
    await real.client.temporal.get_workflow_handle(f"run-{run_id}").terminate("enough")
    record = await real.client.result(run_id)
    assert record.error
    assert (record.status, record.error.kind) == ("failed", "ended-outside")
    assert await real.client.describe(run_id) == "terminated"


async def test_stopped_worker_hands_its_work_to_the_next(server) -> None:
    for more in ({"timeout_s": 9.0}, REGULAR):
        rig = Rig(server)
        async with rig.worker():
            run_id = await rig.start(plan(fake("work", seconds=1.5, value="done", **more)))
            await rig.fake.started.wait()
        async with rig.worker():
            ran = await rig.ended(run_id)
        assert (ran.nodes["work"].output, ran.nodes["work"].attempt) == ("done", 1)


async def test_node_type_without_an_adapter_fails_the_step(real: Rig) -> None:
    ran = await real.run(plan(fake("work").model_copy(update={"type": "telepathy"})))
    assert ran.record.error
    assert ran.record.error.kind == "adapter-missing"


async def test_fault_of_an_adapter_is_a_failure_a_person_sees(real: Rig) -> None:
    ran = await real.run(plan(fake("work", seconds="soon")))
    assert ran.record.error
    assert (ran.record.error.kind, "seconds" in ran.record.error.message) == ("internal", True)
