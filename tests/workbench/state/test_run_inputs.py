"""The run-input form: what it asks for, and what is made of the answers."""

from typing import Any

import pytest

from workbench.state.run_inputs import Filled, InputField, fields_of, fill


def schema(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def only(filled: Filled) -> InputField:
    (field,) = filled.fields
    return field


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "multiline"}, "long"),
        ({"type": "string", "maxLength": 4000}, "long"),
        ({"type": ["string", "null"]}, "text"),
        ({"type": "integer"}, "integer"),
        ({"type": "number"}, "number"),
        ({"type": "boolean"}, "switch"),
        ({"enum": ["a", "b"]}, "select"),
        ({"type": "array", "items": {"type": "string"}}, "lines"),
        ({"type": "array", "items": {"type": "object"}}, "json"),
        ({"type": "object"}, "json"),
        ({}, "json"),
    ],
)
def test_the_kind_of_a_field_follows_from_its_schema(part: dict[str, Any], kind: str) -> None:
    assert fields_of(schema(it=part))[0].kind == kind


def test_the_form_starts_with_the_sample_then_with_the_default() -> None:
    asked = schema(name={"type": "string", "default": "Bob"}, count={"type": "integer", "default": 3})
    name, count = fields_of({**asked, "examples": [{"name": "Ada"}]})
    assert (name.value, count.value) == ("Ada", "3")


@pytest.mark.parametrize(
    ("part", "text", "value"),
    [
        ({"type": "string"}, "Ada", "Ada"),
        ({"type": "integer"}, "12", 12),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "number"}, "7", 7),
        ({"type": "boolean"}, "on", True),
        ({"type": "boolean"}, "", False),
        ({"enum": [1, None, "one"]}, "1", 1),
        ({"enum": [1, None, "one"]}, "one", "one"),
        ({"type": "array", "items": {"type": "string"}}, "a\n\nb\n", ["a", "b"]),
        ({"type": "object"}, '{"a": [1]}', {"a": [1]}),
    ],
)
def test_text_becomes_the_value_that_the_schema_asks_for(part: dict[str, Any], text: str, value: Any) -> None:
    filled = fill(schema(it=part), {"it": text})
    assert filled.ok
    assert filled.inputs == {"it": value}


def test_what_is_left_empty_is_left_out() -> None:
    filled = fill(schema(name={"type": "string"}, count={"type": "integer"}), {"name": "", "count": ""})
    assert filled.ok
    assert filled.inputs == {}


@pytest.mark.parametrize(
    ("part", "text", "error"),
    [
        ({"type": "integer"}, "1.5", "whole number"),
        ({"type": "number"}, "many", "must be a number"),
        ({"type": "number"}, "nan", "must be a number"),
        ({"type": "object"}, "{", "not JSON"),
        ({"type": "object"}, '{"a": NaN}', "NaN is not JSON"),
        ({"type": "object"}, "[1]", "not of type 'object'"),
        ({"type": "integer", "minimum": 2}, "1", "minimum"),
        ({"type": "array", "items": {"type": "object"}}, "[1]", "[0]: 1 is not of type"),
    ],
)
def test_an_error_stands_at_its_field(part: dict[str, Any], text: str, error: str) -> None:
    field = only(fill(schema(it=part), {"it": text}))
    assert error in field.error
    assert field.value == text


def test_what_is_needed_and_missing_is_said_at_the_field() -> None:
    assert only(fill(schema(("name",), name={"type": "string"}), {})).error == "This is needed."


def test_names_with_dots_find_their_field() -> None:
    filled = fill(schema(**{"a": {"type": "object"}, "a.b": {"type": "integer", "minimum": 2}}), {"a.b": "1"})
    assert [bool(field.error) for field in filled.fields] == [False, True]


def test_an_error_of_no_field_is_the_form_s() -> None:
    filled = fill({**schema(name={"type": "string"}), "minProperties": 1}, {})
    assert not filled.ok
    assert "non-empty" in filled.error or "enough properties" in filled.error
