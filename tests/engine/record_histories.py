"""Records the histories that test_replay.py replays: `python -m tests.engine.record_histories`.

Run it when a node type is added. A history that exists is kept: it stands for a run that is under way while
the code is changed, and replacing it would hide that such runs break.
"""

import asyncio
import logging
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
from temporalio.testing import WorkflowEnvironment

from engine.contracts import (
    Arrival,
    Attempts,
    Budget,
    Event,
    HumanDecision,
    NodeDecision,
    Plan,
    ScheduledRequest,
    Slots,
    WorkingHours,
)
from engine.contracts.working import WEEKDAYS
from engine.ids import child_run_id
from engine.workflows.scheduled_start import ScheduledStart
from tests.engine.conftest import Rig
from tests.engine.plans import (
    ask,
    body,
    call,
    condition,
    delay,
    each,
    fail,
    fake,
    loop,
    merge,
    output,
    pages,
    pinned,
    plan,
    start,
    switch,
    transform,
    wait,
)
from tests.engine.web import as_json, web_server

ALWAYS = WorkingHours(days=WEEKDAYS, opens="00:00", closes="24:00")
HISTORIES = Path(__file__).with_name("histories")


def plans(url: str) -> dict[str, tuple[Plan, dict[str, Any]]]:
    """Return a plan and inputs for each history, by its name."""
    http = fake("fetch", "start").model_copy(update={"type": "http", "config": {"url": "{{ inputs.url }}"}})
    branches = [
        start(),
        condition("big", "{{ inputs.n > 10 }}", "start"),
        transform("yes", "big", "big.true"),
        transform("no", "small", "big.false"),
        merge("joined", "yes", "no"),
    ]
    implied = output("last", "{{ nodes.fetch.output.n }}").model_copy(update={"after": ("fetch",)})
    side_by_side = [http.model_copy(update={"id": f"h{n}", "incoming": ()}) for n in range(5)]
    slow = [fake(f"s{n}", *([f"s{n - 1}"] if n else []), seconds=0.6) for n in range(6)]
    regular = {"local": False, "attempts": 2, "failures": 1}
    undo = {"book": fake("cancel", value="{{ item }} {{ nodes.pay.status }}", on_error="continue")}
    trips = each("trips", [1, 2], body(fake("book"), fake("pay", "book")))
    return {
        "input_output": (plan(start(), output("said", "{{ inputs.text }}", "start")), {"text": "hello"}),
        "transform": (plan(*[transform(f"t{n}", n, *([f"t{n - 1}"] if n else [])) for n in range(10)]), {}),
        "condition_merge": (plan(*branches, outputs={"n": "{{ nodes.joined.output }}"}), {"n": 11}),
        "http": (plan(start(), http, implied), {"url": url}),
        "http_side_by_side": (
            plan(*side_by_side),
            {"url": url},
        ),
        "delay": (plan(fake("a"), delay("pause", "a", seconds=1), fake("b", "pause")), {}),
        "regular_activity": (plan(start(), fake("long", "start", **regular), delay("d", seconds=0.5)), {}),
        "local_activity_retried": (plan(fake("work", attempts=3, failures=2)), {}),
        "error_port": (
            plan(fake("work", failures=1, on_error="continue"), transform("mended", 1, "work.error")),
            {},
        ),
        "failed": (plan(fake("slow", seconds=3), fake("broken", failures=1)), {}),
        "outputs_unfit": (
            plan(fake("work"), outputs={"a": 1}).model_copy(
                update={"output_schema": {"properties": {"a": {"type": "string"}}}}
            ),
            {},
        ),
        "many_steps": (plan(*[transform(f"s{n}", n) for n in range(450)]), {}),
        "slow_chain": (
            plan(*slow),
            {},
        ),
        "switch_all": (
            plan(
                start(),
                switch("way", {"a": "{{ inputs.n > 1 }}", "b": "{{ inputs.n > 2 }}"}, "start", matches="all"),
                fake("left", "way.a"),
                fake("right", "way.b"),
                fake("neither", "way.default"),
            ),
            {"n": 3},
        ),
        "fail": (plan(fake("slow", seconds=9), fake("work"), fail("stop", "no", "work")), {}),
        "first_wins": (
            plan(
                fake("quick", seconds=0.5, local=False),
                fake("slow", seconds=9, local=False),
                delay("patience", seconds=99),
                merge("winner", "quick", "slow", "patience", needs=1),
                fake("behind", "winner"),
            ),
            {},
        ),
        "people_at_work": (
            plan(
                ask(
                    "ask", remind_s=["0.2 s", "0.3 working s"], expire_s="0.6 working s", working_hours=ALWAYS
                )
            ),
            {},
        ),
        "people_nobody": (plan(start(), ask("ask", "start", assignees="{{ inputs.who }}")), {"who": []}),
        "map_of_maps": (
            plan(each("rows", [1, 2, 3], body(each("cells", [1, 2], body(fake("work")))), concurrency=2)),
            {},
        ),
        "map_collects": (
            plan(each("all", [0, 1, 2], body(fake("w", failures="{{ index }}")), on_item_error="collect")),
            {},
        ),
        "map_fails": (
            plan(each("all", [9, 0], body(fake("w", seconds="{{ item }}"), fail("no", "", "w")))),
            {},
        ),
        "map_over_pages": (plan(pages("all", "{{ index < 2 }}", body(fake("page")))), {}),
        "map_of_many": (plan(each("all", "{{ range(300) | list }}", body(transform("n", "{{ item }}")))), {}),
        "heavy": (
            plan(
                *[transform(f"t{n}", "{% for n in range(9) %}{{ n }}{% endfor %}") for n in range(3)],
                each("all", "{{ range(2500) | list }}", body(transform("n", "{{ item + 1 }}"))),
            ),
            {},
        ),
        "loop": (
            plan(
                loop(
                    "again",
                    body(
                        fake("work", value="{{ last + 1 }}"),
                        delay("pause", "work", seconds=0.2),
                        result="{{ nodes.work.output }}",
                    ),
                    initial=0,
                    until="{{ index == 2 }}",
                )
            ),
            {},
        ),
        "compensated_passes": (
            plan(trips, fail("stop", "no", "trips")).model_copy(update={"compensations": undo}),
            {},
        ),
        "first_wins_local": (
            plan(fake("quick"), fake("slow", seconds=4), merge("winner", "quick", "slow", needs=1)),
            {},
        ),
    }


