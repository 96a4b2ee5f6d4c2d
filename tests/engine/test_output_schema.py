"""The schema of a document's outputs: it agrees with them, a run keeps to it, and callers read by it."""

from typing import Any

import pytest

from engine import compiler
from engine.graph import Document
from tests.engine import documents as d
from tests.engine.conftest import Rig
from tests.engine.plans import fake

WHOLE = {"type": "integer"}
REPORT = {"type": "object", "properties": {"lines": {"type": "array", "items": WHOLE}}}


def typed(
    *nodes: dict[str, Any], outputs: dict[str, Any] | None = None, edges: tuple[str, ...] = (), **schema: Any
) -> Document:
    """Return a document with a schema of its outputs; keywords are those of the schema."""
    given = {"type": "object", **schema}
    return d.document(*nodes, edges=edges, outputs=outputs or {}, output_schema=given)


def places(document: Document) -> list[tuple[str, str | None, str | None]]:
    return [(problem.code, problem.node, problem.field) for problem in compiler.check(document)]


def test_a_document_without_a_schema_is_what_it_was() -> None:
    document = d.document(d.start(), outputs={"a": 1})
    assert "output_schema" not in document.canonical()
    assert document.content_hash() == d.document(d.start(), outputs={"a": 1}, output_schema={}).content_hash()
    assert document.content_hash() != typed(d.start(), outputs={"a": 1}).content_hash()


def test_a_schema_may_type_some_of_the_outputs() -> None:
    assert places(typed(d.output("b"), outputs={"a": 1, "c": 2}, properties={"a": WHOLE, "b": {}})) == []


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        ({"type": "array"}, "output_schema.type"),
        ({"properties": {"a": {"type": "whole"}}}, "output_schema.properties.a.type"),
        ({"properties": {"a": {"$ref": "https://x.example"}}}, "output_schema.properties.a.$ref"),
    ],
)
def test_a_schema_that_cannot_be_used_is_a_problem(schema: dict[str, Any], field: str) -> None:
    assert places(typed(outputs={"a": 1}, **schema)) == [("bad-output-schema", None, field)]


def test_a_schema_of_an_output_that_nothing_makes_is_a_problem() -> None:
    document = typed(outputs={"total": 1}, properties={"totl": WHOLE}, required=["total", "other"])
    assert places(document) == [
        ("outputs-disagree", None, "output_schema.required"),
        ("outputs-disagree", None, "output_schema.properties.totl"),
    ]
    assert compiler.check(document)[1].hint == "Did you mean “total”?"


def test_an_output_that_a_closed_schema_lacks_is_a_problem() -> None:
    document = typed(d.output("b"), outputs={"a": 1}, additionalProperties=False)
    assert places(document) == [
        ("outputs-disagree", None, "outputs.a"),
        ("outputs-disagree", "b", "config.name"),
    ]


@pytest.mark.parametrize("path", ["total", "report.lines[0]", "report.anything", "loose.any.way"])
def test_callers_read_what_the_schema_leaves_open(path: str) -> None:
    assert called(path) == []


@pytest.mark.parametrize(
    ("path", "shown", "hint"),
    [
        ("totl", "totl", "Did you mean “total”? It has closed, loose, report, total."),
        ("closed.b.c", "closed.b", "It has a."),
    ],
)
def test_callers_read_nothing_that_the_schema_excludes(path: str, shown: str, hint: str) -> None:
    assert called(path) == [(f"The workflow that “call” runs has no output “{shown}”.", hint)]


def called(path: str) -> list[tuple[str, str]]:
    """Return what is wrong with reading `path` of what a sub-workflow gives back."""
    closed = {"type": "object", "properties": {"a": {}}, "additionalProperties": False}
    outputs = {"total": 1, "report": 1, "loose": 1, "closed": 1}
    other = typed(outputs=outputs, properties={"total": WHOLE, "report": REPORT, "closed": closed})
    call = d.node("call", "subworkflow", {"version": "a" * 64})
    caller = d.document(call, d.transform("reader", f"{{{{ nodes.call.output.{path} }}}}"))
    found = compiler.check(caller, {"call": compiler.returned(other)})
    return [(problem.message, problem.hint) for problem in found]


def test_a_part_of_a_run_is_not_held_against_the_schema() -> None:
    document = typed(d.transform("a"), outputs={"a": "{{ nodes.a.output }}"}, required=["a"])
    assert compiler.compile(document).output_schema
    assert compiler.part_of(compiler.compile(document), run=set(), settled=set()).output_schema is None


async def test_outputs_that_fit_end_the_run_well(rig: Rig) -> None:
    document = typed(outputs={"total": "{{ inputs.n }}"}, properties={"total": WHOLE}, required=["total"])
    assert (await rig.run(compiler.compile(document), {"n": 7})).outputs == {"total": 7}


async def test_an_output_that_does_not_fit_fails_the_run_and_is_named(rig: Rig) -> None:
    outputs = {"report": {"lines": [1, "{{ inputs.n }}"]}, "other": 1}
    document = typed(outputs=outputs, properties={"report": REPORT})
    ran = await rig.run(compiler.compile(document), {"n": "seven"})
    assert ran.record.status == "failed"
    assert ran.record.outputs is None
    assert ran.record.error
    assert ran.record.error.kind == "output-mismatch"
    assert ran.record.error.message == (
        "The outputs do not fit: outputs.report.lines[1]: 'seven' is not of type 'integer'"
    )


async def test_an_output_that_is_required_and_was_skipped_fails_the_run(rig: Rig) -> None:
    way = d.condition("way", "{{ inputs.yes }}")
    document = typed(way, d.output("said"), edges=("way.true > said",), required=["said"])
    ran = await rig.run(compiler.compile(document), {"yes": False})
    assert ran.record.error
    assert "'said' is a required property" in ran.record.error.message


async def test_a_run_whose_outputs_do_not_fit_is_undone(rig: Rig) -> None:
    document = typed(outputs={"a": 1}, properties={"a": {"type": "string"}})
    undo = {"work": fake("undo", value="undone")}
    planned = compiler.compile(document).model_copy(update={"steps": (fake("work"),), "compensations": undo})
    ran = await rig.run(planned)
    assert (ran.record.status, ran.statuses) == ("failed", {"work": "succeeded", "undo": "succeeded"})


async def test_a_schema_that_leads_nowhere_fails_the_run(rig: Rig) -> None:
    document = typed(outputs={"a": 1}, properties={"a": {"$ref": "#/$defs/gone"}})
    ran = await rig.run(compiler.compile(document))
    assert ran.record.error
    assert "the schema cannot be used" in ran.record.error.message


@pytest.mark.parametrize("properties", [[], 7, {"a": 7}, {"a": {"type": 7}}, {"a": {"type": [7]}}])
def test_a_schema_that_is_no_schema_tells_no_types(properties: Any) -> None:
    assert compiler.types_given("{{ inputs.a }}", {"properties": properties}, {}) is None
