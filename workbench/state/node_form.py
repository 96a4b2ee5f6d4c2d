"""The inspector's form, made from a node type's config model, and the way back from text to values.

Every field is edited as text (or switched, chosen, listed in pairs). What cannot be read as the field's type
is kept as text: nothing typed is lost, and the check names the problem at the field.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.graph import Node
from engine.nodes import NodeType
from workbench.state.form_fields import FieldGroup, NodeField, Pair, problem_of
from workbench.state.policy_form import with_policy
from workbench.state.views import Choice, ProblemView

Schema = Mapping[str, Any]
ONE_LINE = 48
"""Characters of JSON that are edited on one line."""

CASE = ("name", "when")
"""The two fields of a case, in the order of a row."""

GROUPS = {
    "Who decides": "Nobody named: anybody who may decide in this workspace.",
    "Times": "They count from when the step begins: 30 minutes, 2 days, 8 working hours, or an expression.",
}
"""What groups of fields are for."""

ANY = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})


def config_fields(node: Node, kind: NodeType, problems: Sequence[ProblemView]) -> list[NodeField]:
    """Return the fields of `node`'s settings in the order of its type's config model."""
    schema = kind.config.model_json_schema()
    required = schema.get("required", [])
    return [
        _field(f"config.{name}", part, node.config.get(name, part.get("default")), name in required, problems)
        for name, part in schema.get("properties", {}).items()
    ]


def with_field(node: Node, kind: NodeType, path: str, value: Any) -> dict[str, Any]:
    """Return what `Configure` replaces when the field at `path` of `node` gets `value` (text, bool or pairs).

    KeyError for a field that the node type does not have; ValidationError for an impossible policy.
    """
    section, _, name = path.partition(".")
    if section == "policy":
        return {"policy": with_policy(node.policy, name, value, group=node.id)}
    if section == "title":
        return {"title": str(value)}
    part = kind.config.model_json_schema()["properties"][name]
    config = {key: kept for key, kept in node.config.items() if key != name}
    read = from_input(value, part)
    if read is not None:
        config[name] = read
    order = list(kind.config.model_fields)
    return {"config": dict(sorted(config.items(), key=lambda item: _place(order, item[0])))}


def from_input(value: Any, schema: Schema) -> Any:
    """Return the JSON value that a widget's `value` means for a field of `schema`; None leaves it out."""
    if isinstance(value, list) and schema.get("type") == "array":
        cases = [dict(zip(CASE, (row["key"], row["value"]), strict=True)) for row in value]
        return [case for case in cases if any(text.strip() for text in case.values())] or None
    if isinstance(value, list):
        inner = schema.get("additionalProperties")
        part = inner if isinstance(inner, Mapping) else {}
        rows = {pair["key"]: from_input(pair["value"], part) for pair in value if pair["key"].strip()}
        return {key: "" if item is None else item for key, item in rows.items()} or None
    if not isinstance(value, str):
        return value
    if value.strip() == "":
        return None
    kinds = types_of(schema)
    if kinds <= {"string", "null"}:
        return value
    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if _type_name(read) & kinds else value


def as_text(value: Any, kinds: frozenset[str]) -> str:
    """Return `value` as the text that `from_input` reads back as the same value."""
    if value is None:
        return ""
    if not isinstance(value, str):
        short = json.dumps(value, ensure_ascii=False)
        return short if len(short) <= ONE_LINE else json.dumps(value, ensure_ascii=False, indent=2)
    if kinds <= {"string", "null"}:
        return value
    try:
        literal = bool(_type_name(json.loads(value)) & kinds)
    except ValueError:
        return value
    return json.dumps(value, ensure_ascii=False) if literal else value


def types_of(schema: Schema) -> frozenset[str]:
    """Return the JSON types that `schema` allows; all of them where it names none."""
    if "anyOf" in schema:
        return frozenset[str]().union(*(types_of(part) for part in schema["anyOf"]))
    named = schema.get("type")
    if named is None:
        return frozenset({"string"}) if "enum" in schema or "const" in schema else ANY
    return frozenset(named) if isinstance(named, list) else frozenset({named})


