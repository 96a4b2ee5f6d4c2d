"""Edits of a workflow's inputs and outputs: the rest of the schema stays as somebody wrote it."""

from typing import Any

import pytest

from engine.graph import Limits
from workbench.errors import Invalid
from workbench.state import workflow_form

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"url": {"type": "string", "format": "uri"}, "limit": {"type": "integer", "default": 5}},
    "required": ["url"],
    "additionalProperties": False,
    "examples": [{"url": "https://example.com", "limit": 3}],
}


def test_a_new_input_gets_a_free_name() -> None:
    once = workflow_form.add_input({"type": "object", "properties": {"input": {}}})
    assert once["properties"] == {"input": {}, "input_2": {"type": "string"}}


def test_renaming_an_input_follows_it_through_the_schema() -> None:
    renamed = workflow_form.change_input(SCHEMA, "url", "name", "address")
    assert list(renamed["properties"]) == ["address", "limit"]
    assert renamed["required"] == ["address"]
    assert renamed["examples"] == [{"address": "https://example.com", "limit": 3}]
    assert renamed["additionalProperties"] is False


def test_removing_an_input_removes_every_trace_of_it() -> None:
    gone = workflow_form.remove_input(SCHEMA, "url")
    assert "required" not in gone
    assert gone["examples"] == [{"limit": 3}]


def test_a_default_is_read_by_the_inputs_type() -> None:
    changed = workflow_form.change_input(SCHEMA, "limit", "default", "7")
    assert changed["properties"]["limit"] == {"type": "integer", "default": 7}
    emptied = workflow_form.change_input(SCHEMA, "limit", "default", "")
    assert emptied["properties"]["limit"] == {"type": "integer"}


def test_required_is_switched_on_and_off() -> None:
    both = workflow_form.change_input(SCHEMA, "limit", "required", True)
    assert both["required"] == ["url", "limit"]
    assert "required" not in workflow_form.change_input(SCHEMA, "url", "required", False)


@pytest.mark.parametrize("name", ["", "limit"])
def test_a_name_that_is_empty_or_taken_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        workflow_form.change_input(SCHEMA, "url", "name", name)


def test_the_raw_schema_must_be_an_object() -> None:
    with pytest.raises(Invalid, match="not JSON"):
        workflow_form.parse_schema("{")
    with pytest.raises(Invalid, match="must be a JSON object"):
        workflow_form.parse_schema("[]")


def test_a_sample_replaces_the_first_and_an_empty_one_removes_it() -> None:
    assert workflow_form.with_example(SCHEMA, '{"url": "x"}')["examples"] == [{"url": "x"}]
    assert "examples" not in workflow_form.with_example(SCHEMA, " ")


def test_an_output_is_added_changed_in_place_and_removed() -> None:
    outputs = workflow_form.add_output({"first": 1})
    changed = workflow_form.change_output(outputs, "first", "report", "{{ nodes.a.output }}")
    assert changed == {"report": "{{ nodes.a.output }}", "output": ""}
    assert workflow_form.change_output(changed, "report", "", "") == {"output": ""}


def test_a_limit_is_typed_and_taken_away() -> None:
    limits = workflow_form.with_limit(Limits(seconds=5), "steps", " 100 ")
    assert limits == Limits(seconds=5, steps=100)
    assert workflow_form.with_limit(limits, "seconds", "") == Limits(steps=100)


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5"])
def test_a_limit_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        workflow_form.with_limit(Limits(), "steps", text)


TYPED: dict[str, Any] = {
    "type": "object",
    "properties": {"total": {"type": "integer", "minimum": 0}, "note": {"type": "string"}},
    "required": ["total"],
}


def test_an_output_changes_its_type_and_keeps_the_rest() -> None:
    changed = workflow_form.with_output_type(TYPED, "total", "number")
    assert changed["properties"]["total"] == {"type": "number", "minimum": 0}


def test_the_first_type_makes_a_schema_and_the_last_takes_it_away() -> None:
    made = workflow_form.with_output_type({}, "said", "string")
    assert made == {"type": "object", "properties": {"said": {"type": "string"}}}
    assert workflow_form.with_output_type(made, "said", workflow_form.ANY_TYPE) == {}


def test_an_output_takes_its_type_to_its_new_name() -> None:
    changed = workflow_form.with_output_name(TYPED, "total", "sum")
    assert list(changed["properties"]) == ["sum", "note"]
    assert changed["required"] == ["sum"]


def test_a_deleted_output_leaves_no_type() -> None:
    changed = workflow_form.with_output_name(TYPED, "total", "")
    assert changed == {"type": "object", "properties": {"note": {"type": "string"}}}
    assert workflow_form.with_output_name({}, "total", "sum") == {}


def test_a_schema_of_outputs_is_an_object_or_nothing() -> None:
    assert workflow_form.parse_output_schema(" ") == {}
    with pytest.raises(Invalid, match="The schema of the outputs"):
        workflow_form.parse_output_schema("[]")
