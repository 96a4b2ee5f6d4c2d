"""A run's inputs against the workflow's schema: defaults filled in, every error named with its path."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import SchemaError
from pydantic_core import PydanticSerializationError, to_json
from referencing.exceptions import Unresolvable

from engine import compiler, expressions
from engine.errors import ExpressionError, Problem

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
    """Return every way in which `inputs` do not fit the JSON Schema (2020-12), in time linear in their size.

    Fetches no `$ref`.
    """
    unfit = tuple(_unfit(inputs))
    if unfit:
        return unfit
    validator = compiler.validator(schema)
    try:
        Draft202012Validator.check_schema(dict(schema))
        return tuple(_problems(validator.iter_errors(dict(inputs))))
    except SchemaError as error:
        return (_bad_schema(error.message),)
    except (Unresolvable, RecursionError) as error:
        return (_bad_schema(str(error) or "it refers to itself without end"),)


def check_body(schema: Mapping[str, Any], body: Any) -> tuple[Problem, ...]:
    """Return the ways, at most a hundred, in which a webhook's body does not fit its JSON Schema."""
    errors = compiler.validator(schema).iter_errors(body)
    try:
        return tuple(
            Problem(
                code=f"body-{error.validator}",
                field=_path(error, "body"),
                message=_short(_message(error)),
            )
            for error in islice(errors, 100)
        )
    except (Unresolvable, RecursionError) as error:
        message = f"The schema of the body cannot be used: {_short(str(error))}"
        return (Problem(code="body-schema", field="body", message=message),)


def _unfit(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield why no run could carry these inputs, whatever the schema says."""
    try:
        expressions.bounded(dict(inputs))
        to_json(inputs)
    except ExpressionError as error:
        yield Problem(code="input-unfit", field="inputs", message=str(error), hint="Give less, or a URL.")
    except (PydanticSerializationError, UnicodeEncodeError):
        message = "The inputs hold half of a character (a lone surrogate)."
        yield Problem(code="input-unfit", field="inputs", message=message, hint="Send whole characters.")


def _problems(errors: Iterator[ValidationError]) -> Iterator[Problem]:
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        yield Problem(
            code=f"input-{error.validator}",
            field=_path(error),
            message=_short(_message(error)),
            hint=_hint(error),
        )


def _path(error: ValidationError, root: str = "inputs") -> str:
    """Return `inputs.a.b[0]`; for a missing property, where it should have been."""
    text = root
    for part in error.absolute_path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return f"{text}.{missing}" if (missing := _missing(error)) else text


def _missing(error: ValidationError) -> str:
    """Return the name of the property that an error misses, empty when it is about something else."""
    if error.validator != "required" or not isinstance(error.validator_value, list):
        return ""
    return next((name for name in error.validator_value if error.message.startswith(repr(name))), "")


def _message(error: ValidationError) -> str:
    missing = _missing(error)
    return f"“{missing}” is missing." if missing else error.message


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