async def limited(rig: Rig, recorded: Plan, **limits: Any) -> str:
    """Return the id of a run that ended by one of its limits."""
    return (await rig.run(recorded, **limits)).run_id


async def allowed_more(rig: Rig) -> str:
    """Return the id of a run that had used up its budget and was given a larger one."""
    row = plan(fake("a"), fake("b", "a"))
    run_id = await rig.start(row, budget=Budget(steps=1, on_reached="pause"))
    while run_id not in rig.sink.runs or not rig.sink.runs[run_id].error:
        await asyncio.sleep(0.05)
    await rig.client.raise_budget(run_id, Budget(steps=2))
    await rig.ended(run_id)
    return run_id


async def calling(rig: Rig, *, child: bool) -> str:
    """Return the id of a run that called a sub-workflow which failed once, or of its last run."""
    inner = plan(fake("work", failures=1), output("done", True, "work"))
    again = call("other", "p", attempts=Attempts(maximum=2, delay_s=0.2))
    ran = await rig.run(plan(again), plans={"p": pinned(inner)})
    return child_run_id(ran.run_id, "other", 2) if child else ran.run_id


async def call_cancelled(rig: Rig) -> str:
    """Return the id of a run that was cancelled while it waited for a sub-workflow."""
    inner = pinned(plan(delay("pause", seconds=99)))
    run_id = await rig.start(plan(call("other", "p")), plans={"p": inner})
    await rig.seen(child_run_id(run_id, "other", 1), "pause", "waiting")
    await rig.client.cancel(run_id)
    await rig.ended(run_id)
    return run_id


async def cancelled(rig: Rig) -> str:
    """Return the id of a run that was cancelled while it worked and waited."""
    run_id = await rig.start(plan(fake("work", seconds=9, local=False), delay("pause", seconds=99)))
    await rig.seen(run_id, "work", "running")
    await rig.client.cancel(run_id)
    await rig.ended(run_id)
    return run_id


async def woken(rig: Rig) -> str:
    """Return the id of a run that took a kept event, was told of one, and waited for one that never came."""
    kept = Event(id="1", name="kept", received_at=datetime.now(UTC))
    rig.events.give(kept)
    steps = (wait("early", event="kept"), wait("told", "early"), wait("late", "told", timeout_s=0.5))
    run_id = await rig.start(plan(*steps, transform("never", 1, "late"), fake("after", "late.timeout")))
    await rig.seen(run_id, "told", "waiting")
    event = Event(id="2", name="paid", data={"n": 1}, received_at=datetime.now(UTC))
    await rig.client.arrived(run_id, Arrival(node_id="told", event=event))
    await rig.ended(run_id)
    return run_id


