"""A run's inputs against the workflow's schema: defaults filled in, every error named with its path."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from engine.errors import Problem

MAX_MESSAGE = 300


def with_defaults(schema: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return `inputs` with the schema's defaults where a property is missing, in objects inside too."""
    filled = dict(inputs)
    properties = schema.get("properties")
    for name, part in properties.items() if isinstance(properties, dict) else ():
        if not isinstance(part, dict):
            continue
        if name not in filled and "default" in part:
            filled[name] = part["default"]
        elif isinstance(filled.get(name), dict):
            filled[name] = with_defaults(part, filled[name])
    return filled


def check(schema: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return every way in which `inputs` do not fit the JSON Schema (2020-12). Fetches no `$ref`."""
    validator = Draft202012Validator(dict(schema), registry=Registry(), format_checker=FormatChecker())
    try:
        Draft202012Validator.check_schema(dict(schema))
        return tuple(_problems(validator.iter_errors(dict(inputs))))
    except SchemaError as error:
        return (_bad_schema(error.message),)
    except (Unresolvable, RecursionError) as error:
        return (_bad_schema(str(error) or "it refers to itself without end"),)


def _problems(errors: Iterator[ValidationError]) -> Iterator[Problem]:
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        yield Problem(
            code=f"input-{error.validator}",
            field=_path(error),
            message=_short(error.message),
            hint=_hint(error),
        )


def _path(error: ValidationError) -> str:
    """Return `inputs.a.b[0]`; for a missing property, where it should have been."""
    text = "inputs"
    for part in error.absolute_path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    if error.validator == "required" and isinstance(error.validator_value, list):
        missing = (name for name in error.validator_value if error.message.startswith(repr(name)))
        return f"{text}.{next(missing, '')}".rstrip(".")
    return text


def _hint(error: ValidationError) -> str:
    if error.validator == "required":
        return "Give this input a value."
    description = error.schema.get("description") if isinstance(error.schema, dict) else None
    return str(description) if description else "Correct the value, or the schema of the workflow's inputs."


def _bad_schema(message: str) -> Problem:
    return Problem(
        code="inputs-schema",
        field="inputs",
        message=f"The schema of the workflow's inputs cannot be used: {_short(message)}",
        hint="Correct the schema in the workflow's settings.",
    )


def _short(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else message[: MAX_MESSAGE - 1] + "…"
