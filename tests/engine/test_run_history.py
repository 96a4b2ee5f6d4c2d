"""A run's history tells everything that was recorded of it, to the last value and microsecond."""

from engine.contracts import RunRequest
from engine.replay import account_of
from tests.engine.conftest import Rig
from tests.engine.plans import (
    body,
    delay,
    each,
    fail,
    fake,
    loop,
    output,
    plan,
    start,
    transform,
)


async def test_history_tells_every_record(real: Rig) -> None:
    steps = [
        start(),
        fake("tried", "start", attempts=3, failures=1, value={"n": 1}),
        transform("shown", "{{ nodes.tried.output }}", "tried"),
        delay("pause", "shown", seconds=0.2),
        fake("long", "pause", local=False),
        output("o", "{{ nodes.shown.output }}", "long"),
    ]
    ran = await real.run(plan(*steps), {"name": "Ada"})
    account = await account_of(real.client.temporal, ran.run_id)
    assert account.nodes == ran.nodes
    assert account.run == ran.record
    assert isinstance(account.request, RunRequest)
    assert account.request.inputs == {"name": "Ada"}


async def test_history_tells_every_pass_over_many_executions(real: Rig) -> None:
    inner = loop(
        "again", body(fake("work", value=1, local=False), result="{{ nodes.work.output }}"), maximum=3
    )
    steps = [each("each", list(range(12)), body(inner, transform("t", "{{ item }}")), concurrency=3)]
    ran = await real.run(plan(*steps), history_limit=60)
    account = await account_of(real.client.temporal, ran.run_id)
    assert await real.executions(ran.run_id) > 2
    assert account.nodes == ran.nodes
    assert account.run == ran.record


async def test_history_tells_how_a_failed_run_ended(real: Rig) -> None:
    ran = await real.run(plan(fake("slow", seconds=9), fake("work"), fail("stop", "no", "work")))
    account = await account_of(real.client.temporal, ran.run_id)
    assert (account.nodes, account.run) == (ran.nodes, ran.record)


async def test_history_of_a_run_under_way_tells_how_far_it_is(real: Rig) -> None:
    run_id = await real.start(
        plan(start(), fake("slow", "start", seconds=2), delay("d", "start", seconds=60))
    )
    await real.seen(run_id, "slow", "running")
    account = await account_of(real.client.temporal, run_id)
    statuses = {place: record.status for place, record in account.nodes.items()}
    assert statuses == {"start": "succeeded", "slow": "running", "d": "waiting"}
    assert account.run
    assert account.run.status == "running"
    await real.client.cancel(run_id)


async def test_there_is_nothing_to_tell_of_an_unknown_run(real: Rig) -> None:
    assert (await account_of(real.client.temporal, "nobody")).request is None
