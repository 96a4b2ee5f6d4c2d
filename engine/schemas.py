"""JSON Schemas of documents, as they are used: nothing is fetched for them, and no pattern takes for ever."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from pydantic import StringConstraints, TypeAdapter
from pydantic import ValidationError as PydanticError
from pydantic_core import SchemaError as PatternError
from referencing import Registry


@lru_cache(maxsize=1_000)
def _pattern(pattern: str) -> TypeAdapter[str]:
    return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])


def _match(validator: Any, pattern: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Check `pattern` in linear time: Python's own engine can be kept busy for years by a short text."""
    if isinstance(value, str) and is_usable(pattern) and not _matches(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _matches(pattern: str, value: str) -> bool:
    try:
        _pattern(pattern).validate_python(value)
    except PydanticError:
        return False
    return True


def is_usable(pattern: str) -> bool:
    """Return whether a pattern is one that can be matched."""
    try:
        _pattern(pattern)
    except PatternError:
        return False
    return True


_extend: Callable[..., type[Validator]] = extend
CHECKER = _extend(Draft202012Validator, {"pattern": _match})
"""The validator's class: JSON Schema 2020-12, whose patterns take linear time."""


def validator(schema: Mapping[str, Any]) -> Validator:
    """Return a validator (JSON Schema 2020-12) that fetches nothing and cannot be kept busy by a pattern."""
    return CHECKER(dict(schema), registry=Registry(), format_checker=FormatChecker())
