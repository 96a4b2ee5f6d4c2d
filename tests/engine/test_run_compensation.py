"""What had succeeded is undone when the run fails or is cancelled: the last first, whatever else fails."""

import asyncio
from typing import Any

from engine.contracts import NodeRecord, Origin, Plan, Step
from tests.engine.conftest import Rig
from tests.engine.plans import delay, fail, fake, plan, transform


def saga(*steps: Step, **undo: Any) -> Plan:
    """A plan whose steps are undone by the ones that are named like them: `a=fake(…)`."""
    return plan(*steps).model_copy(update={"compensations": undo})


def undoing(node_id: str, **more: Any) -> Step:
    return fake(node_id, on_error="continue", **more)


def order(rig: Rig) -> list[str]:
    return [node for node in rig.fake.nodes() if node.startswith("undo")]


async def test_the_last_success_is_undone_first(rig: Rig) -> None:
    steps = (fake("a"), fake("b", "a"), fake("c", "b"), fail("stop", "no", "c"))
    ran = await rig.run(saga(*steps, a=undoing("undo_a"), b=undoing("undo_b"), c=undoing("undo_c")))
    assert order(rig) == ["undo_c", "undo_b", "undo_a"]
    assert ran.record.error is not None
    assert (ran.record.status, ran.record.error.message) == ("failed", "no")
    assert {ran.statuses[f"undo_{name}"] for name in "abc"} == {"succeeded"}


async def test_only_what_succeeded_is_undone(rig: Rig) -> None:
    steps = (fake("a"), fake("b", "a", failures=1), fake("c", "b"))
    await rig.run(saga(*steps, a=undoing("undo_a"), b=undoing("undo_b"), c=undoing("undo_c")))
    assert order(rig) == ["undo_a"]


async def test_nothing_is_undone_when_the_run_succeeds(rig: Rig) -> None:
    ran = await rig.run(saga(fake("a"), a=undoing("undo_a")))
    assert (order(rig), "undo_a" in ran.nodes) == ([], False)


async def test_undoing_reads_what_the_steps_gave(rig: Rig) -> None:
    undo_b = undoing("undo_b", value="{{ nodes.undo_c.output }} before {{ nodes.a.output }}")
    steps = (fake("a", value=1), fake("b", "a"), fake("c", "b"), fail("stop", "no", "c"))
    ran = await rig.run(saga(*steps, b=undo_b, c=undoing("undo_c", value=3)))
    assert ran.nodes["undo_b"].output == "3 before 1"


async def test_undoing_that_fails_is_recorded_and_stops_no_other(rig: Rig) -> None:
    steps = (fake("a"), fake("b", "a"), fake("c", "b"), fail("stop", "no", "c"))
    ran = await rig.run(
        saga(
            *steps,
            a=undoing("undo_a"),
            b=undoing("undo_b", failures=9, attempts=2),
            c=undoing("undo_c", value="{{ nodes.nothing.output }}"),
        )
    )
    assert order(rig) == ["undo_b", "undo_b", "undo_a"]
    assert [ran.statuses[f"undo_{name}"] for name in "abc"] == ["succeeded", "failed", "failed"]
    assert ran.record.error is not None
    assert ran.record.error.message == "no"


async def test_a_cancelled_run_is_undone_too(real: Rig) -> None:
    run_id = await real.start(saga(fake("a"), delay("pause", "a", seconds=99), a=undoing("undo_a")))
    await real.seen(run_id, "pause", "waiting")
    await real.client.cancel(run_id)
    ran = await real.ended(run_id)
    assert (ran.record.status, ran.statuses["undo_a"]) == ("cancelled", "succeeded")


async def test_cancelling_while_it_is_undone_stops_nothing(real: Rig) -> None:
    steps = (fake("a"), fail("stop", "no", "a"))
    run_id = await real.start(saga(*steps, a=undoing("undo_a", seconds=1.5, local=False)))
    await real.seen(run_id, "undo_a", "running")
    await real.client.cancel(run_id)
    ran = await real.ended(run_id)
    assert (ran.record.status, ran.statuses["undo_a"]) == ("failed", "succeeded")


async def test_terminating_does_stop_it(real: Rig) -> None:
    steps = (fake("a"), fail("stop", "no", "a"))
    run_id = await real.start(saga(*steps, a=undoing("undo_a", seconds=30, local=False, timeout_s=60)))
    await real.seen(run_id, "undo_a", "running")
    await real.client.terminate(run_id, "enough")
    async with asyncio.timeout(30):
        while "undo_a" not in real.fake.cancelled:
            await asyncio.sleep(0.05)


async def test_it_is_undone_after_the_run_continued_as_new(real: Rig) -> None:
    row = [fake(f"s{n}", *([f"s{n - 1}"] if n else []), local=False) for n in range(8)]
    ran = await real.run(
        saga(*row, fail("stop", "no", "s7"), s0=undoing("undo_0"), s7=undoing("undo_7")), history_limit=20
    )
    assert await real.executions(ran.run_id) > 1
    assert order(real) == ["undo_7", "undo_0"]


async def test_what_was_taken_from_another_run_is_not_undone(rig: Rig) -> None:
    given = NodeRecord(
        node_id="a", status="succeeded", ports=("out",), origin=Origin(kind="reused", run_id="older")
    )
    await rig.run(saga(fake("a"), fail("stop", "no", "a"), a=undoing("undo_a")), seed=(given,))
    assert order(rig) == []


async def test_a_transform_may_note_what_is_left_to_do(rig: Rig) -> None:
    undo = transform("undo_a", "tell them about {{ nodes.a.output }}", on_error="continue")
    ran = await rig.run(saga(fake("a", value=7), fail("stop", "no", "a"), a=undo))
    assert ran.nodes["undo_a"].output == "tell them about 7"
