"""Edits of what a workflow asks for and gives back: the `inputs` schema, the named outputs and theirs.

Pure functions from the old value to the new one; what they do not know in a schema stays as it is.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine.errors import Problem
from engine.graph import Limits
from workbench.errors import Invalid
from workbench.state.node_form import from_input

Schema = dict[str, Any]
TYPES = {
    "string": "Text",
    "number": "Number",
    "integer": "Whole number",
    "boolean": "Yes or no",
    "array": "List",
    "object": "Object",
}
"""The JSON types that an input or output may have, and what people read for each."""

ANY_TYPE = "any"
"""Stands for an output without a type."""


def with_limit(limits: Limits, name: str, text: str) -> Limits:
    """Return `limits` with what was typed for one of them; empty text takes it away. Raises Invalid."""
    try:
        return Limits.model_validate({**limits.model_dump(), name: text.strip() or None})
    except ValidationError as error:
        message = error.errors()[0]["msg"].replace("Input should be", "This must be")
        problem = Problem(code="bad-limit", field=name, message="The stored value stays as it was.")
        raise Invalid(f"{message.partition(', unable')[0]}.", (problem,)) from None


def add_input(schema: Schema) -> Schema:
    """Return `schema` with one more property of type string."""
    properties = dict(schema.get("properties") or {})
    name = _free(properties, "input")
    return {"type": "object", **schema, "properties": {**properties, name: {"type": "string"}}}


def remove_input(schema: Schema, name: str) -> Schema:
    """Return `schema` without the property `name`, in its list of required ones and its examples too."""
    properties = {key: part for key, part in (schema.get("properties") or {}).items() if key != name}
    examples = [_without(example, name) for example in schema.get("examples") or []]
    return _tidy({**schema, "properties": properties, "examples": examples}, _required(schema) - {name})


def change_input(schema: Schema, name: str, part: str, value: Any) -> Schema:
    """Return `schema` with `part` (name, type, title, description, required, default) of `name` changed."""
    match part:
        case "name":
            return _rename(schema, name, str(value).strip())
        case "required":
            required = _required(schema)
            return _tidy(schema, required | {name} if value else required - {name})
        case "type" | "title" | "description" | "default":
            return _with_part(schema, name, part, value)
        case _:
            raise KeyError(part)


def parse_schema(text: str) -> Schema:
    """Return the schema that `text` holds. Raises Invalid when it is no JSON object."""
    return _object(text, "inputs", "The inputs schema")


def with_example(schema: Schema, text: str) -> Schema:
    """Return `schema` with `text` as its sample input. Raises Invalid when that is no JSON object."""
    if not text.strip():
        return {key: value for key, value in schema.items() if key != "examples"}
    return {**schema, "examples": [_object(text, "inputs", "The sample input")]}


def change_output(outputs: dict[str, Any], name: str, new_name: str, value: str) -> dict[str, Any]:
    """Return `outputs` with `name` called `new_name` and made by `value`; no `new_name` takes it away."""
    changed: dict[str, Any] = {}
    for key, kept in outputs.items():
        if key != name:
            changed[key] = kept
        elif new_name.strip():
            changed[new_name.strip()] = from_input(value, {}) if value.strip() else ""
    return changed


def with_output_type(schema: Schema, name: str, kind: str) -> Schema:
    """Return the schema of the outputs with `name` of type `kind`; ANY_TYPE takes its type away."""
    properties = dict(schema.get("properties") or {})
    part = properties.get(name)
    typed = {key: value for key, value in part.items() if key != "type"} if isinstance(part, dict) else {}
    properties[name] = typed if kind == ANY_TYPE else {**typed, "type": kind}
    said = {key: part for key, part in properties.items() if key != name or part}
    return _without_nothing({**schema, "properties": said})


def with_output_name(schema: Schema, name: str, new_name: str) -> Schema:
    """Return the schema of the outputs with `name` called `new_name`; no `new_name` takes it away."""
    names = {name: new_name.strip()}
    properties = {names.get(key, key): part for key, part in (schema.get("properties") or {}).items()}
    required = [names.get(key, key) for key in schema.get("required") or []]
    properties.pop("", None)
    changed = {"properties": properties, "required": [key for key in required if key]}
    return _without_nothing({**schema, **{key: part for key, part in changed.items() if key in schema}})


def parse_output_schema(text: str) -> Schema:
    """Return the schema of the outputs that `text` holds; none of it is none. Raises Invalid."""
    return _object(text, "output_schema", "The schema of the outputs") if text.strip() else {}


def _without_nothing(schema: Schema) -> Schema:
    """Return a schema that says nothing as the empty one, and another as one of an object."""
    said = {key: part for key, part in schema.items() if part or key not in ("properties", "required")}
    return {"type": "object", **said} if said.keys() - {"type"} else {}


def add_output(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return `outputs` with one more."""
    return {**outputs, _free(outputs, "output"): ""}


def _rename(schema: Schema, old: str, new: str) -> Schema:
    properties = schema.get("properties") or {}
    if not new or (new != old and new in properties):
        message = f"There is an input {new!r} already." if new else "An input needs a name."
        raise Invalid(message, (Problem(code="input-name", field="inputs", message=message),))
    renamed = {new if key == old else key: part for key, part in properties.items()}
    required = {new if key == old else key for key in _required(schema)}
    examples = [
        {new if key == old else key: value for key, value in example.items()}
        if isinstance(example, dict)
        else example
        for example in schema.get("examples") or []
    ]
    return _tidy({**schema, "properties": renamed, "examples": examples}, required)


def _with_part(schema: Schema, name: str, part: str, value: Any) -> Schema:
    properties = dict(schema.get("properties") or {})
    old = {key: kept for key, kept in properties[name].items() if key != part}
    read = from_input(value, old) if part == "default" else (value or None)
    properties[name] = old if read is None else {**old, part: read}
    return {**schema, "properties": properties}


def _tidy(schema: Schema, required: set[str]) -> Schema:
    kept = {key: value for key, value in schema.items() if key not in ("required", "examples")}
    order = [name for name in kept.get("properties") or {} if name in required]
    if order:
        kept["required"] = order
    if schema.get("examples"):
        kept["examples"] = schema["examples"]
    return kept


def _required(schema: Schema) -> set[str]:
    return set(schema.get("required") or [])


def _without(example: Any, name: str) -> Any:
    return (
        {key: value for key, value in example.items() if key != name}
        if isinstance(example, dict)
        else example
    )


def _free(taken: Mapping[str, Any], stem: str) -> str:
    names = (stem, *(f"{stem}_{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _object(text: str, field: str, what: str) -> Schema:
    try:
        value = json.loads(text)
    except ValueError as error:
        message = f"{what} is not JSON: {error}"
        raise Invalid(message, (Problem(code="not-json", field=field, message=message),)) from error
    if not isinstance(value, dict):
        message = f"{what} must be a JSON object."
        raise Invalid(message, (Problem(code="not-an-object", field=field, message=message),))
    return value