async def people_decided(rig: Rig) -> str:
    """Return the id of a run in which people voted, edited, delegated, answered a form, and let time pass."""
    steps = (
        ask("vote", choices=("approve", "reject", "edit"), quorum=2, data=1),
        ask("form", "vote.edit", choices=("submit",)),
        ask("look", "form", choices=("accept", "ignore")),
        ask("late", "look.accept", remind_s=0.1, escalate_s=0.2, escalate_to=["boss"], expire_s=0.4),
        fake("after", "late.timeout"),
    )
    run_id = await rig.start(plan(*steps, each("all", [1, 2], body(ask("each")))))
    for index, (place, action, by, more) in enumerate(
        (
            ("all/1/each", "approve", "ada", {}),
            ("vote", "approve", "ada", {}),
            ("vote", "edit", "bob", {"value": 2}),
            ("vote", "approve", "ada", {"revision": 2}),
            ("form", "submit", "ada", {"value": {"a": 1}}),
            ("look", "delegate", "ada", {"to": ("bob",)}),
            ("look", "accept", "bob", {}),
            ("all/0/each", "reject", "ada", {}),
        )
    ):
        await rig.seen(run_id, place, "waiting")
        await asyncio.sleep(0.2)
        scope, _, node_id = place.rpartition("/")
        made = {"id": str(index), "scope": scope, "node_id": node_id, "at": datetime.now(UTC)}
        await rig.client.decide_task(
            run_id, HumanDecision.model_validate({**made, "action": action, "by": by, **more})
        )
    await rig.ended(run_id)
    return run_id


async def people_cancelled(rig: Rig) -> str:
    """Return the id of a run that was cancelled while it asked."""
    run_id = await rig.start(plan(ask("ask")))
    await rig.seen(run_id, "ask", "waiting")
    await asyncio.sleep(0.2)
    await rig.client.cancel(run_id)
    await rig.ended(run_id)
    return run_id


async def in_line(rig: Rig) -> str:
    """Return the id of a run whose steps share groups: one had to wait for a slot that another run held."""
    here = Slots(group="here", limit=1)
    everywhere = Slots(group="everywhere", limit=1, across="all")
    rig.slots.asked.append("another run's")
    steps = [fake(f"h{n}", slots=here) for n in range(3)]
    run_id = await rig.start(plan(*steps, fake("all", slots=everywhere, local=False)))
    await rig.seen(run_id, "all", "waiting")
    rig.slots.asked.remove("another run's")
    await rig.ended(run_id)
    return run_id


async def told_in_line(rig: Rig) -> str:
    """Return the id of a run whose step stood in line until another run told it that its slot was free."""
    slots = Slots(group="everywhere", limit=1, across="all")
    other = await rig.start(plan(fake("all", seconds=0.8, slots=slots, local=False)))
    while not rig.slots.held:
        await asyncio.sleep(0.02)
    run_id = await rig.start(plan(fake("all", slots=slots)))
    await rig.ended(other)
    await rig.ended(run_id)
    return run_id


async def decided(rig: Rig) -> str:
    """Return the id of a run in which a step paused twice: it was tried again, then its output was given."""
    work = fake("work", failures=9, on_error="pause")
    inline = transform("inline", "{{ inputs.nothing }}", "work", on_error="pause")
    run_id = await rig.start(plan(start(), work, inline, fake("behind", "inline")))
    for node_id, action, attempt in (("work", "retry", 1), ("work", "output", 2), ("inline", "output", 1)):
        async with asyncio.timeout(30):
            while (record := rig.sink.of(run_id).get(node_id)) is None or (
                record.status,
                record.attempt,
            ) != ("waiting", attempt):
                await asyncio.sleep(0.02)
        made = {"action": action, "by": "ada", "at": datetime.now(UTC), "node_id": node_id}
        await rig.client.decide(run_id, NodeDecision(**made, attempt=attempt, output=1))
    await rig.ended(run_id)
    return run_id


async def amended(rig: Rig) -> str:
    """Return the id of a run in which a map and a transform were tried again with other settings."""
    gone = "{{ inputs.nothing }}"
    steps = (transform("one", gone, on_error="pause"), each("all", gone, body(fake("w")), on_error="pause"))
    run_id = await rig.start(plan(*steps))
    for node_id, config in (("one", {"value": 1}), ("all", {"items": [1, 2]})):
        await rig.seen(run_id, node_id, "waiting")
        made = {"action": "retry", "by": "ada", "at": datetime.now(UTC), "node_id": node_id}
        await rig.client.decide(run_id, NodeDecision(**made, attempt=1, config=config))
    await rig.ended(run_id)
    return run_id


