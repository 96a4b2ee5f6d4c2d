"""What pydantic finds wrong, in words that a person can act on, at a path that exists in the document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_WORDS = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


@dataclass(frozen=True)
class Detail:
    """One thing that is wrong: `kind` is missing, unknown or bad; `message` is a whole sentence."""

    path: tuple[str | int, ...]
    kind: str
    message: str


def details(error: ValidationError, value: Any, *, most: int = 1_000) -> Iterator[Detail]:
    """Yield what is wrong with `value`, each path once, at most so many."""
    found: dict[tuple[str | int, ...], ErrorDetails] = {}
    for item in error.errors(include_url=False, include_context=True):
        path = _existing(item["loc"], value, missing=item["type"] == "missing")
        known = found.get(path)
        if known is None or item["type"] == "value_error":
            found[path] = item
        if len(found) >= most:
            break
    for path, item in found.items():
        yield _detail(path, item)


def _existing(loc: Sequence[str | int], value: Any, *, missing: bool) -> tuple[str | int, ...]:
    """Return the part of a location that is in the value; pydantic adds the names of union members.

    The name of a tagged union's member is one of the value's own values: its tag.
    """
    path: list[str | int] = []
    for key in loc:
        if isinstance(value, Mapping) and key not in value and key in value.values():
            continue
        if isinstance(value, Mapping) and (key in value or missing):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            break
        path.append(key)
    return tuple(path)


def _detail(path: tuple[str | int, ...], item: ErrorDetails) -> Detail:
    name = f"“{path[-1]}”" if path and isinstance(path[-1], str) else "This"
    kind = item["type"]
    if kind == "missing":
        return Detail(path, "missing", f"{name} is missing.")
    if kind == "extra_forbidden":
        return Detail(path, "unknown", f"{name} is not known here.")
    if kind == "value_error":
        return Detail(path, "bad", item["msg"].removeprefix("Value error, ").rstrip(".") + ".")
    return Detail(path, "bad", f"{name} {_said(item)}.")


def _said(item: ErrorDetails) -> str:
    """Return the rest of a sentence that begins with the name of what is wrong."""
    kind, context = item["type"], item.get("ctx", {})
    if kind in _WORDS:
        return _WORDS[kind]
    if kind == "literal_error":
        return f"must be {context['expected']}"
    if kind == "string_too_short":
        return "must not be empty"
    if kind == "string_pattern_mismatch":
        return f"must match {context['pattern']}"
    if kind == "string_too_long":
        return f"must have at most {context['max_length']:,} characters"
    return "must " + item["msg"].removeprefix("Input should ").removeprefix("have ").rstrip(".")
