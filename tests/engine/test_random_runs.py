"""Random documents, run by the engine and gone through by the reference interpreter: they agree."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, assume, given, note, settings

from engine import compiler
from engine.contracts import place
from engine.graph import Document
from tests.engine.conftest import Ran, Rig
from tests.engine.random_documents import documents, with_fakes
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
    ran = await real.run(plan, INPUTS, history_limit=20 if continues else 8_000)
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