async def main() -> None:
    """Record what is missing."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    HISTORIES.mkdir(exist_ok=True)
    path = str(Path(sys.executable).with_name("temporal"))
    async with (
        await WorkflowEnvironment.start_local(dev_server_existing_path=path) as environment,
        web_server() as web,
    ):
        web.replies["/"] = as_json({"n": 7})
        rig = Rig(environment.client)
        async with rig.worker():
            for name, (recorded, inputs) in plans(f"{web.url}/").items():
                await keep(rig, name, lambda r=recorded, i=inputs: run(rig, r, i))
            await keep(rig, "cancelled", lambda: cancelled(rig))
            late, two = datetime.now(UTC) + timedelta(seconds=1), Budget(steps=2)
            slow = plan(fake("work", seconds=9, local=False), delay("pause", seconds=99))
            row = plan(fake("a"), fake("b", "a"), fake("c", "b"))
            await keep(rig, "deadline", lambda: limited(rig, slow, deadline=late))
            await keep(rig, "budget_raised", lambda: allowed_more(rig))
            await keep(rig, "subworkflow", lambda: calling(rig, child=False))
            await keep(rig, "subworkflow_child", lambda: calling(rig, child=True))
            await keep(rig, "subworkflow_cancelled", lambda: call_cancelled(rig))
            called = {"p": pinned(plan(fake("x"), fake("y", "x")))}
            spends = plan(call("other", "p"), fake("a", "other"), fake("b", "a"))
            await keep(
                rig, "subworkflow_budget", lambda: limited(rig, spends, plans=called, budget=Budget(steps=4))
            )
            await keep(rig, "budget", lambda: limited(rig, row, budget=two))
            await keep(rig, "wait_for_event", lambda: woken(rig))
            await keep(rig, "paused", lambda: decided(rig))
            await keep(rig, "paused_kept_first", lambda: decided(rig))
            await keep(rig, "amended", lambda: amended(rig))
            await keep(rig, "people", lambda: people_decided(rig))
            await keep(rig, "people_kept_first", lambda: people_decided(rig))
            await keep(rig, "people_cancelled", lambda: people_cancelled(rig))
            undo = {name: fake(f"undo_{name}", on_error="continue") for name in ("a", "b")}
            saga = plan(fake("a"), fake("b", "a"), fail("stop", "no", "b"))
            undone = saga.model_copy(update={"compensations": undo})
            await keep(rig, "compensated", lambda: run(rig, undone, {}))
            await keep(rig, "concurrency", lambda: in_line(rig))
            await keep(rig, "told_in_line", lambda: told_in_line(rig))
            await keep(rig, "scheduled", lambda: scheduled(rig, cancel=False))
            await keep(rig, "scheduled_cancelled", lambda: scheduled(rig, cancel=True))


async def run(rig: Rig, recorded: Plan, inputs: dict[str, Any]) -> str:
    """Run a plan to its end and return the run's id."""
    return (await rig.run(recorded, inputs)).run_id


async def scheduled(rig: Rig, *, cancel: bool) -> str:
    """Start what a schedule starts, perhaps cancel it, and tell it that its run has ended; return its id."""
    run_id, before, stopped = str(uuid4()), len(rig.starter.orders), len(rig.starter.stopped)
    handle = await rig.client.temporal.start_workflow(
        ScheduledStart.run,
        ScheduledRequest(trigger_id=run_id, waits=True),
        id=f"run-{run_id}",
        task_queue=rig.client.task_queue,
    )
    while len(rig.starter.orders) == before:
        await asyncio.sleep(0.05)
    if cancel:
        await handle.cancel()
        while len(rig.starter.stopped) == stopped:
            await asyncio.sleep(0.05)
    await handle.signal(ScheduledStart.run_ended)
    await handle.result()
    return run_id


async def keep(rig: Rig, name: str, make: Any) -> None:
    """Write the history of the run that `make` makes, unless there is one of that name."""
    target = HISTORIES / f"{name}.json"
    if target.exists():
        return
    run_id = await make()
    target.write_text(await rig.history(run_id) + "\n")
    print(f"recorded {target.name}")


if __name__ == "__main__":
    asyncio.run(main())
