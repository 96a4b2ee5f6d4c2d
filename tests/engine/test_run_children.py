"""Sub-workflows: runs of their own, whose end reaches the node that began them whatever lies between."""

import asyncio
from datetime import UTC, datetime

from engine.contracts import Attempts, NodeDecision
from engine.ids import child_run_id, workflow_id
from tests.engine.conftest import Rig
from tests.engine.plans import (
    body,
    call,
    condition,
    delay,
    each,
    fail,
    fake,
    loop,
    output,
    pinned,
    plan,
    start,
    transform,
)

GREET = pinned(plan(start(), output("greeting", "Hello, {{ inputs.name }}", "start")))
SLOW = pinned(plan(delay("pause", seconds=1.5), output("done", True, "pause")))
BROKEN = pinned(plan(fail("stop", "no luck", kind="luckless")))
LONG = pinned(plan(fake("work", seconds=60, local=False), delay("pause", seconds=600)))


async def until_running(rig: Rig, run_id: str, node_id: str) -> None:
    await rig.seen(run_id, node_id, "running")


async def test_its_output_is_the_other_runs_outputs(real: Rig) -> None:
    steps = [start(), call("greet", "g", "start", inputs={"name": "{{ inputs.who }}"})]
    said = output("said", "{{ nodes.greet.output.greeting }}", "greet")
    ran = await real.run(plan(*steps, said), {"who": "Ada"}, plans={"g": GREET})
    assert ran.outputs == {"said": "Hello, Ada"}
    [opening] = real.sink.opened
    assert opening.run_id == child_run_id(ran.run_id, "greet", 1)
    assert (opening.parent.run_id, opening.parent.node_id) == (ran.run_id, "greet")
    assert real.sink.statuses(opening.run_id) == {"start": "succeeded", "greeting": "succeeded"}


async def test_its_failure_is_the_nodes_failure(real: Rig) -> None:
    ran = await real.run(plan(call("other", "b")), plans={"b": BROKEN})
    error = ran.record.error
    assert error
    assert (ran.record.status, error.kind, error.node) == ("failed", "luckless", "other")
    assert error.message == "test: no luck"


async def test_a_failed_one_can_be_gone_on_from(real: Rig) -> None:
    steps = [
        call("other", "b", on_error="continue"),
        transform("mended", "{{ nodes.other.error.kind }}", "other.error"),
    ]
    ran = await real.run(plan(*steps), plans={"b": BROKEN})
    assert ran.nodes["mended"].output == "luckless"


async def test_a_failed_one_is_begun_again_as_often_as_asked(real: Rig) -> None:
    step = call("other", "b", attempts=Attempts(maximum=3, delay_s=0.1))
    ran = await real.run(plan(step), plans={"b": BROKEN})
    assert [opening.parent.attempt for opening in real.sink.opened] == [1, 2, 3]
    assert len({opening.run_id for opening in real.sink.opened}) == 3
    assert ran.nodes["other"].attempt == 3


async def test_one_that_cannot_be_stored_fails_its_node(real: Rig) -> None:
    gone = GREET.model_copy(update={"version_id": "gone"})
    ran = await real.run(plan(call("other", "g", attempts=Attempts(maximum=5))), plans={"g": gone})
    assert ran.record.error
    assert ran.record.error.kind == "version-gone"


async def test_each_pass_of_a_map_has_one_of_its_own(real: Rig) -> None:
    inside = body(
        call("greet", "g", inputs={"name": "{{ item }}"}), result="{{ nodes.greet.output.greeting }}"
    )
    ran = await real.run(plan(each("all", ["Ada", "Bob"], inside)), plans={"g": GREET})
    assert ran.nodes["all"].output["results"] == ["Hello, Ada", "Hello, Bob"]
    assert {opening.parent.scope for opening in real.sink.opened} == {"all/0", "all/1"}


async def test_they_nest(real: Rig) -> None:
    middle = pinned(
        plan(
            call("inner", "g", inputs={"name": "Eve"}),
            output("said", "{{ nodes.inner.output.greeting }}", "inner"),
        )
    )
    ran = await real.run(
        plan(call("outer", "m"), output("all", "{{ nodes.outer.output.said }}", "outer")),
        plans={"g": GREET, "m": middle},
    )
    assert ran.outputs == {"all": "Hello, Eve"}


