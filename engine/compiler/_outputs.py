"""What a document gives back: the names and the types of its outputs, and whether both agree."""

from collections.abc import Mapping
from typing import Any

from engine.compiler._inputs import OPENING, object_schema_errors
from engine.compiler._problems import Problems
from engine.expressions import Path, did_you_mean
from engine.graph import Document

_HINT = "It is a JSON Schema of type object; its properties are the outputs by their names."


def output_names(document: Document) -> frozenset[str]:
    """Return the names of what a run gives back, those of output nodes that may be skipped included."""
    return frozenset(_makers(document))


def returned(document: Document) -> dict[str, Any]:
    """Return a JSON Schema of what a run of `document` gives back: its outputs and no others."""
    parts = document.output_schema.get("properties") or {}
    properties = {name: parts.get(name, {}) for name in output_names(document)}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def part_at(schema: Any, path: Path) -> Any:
    """Return the part of a schema for what stands at `path`: {} where that is open, None if nothing may."""
    for key in path:
        if not isinstance(schema, Mapping) or any(keyword in schema for keyword in OPENING):
            return {}
        within = schema.get("properties")
        if isinstance(key, int):
            schema = schema.get("items", {})
        elif isinstance(within, Mapping) and key in within:
            schema = within[key]
        else:
            return None if schema.get("additionalProperties") is False else {}
    return schema


def check_output_schema(document: Document, problems: Problems) -> None:
    """Add what is wrong with the schema of the outputs, and where the outputs are not those that it has."""
    schema = document.output_schema
    found = object_schema_errors(schema, "output_schema", "the outputs")
    for field, message in found:
        problems.add("bad-output-schema", message, field=field, hint=_HINT)
    if found or not schema:
        return
    makers, parts = _makers(document), schema.get("properties") or {}
    places = dict.fromkeys(schema.get("required", ()), "required")
    places |= {name: f"properties.{name}" for name in parts}
    for name, place in places.items():
        if name not in makers:
            hint = did_you_mean(name, frozenset(makers)) or "Add an output of that name."
            message = f"The schema of the outputs has “{name}”, which is no output."
            problems.add("outputs-disagree", message, field=f"output_schema.{place}", hint=hint)
    for name, (node, field) in makers.items() if schema.get("additionalProperties") is False else ():
        if name not in parts:
            hint = "Add it there, or let the schema have additionalProperties."
            message = f"The schema of the outputs has no “{name}”."
            problems.add("outputs-disagree", message, node=node, field=field, hint=hint)


def _makers(document: Document) -> dict[str, tuple[str | None, str]]:
    """Return (node, field) of where each output is named."""
    makers: dict[str, tuple[str | None, str]] = {name: (None, f"outputs.{name}") for name in document.outputs}
    for node in document.nodes:
        name = node.config.get("name")
        if node.type == "output" and isinstance(name, str):
            makers.setdefault(name, (node.id, "config.name"))
    return makers
