"""The schema of a run's inputs: whether it is usable, and whether its own samples and defaults fit it."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing.exceptions import Unresolvable

from engine.compiler._problems import Problems
from engine.schemas import is_usable, validator

_HINT = "The inputs are a JSON Schema of type object; its properties become the run form."
OPENING = ("$ref", "allOf", "anyOf", "oneOf", "if", "dependentSchemas")
"""Keywords that can bring in properties which `properties` does not list."""


def known_inputs(schema: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the names of all inputs that expressions may read; None when the schema leaves that open.

    JSON Schema allows properties that it does not list. A workflow that lists some is taken at its word
    unless it says otherwise: a run form offers only those.
    """
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or schema.get("additionalProperties", False) is not False:
        return None
    if any(keyword in schema for keyword in OPENING):
        return None
    return frozenset(properties)


def check_inputs(schema: Mapping[str, Any], problems: Problems) -> bool:
    """Add what is wrong with the schema, its samples and its defaults; return whether it is usable."""
    text = json.dumps(schema, sort_keys=True, default=str)
    found = object_schema_errors(schema, "inputs", "the inputs")
    for field, message in found:
        problems.add("bad-inputs-schema", message, field=field, hint=_HINT)
    if found:
        return False
    for code, field, message in _sample_errors(text):
        problems.add(code, message, field=field, hint="Correct it, or the schema.")
    return True


def object_schema_errors(schema: Mapping[str, Any], field: str, of: str) -> tuple[tuple[str, str], ...]:
    """Return (field, message) of what makes the schema `of` inputs or outputs, in `field`, unusable."""
    return _object_errors(json.dumps(schema, sort_keys=True, default=str), field, of)


@lru_cache(maxsize=200)
def _object_errors(text: str, field: str, of: str) -> tuple[tuple[str, str], ...]:
    schema = json.loads(text)
    if schema.get("type", "object") != "object":
        message = f"{of.capitalize()} of a run are an object, so the schema's type must be object."
        return ((f"{field}.type", message),)
    return schema_errors(schema, field, of)


def schema_errors(schema: Mapping[str, Any], field: str, of: str) -> tuple[tuple[str, str], ...]:
    """Return (field, message) of what makes the schema `of` something, in `field`, unusable."""
    found = tuple(_unsupported(schema, field))
    if found:
        return found
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        path = ".".join([field, *map(str, error.absolute_path)])
        return ((path, f"The schema of {of} is not valid: {_short(error.message)}."),)
    except RecursionError:
        return ((field, f"The schema of {of} is nested too deeply."),)
    return ()


def _unsupported(schema: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield what JSON Schema has and a document cannot use, since nothing is fetched for it."""
    waiting = [(schema, path, False)]
    while waiting:
        part, at, names = waiting.pop()
        if isinstance(part, list):
            waiting += [(item, f"{at}.{index}", False) for index, item in enumerate(part)]
        if not isinstance(part, dict):
            continue
        for key, item in part.items():
            if not names and key in ("$ref", "$dynamicRef") and not str(item).startswith("#"):
                yield f"{at}.{key}", f"A schema can only refer to itself (#/…), not to {_short(str(item))}."
            elif not names and key == "pattern" and isinstance(item, str) and not is_usable(item):
                yield (
                    f"{at}.{key}",
                    f"The pattern {_short(item)} cannot be used; it may not look around or back.",
                )
            elif not names and key in ("$id", "patternProperties", "unevaluatedProperties"):
                yield f"{at}.{key}", f"“{key}” is not supported in a schema."
            elif key not in ("examples", "default", "const", "enum") or names:
                waiting.append((item, f"{at}.{key}", key in ("properties", "$defs") and not names))


@lru_cache(maxsize=200)
def _sample_errors(text: str) -> tuple[tuple[str, str, str], ...]:
    """Return (code, field, message) of samples and defaults that do not match their schema."""
    schema = json.loads(text)
    try:
        return (*_samples(schema), *_defaults(schema))
    except (Unresolvable, RecursionError) as error:
        return (("bad-inputs-schema", "inputs", f"The schema cannot be used: {_short(str(error))}."),)


def _samples(schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    samples = schema.get("examples", [])
    if not isinstance(samples, list):
        yield "bad-sample", "inputs.examples", "“examples” must be a list of sample inputs."
        return
    check = validator(schema)
    for index, sample in enumerate(samples):
        for error in check.iter_errors(sample):
            path = ".".join([f"inputs.examples.{index}", *map(str, error.absolute_path)])
            yield "bad-sample", path, f"The sample input does not match the schema: {_short(error.message)}."


def _defaults(schema: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, part in schema.get("properties", {}).items():
        if isinstance(part, dict) and "default" in part:
            inner = {"$defs": schema.get("$defs", {}), **part}
            for error in validator(inner).iter_errors(part["default"]):
                field = f"inputs.properties.{name}.default"
                yield "bad-default", field, f"The default of “{name}” does not fit: {_short(error.message)}."


def _short(message: str) -> str:
    message = " ".join(message.split()).rstrip(".")
    return message if len(message) <= 200 else message[:199] + "…"
