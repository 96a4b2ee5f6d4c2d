"""Random documents, run by the engine and gone through by the reference interpreter: they agree."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, assume, given, note, settings

from engine import compiler
from engine.contracts import HumanDecision, TaskOpening, place
from engine.errors import DecisionRefused
from engine.graph import Document
from tests.engine.conftest import Ran, Rig
from tests.engine.random_documents import decided, documents, with_fakes
from tests.engine.reference import Reference

INPUTS = {"n": 7, "items": ["a", {"b": 1}]}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=documents())
async def test_a_run_is_what_the_reference_says(real: Rig, raw: dict[str, Any]) -> None:
    document = Document.model_validate(raw)
    problems = compiler.check(document)
    assert {problem.code for problem in problems} <= {"impossible-reference"}
    assume(not problems)
    continues = len(document.nodes) > 8
    plan = with_fakes(compiler.compile(document), local=not continues)
    run_id = await real.start(plan, INPUTS, history_limit=20 if continues else 8_000)
    people = asyncio.create_task(decide_all(real, run_id))
    try:
        ran = await real.ended(run_id)
    finally:
        people.cancel()
        await asyncio.wait([people])
    note(f"{ran.record.status} {ran.record.error}")
    note(
        "\n".join(f"{at}: {record.status} {record.ports} {record.output}" for at, record in ran.nodes.items())
    )
    reference = Reference(document, INPUTS, ran.nodes)
    expected = reference.run()
    assert reference.differences == []
    assert ran.record.status == expected
    assert ran.record.error is None or ran.record.error.kind != "internal"
    assert_order(ran, document)
    assert_undone(ran, document, exact=not continues)


async def decide_all(rig: Rig, run_id: str) -> None:
    """Decide each task of a run as soon as it is open, all of them side by side; twice, as people do."""
    known: set[str] = set()
    async with asyncio.TaskGroup() as group:
        while True:
            for task in [task for task in rig.inbox.tasks if task.run_id == run_id]:
                at = place(task.scope, task.node_id)
                if at not in known and (action := decided(task.data)):
                    for by in ("ada", "bob"):
                        group.create_task(decide(rig, task, by, action))
                known.add(at)
            await asyncio.sleep(0.02)


async def decide(rig: Rig, task: TaskOpening, by: str, action: Any) -> None:
    """Decide a task; again while the run does not know of it yet, until that or somebody else was first."""
    while True:
        at, here = datetime.now(UTC), {"scope": task.scope, "node_id": task.node_id}
        made = HumanDecision(id=str(uuid4()), action=action, by=by, at=at, **here)
        try:
            await rig.client.decide_task(task.run_id, made)
            return
        except TimeoutError:  # so it comes when the run has ended, and this is cancelled
            return
        except DecisionRefused as refused:
            if "does not wait" not in str(refused):
                return
        await asyncio.sleep(0.05)


def assert_order(ran: Ran, document: Document) -> None:
    """Activities begin once each, and behind those that their drawn edges come from."""
    calls = (call for call in ran.rig.fake.calls if call.run_id == ran.run_id)
    begun = [place(call.scope, call.node_id) for call in calls]
    assert not [at for at, times in Counter(begun).items() if times > 1]
    for position, at in enumerate(begun):
        scope, _, name = at.rpartition("/")
        before = {edge.source for edge in document.edges if edge.target == name}
        later = {other.rpartition("/")[2] for other in begun[position:] if other.rpartition("/")[0] == scope}
        races = {node.id for node in document.nodes if node.config.get("wait_for")}
        assert not (before & later) - races


def assert_undone(ran: Ran, document: Document, *, exact: bool) -> None:
    """Of a failed run, what succeeded was undone in its pass, and nothing else.

    What becomes of a regular activity just as it is given up may be seen in two ways: that is not `exact`.
    """
    undoing = {node.id: node.policy.compensate for node in document.nodes if node.policy.compensate}
    undone = {at: record.output for at, record in ran.nodes.items() if record.node_id in undoing.values()}
    calls = (call for call in ran.rig.fake.calls if call.run_id == ran.run_id and call.node_id in undoing)
    assert undone.keys() <= {place(call.scope, str(undoing[call.node_id])) for call in calls}
    due = {}
    for record in ran.nodes.values() if ran.record.status == "failed" else ():
        if record.status == "succeeded" and record.node_id in undoing:
            indices = reversed(record.scope.split("/")[1::2])
            due[place(record.scope, str(undoing[record.node_id]))] = " ".join((record.output, *indices))
    assert not exact or undone == due