async def test_a_time_limit_is_the_other_runs_deadline(real: Rig) -> None:
    ran = await real.run(plan(call("other", "l", timeout_s=1)), plans={"l": LONG})
    assert ran.record.error
    assert ran.record.error.kind == "deadline"
    assert (await real.client.result(real.sink.opened[0].run_id)).status == "cancelled"


async def test_cancelling_a_run_cancels_what_it_began(real: Rig) -> None:
    run_id = await real.start(plan(call("other", "l")), plans={"l": LONG})
    child = child_run_id(run_id, "other", 1)
    await until_running(real, child, "work")
    await real.client.cancel(run_id)
    assert (await real.ended(run_id)).record.status == "cancelled"
    assert (await asyncio.wait_for(real.client.result(child), 20)).status == "cancelled"


async def test_a_run_that_fails_cancels_what_it_began(real: Rig) -> None:
    late = fail("stop", "enough", "pause")
    run_id = await real.start(plan(call("other", "l"), delay("pause", seconds=2), late), plans={"l": LONG})
    assert (await real.ended(run_id)).record.status == "failed"
    child = child_run_id(run_id, "other", 1)
    assert (await asyncio.wait_for(real.client.result(child), 20)).status == "cancelled"


async def test_one_that_is_terminated_from_outside_fails_its_node(real: Rig) -> None:
    run_id = await real.start(plan(call("other", "l")), plans={"l": LONG})
    child = child_run_id(run_id, "other", 1)
    await until_running(real, child, "work")
    await real.temporal.get_workflow_handle(workflow_id(child)).terminate()
    ran = await real.ended(run_id)
    assert ran.record.error
    assert ran.record.error.kind == "terminated"


async def test_a_run_continues_as_new_while_what_it_began_goes_on(real: Rig) -> None:
    ticks = loop("ticks", body(delay("tick", seconds=0.1), fake("work", "tick")), maximum=40)
    steps = [call("other", "s"), ticks, output("said", "{{ nodes.other.output.done }}", "other")]
    ran = await real.run(plan(*steps), plans={"s": SLOW}, history_limit=20)
    assert ran.outputs == {"said": True}
    assert await real.executions(ran.run_id) > 2
    assert len(real.sink.opened) == 1


async def test_in_a_loop_that_continues_as_new_none_is_lost_or_doubled(real: Rig) -> None:
    inside = body(
        call("greet", "g", inputs={"name": "{{ index }}"}),
        result="{{ (last or []) + [nodes.greet.output.greeting] }}",
    )
    ran = await real.run(plan(loop("again", inside, maximum=12)), plans={"g": GREET}, history_limit=20)
    assert ran.nodes["again"].output == [f"Hello, {n}" for n in range(12)]
    assert len(real.sink.opened) == 12
    assert await real.executions(ran.run_id) > 1


async def test_a_worker_that_is_exchanged_loses_no_child(server: object) -> None:
    rig = Rig(server)  # type: ignore[arg-type]
    async with rig.worker():
        run_id = await rig.start(plan(call("other", "s")), plans={"s": SLOW})
        await until_running(rig, run_id, "other")
    async with rig.worker():
        assert (await rig.ended(run_id)).record.status == "succeeded"


async def test_a_failed_one_that_waits_for_a_decision_is_tried_again_with_other_inputs(real: Rig) -> None:
    picky = pinned(
        plan(
            condition("ok", "{{ inputs.n > 1 }}"),
            fail("stop", "too few", "ok.false"),
            output("n", "{{ inputs.n }}", "ok.true"),
        )
    )
    run_id = await real.start(
        plan(call("other", "p", inputs={"n": 1}, on_error="pause")), plans={"p": picky}, history_limit=20
    )
    await real.seen(run_id, "other", "waiting")
    decision = NodeDecision(
        node_id="other",
        attempt=1,
        action="retry",
        config={"inputs": {"n": 2}},
        by="Ada",
        at=datetime.now(UTC),
    )
    await real.client.decide(run_id, decision)
    ran = await real.ended(run_id)
    other = ran.nodes["other"]
    assert (other.status, other.output, other.attempt) == ("succeeded", {"n": 2}, 2)
    assert [opening.parent.attempt for opening in real.sink.opened] == [1, 2]
