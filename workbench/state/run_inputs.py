"""The run-input form: a workflow's `inputs` schema as fields, and what was typed as a checked value.

Browsers give strings, so each kind of field knows how its text becomes JSON; the schema has the last word.
"""

import json
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import Problem
from workbench.services.inputs import check
from workbench.state.views import Choice

KINDS = {"boolean": "switch", "integer": "integer", "number": "number", "string": "text"}
LONG_TEXT = 120
INPUT_TYPES = {"date": "date", "email": "email", "uri": "url", "password": "password"}


@dataclass(frozen=True)
class InputField:
    """One field of the form. `kind` is text, long, number, integer, switch, select, lines or json.

    `value` is what the field starts with, as text (`on` for a switch that is on); `input_type` is the HTML
    input's; `options` are what a select offers; `error` is empty while nothing is wrong.
    """

    name: str
    title: str
    description: str
    kind: str
    required: bool
    value: str
    placeholder: str
    input_type: str = "text"
    options: tuple[Choice, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Filled:
    """What was typed: the `inputs` that could be read, the fields with their texts and errors."""

    inputs: dict[str, Any]
    fields: tuple[InputField, ...]
    error: str = ""

    @property
    def ok(self) -> bool:
        """Return whether nothing is wrong with any field or with the whole."""
        return not self.error and not any(field.error for field in self.fields)


def fields_of(schema: dict[str, Any]) -> tuple[InputField, ...]:
    """Return the fields of an object schema, filled with its first example, else with its defaults."""
    sample = _sample(schema)
    required = set(schema.get("required", ()))
    properties: dict[str, Any] = schema.get("properties", {})
    return tuple(_field(name, part, sample.get(name), name in required) for name, part in properties.items())


def fill(schema: dict[str, Any], form: dict[str, Any]) -> Filled:
    """Return what `form` (field name to text) says, checked against `schema`."""
    fields, inputs = [], {}
    for field in fields_of(schema):
        text = str(form.get(field.name) or "")
        field = replace(field, value=text)
        try:
            value = _read(field, text, schema["properties"][field.name])
        except ValueError as error:
            field = replace(field, error=str(error))
        else:
            if value is not None:
                inputs[field.name] = value
        fields.append(field)
    return _checked(schema, inputs, fields)


def _checked(schema: dict[str, Any], inputs: dict[str, Any], fields: list[InputField]) -> Filled:
    by_name = {field.name: field for field in fields}
    general = []
    for problem in check(schema, inputs):
        name, rest = _place(problem.field or "", by_name)
        if not name:
            general.append(problem.message)
        elif not by_name[name].error:
            by_name[name] = replace(by_name[name], error=_words(problem, rest))
    return Filled(inputs, tuple(by_name.values()), "\n".join(general))


def _place(path: str, names: Collection[str]) -> tuple[str, str]:
    """Return the field that `inputs.name.rest` is about, and the rest; an empty name when there is none."""
    inner = path.removeprefix("inputs.")
    for name in sorted(names, key=len, reverse=True):
        rest = inner.removeprefix(name)
        if inner.startswith(name) and rest[:1] in ("", ".", "["):
            return name, rest
    return "", ""


def _words(problem: Problem, rest: str) -> str:
    if problem.code == "input-required" and not rest:
        return "This is needed."
    return f"{rest}: {problem.message}" if rest else problem.message


def _sample(schema: dict[str, Any]) -> dict[str, Any]:
    parts = schema.get("properties", {})
    defaults = {name: part["default"] for name, part in parts.items() if "default" in part}
    examples = schema.get("examples") or [{}]
    return {**defaults, **(examples[0] if isinstance(examples[0], dict) else {})}


def _field(name: str, part: dict[str, Any], value: Any, required: bool) -> InputField:
    kind = _kind(part, value)
    examples = part.get("examples") or [""]
    return InputField(
        name=name,
        title=str(part.get("title") or name.replace("_", " ").capitalize()),
        description=str(part.get("description", "")),
        kind=kind,
        required=required,
        value=_text(kind, value),
        placeholder="" if kind == "switch" else _text(kind, examples[0]),
        input_type=INPUT_TYPES.get(str(part.get("format", "")), "text"),
        options=tuple(Choice(_option(choice), _option(choice)) for choice in part.get("enum", ())),
    )


def _kind(part: dict[str, Any], value: Any) -> str:
    if "enum" in part:
        return "select"
    kinds = part.get("type")
    kind = kinds if isinstance(kinds, str) else next((one for one in kinds or () if one != "null"), "")
    if kind == "array" and part.get("items", {}).get("type") == "string":
        return "lines"
    if kind == "string" and _is_long(part, value):
        return "long"
    return KINDS.get(kind, "json")


def _is_long(part: dict[str, Any], value: Any) -> bool:
    text = str(value or "")
    return (
        part.get("format") in ("multiline", "markdown")
        or int(part.get("maxLength", 0)) > LONG_TEXT
        or len(text) > LONG_TEXT
        or "\n" in text
    )


def _option(choice: Any) -> str:
    return choice if isinstance(choice, str) else json.dumps(choice)


def _text(kind: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if kind == "switch":
        return "on" if value is True else ""
    if kind == "lines":
        return "\n".join(str(item) for item in value) if isinstance(value, list) else str(value)
    if kind == "json":
        return json.dumps(value, indent=2, ensure_ascii=False)
    return _option(value)


def _read(field: InputField, text: str, part: dict[str, Any]) -> Any:
    """Return the JSON value of `text`, None when nothing was typed; ValueError says what is wrong."""
    if field.kind == "switch":
        return text in ("on", "true", "True")
    if field.kind == "select":
        return next((choice for choice in part["enum"] if _option(choice) == text), text or None)
    if not text.strip():
        return text or None
    return _READERS[field.kind](text)


def _read_integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("This must be a whole number, such as 12.") from None


def _read_number(text: str) -> float:
    try:
        number = int(text) if text.strip().lstrip("+-").isdigit() else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("This must be a number, such as 12 or 0.5.")
    return number


def _read_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"This is not JSON: {error.msg} in line {error.lineno}.") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON.")


_READERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "long": str,
    "integer": _read_integer,
    "number": _read_number,
    "lines": _read_lines,
    "json": _read_json,
}
