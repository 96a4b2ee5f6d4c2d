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
