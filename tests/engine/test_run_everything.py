"""Everything at once, in runs that continue as new every few steps: nothing is lost, nothing done twice."""

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime
from itertools import product

import pytest
from temporalio.service import RPCError

from engine.contracts import Arrival, NodeDecision, Plan
from engine.errors import DecisionRefused
from tests.engine.conftest import Rig
from tests.engine.plans import body, call, delay, each, fake, loop, merge, output, pinned, plan, wait
from tests.engine.test_run_waits import event, send

CHILD = pinned(
    plan(
        fake("deed", value=1),
        delay("pause", "deed", seconds=0.3),
        output("n", "{{ nodes.deed.output }}", "pause"),
    )
)


def everything() -> Plan:
    """A map in a loop, whose passes call, wait for an event, and pause; beside it a race of containers."""
    passes = body(
        fake("begin", value="{{ item }}"),
        call("other", "c", "begin"),
        wait("told", "other", event="told", key="{{ nodes.again.index }}-{{ item }}"),
        fake("shaky", "told", failures=1, on_error="pause", local=False, value=10),
        result="{{ nodes.shaky.output + nodes.told.output + nodes.other.output.n }}",
        outer=("again",),
    )
    race = body(
        each("quick", [1, 2], body(fake("q", value="{{ item }}"))),
        each("slow", [1, 2], body(call("endless", "c"), wait("never", "endless", event="never"))),
        merge("first", "quick", "slow", needs=1),
        each("work", [0, 1, 2, 3], passes, "first", concurrency=3),
        result="{{ nodes.work.output.results }}",
    )
    return plan(loop("again", race, maximum=2), output("all", "{{ nodes.again.output }}", "again"))


async def decide_all(rig: Rig, run_id: str) -> None:
    """Let every step that pauses try again, as soon as it does."""
    while True:
        for record in rig.sink.of(run_id).values():
            if record.status == "waiting" and record.error:
                named = {"scope": record.scope, "node_id": record.node_id, "attempt": record.attempt}
                decision = NodeDecision(action="retry", by="ada", at=datetime.now(UTC), **named)
                with contextlib.suppress(
                    DecisionRefused, RPCError
                ):  # taken already, or between two executions
                    await rig.client.decide(run_id, decision)
        await asyncio.sleep(0.05)


async def tell_all(rig: Rig) -> None:
    """Send each event once, half of them early, and tell the run of each again and again."""
    for index, item in product(range(2), range(4)):
        await send(rig, event(100, name="told", key=f"{index}-{item}", id=f"{index}-{item}"))
        await asyncio.sleep(0.3)
    while True:
        for (run_id, at), given in list(rig.events.given.items()):
            scope, _, node_id = at.rpartition("/")
            with contextlib.suppress(RPCError):  # it has ended
                await rig.client.arrived(run_id, Arrival(scope=scope, node_id=node_id, event=given))
        await asyncio.sleep(0.3)


@pytest.mark.parametrize("history_limit", [25, 60, 5_000])
async def test_everything_in_flight_is_carried_over(real: Rig, history_limit: int) -> None:
    run_id = await real.start(everything(), plans={"c": CHILD}, history_limit=history_limit)
    helpers = [asyncio.create_task(decide_all(real, run_id)), asyncio.create_task(tell_all(real))]
    ran = await real.ended(run_id)
    for helper in helpers:
        helper.cancel()
    assert ran.outputs == {"all": [111, 111, 111, 111]}
    calls = Counter((call.run_id, call.scope, call.node_id, call.attempt) for call in real.fake.calls)
    assert calls.total() == len(calls)
    assert set(ran.statuses.values()) == {"succeeded", "cancelled"}