def _type_name(value: Any) -> frozenset[str]:
    match value:
        case bool():
            return frozenset({"boolean"})
        case int():
            return frozenset({"integer", "number"})
        case float():
            return frozenset({"number"})
        case str():
            return frozenset({"string"})
        case list():
            return frozenset({"array"})
        case dict():
            return frozenset({"object"})
        case _:
            return frozenset({"null"})


def _field(
    path: str, schema: Schema, value: Any, required: bool, problems: Sequence[ProblemView]
) -> NodeField:
    kinds = types_of(schema)
    widget = schema.get("widget") or _widget(schema)
    examples = schema.get("examples") or []
    if widget == "keyvalue" and value is not None and not isinstance(value, dict):
        widget = "json"
    if widget == "cases" and not _are_cases(value):
        widget = "json"
    return NodeField(
        path,
        title=str(schema.get("title", path.rpartition(".")[2])),
        description=_plain(str(schema.get("description", ""))),
        widget=widget,
        text="" if widget in ("switch", "keyvalue", "cases", "options") else as_text(value, kinds),
        checked=value is True,
        pairs=_rows(widget, value, schema),
        options=_options(schema, as_text(value, kinds)),
        listed=_items(value) if widget in ("people", "options") else [],
        written=widget == "people" and isinstance(value, str),
        placeholder=as_text(examples[0], kinds) if examples else "",
        problem=problem_of(path, problems),
        required=required,
        secrets=bool(schema.get("secrets")),
    )


def grouped(fields: Sequence[NodeField], kind: NodeType) -> tuple[list[NodeField], list[FieldGroup]]:
    """Return the fields that stand by themselves, and the groups of the others."""
    groups: dict[str, list[NodeField]] = {}
    alone: list[NodeField] = []
    for one in fields:
        said = kind.config.model_fields[one.path.removeprefix("config.")].json_schema_extra
        title = said.get("group") if isinstance(said, dict) else None
        (groups.setdefault(title, []) if isinstance(title, str) else alone).append(one)
    return alone, [FieldGroup(title, GROUPS.get(title, ""), some) for title, some in groups.items()]


def _items(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _options(schema: Schema, text: str) -> list[Choice]:
    """Return what a select offers in plain words, and also a stored value that is none of that."""
    listed = schema.get("items")
    inner = listed if isinstance(listed, Mapping) else {}
    known, words = schema.get("enum", inner.get("enum", [])), schema.get("words", {})
    offered = [Choice(option, words.get(option, option)) for option in known]
    odd = known and text and text not in known and not inner
    return [*offered, Choice(text, f"{text} (cannot be)")] if odd else offered


def _plain(text: str) -> str:
    """Return Markdown's code marks as quotes: a field's description is one plain line."""
    return re.sub(r"`([^`]+)`", r"“\1”", text)


def _widget(schema: Schema) -> str:
    if "enum" in schema:
        return "select"
    return {"boolean": "switch", "integer": "number", "number": "number", "string": "text"}.get(
        str(schema.get("type")), "json"
    )


def _are_cases(value: Any) -> bool:
    """Return whether rows of two texts can hold `value`; anything else is edited as JSON."""
    return value is None or (
        isinstance(value, list)
        and all(
            isinstance(row, dict)
            and row.keys() <= set(CASE)
            and all(isinstance(text, str) for text in row.values())
            for row in value
        )
    )


def _rows(widget: str, value: Any, schema: Schema) -> list[Pair]:
    if widget == "cases":
        name, when = CASE
        return [Pair(row.get(name, ""), row.get(when, "")) for row in value or ()]
    return _pairs(value, schema) if widget == "keyvalue" else []


def _pairs(value: Any, schema: Schema) -> list[Pair]:
    inner = schema.get("additionalProperties")
    kinds = types_of(inner) if isinstance(inner, Mapping) else ANY
    return [Pair(key, as_text(item, kinds)) for key, item in (value or {}).items()]


def _place(order: Sequence[str], name: str) -> int:
    return order.index(name) if name in order else len(order)
