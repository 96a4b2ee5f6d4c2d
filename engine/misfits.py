"""How a value does not fit its JSON Schema, in the words of somebody who fills in a form.

Beside what JSON Schema says, a form's schema may hold `errorMessage`: a text, or one for each keyword, that
is told instead of ours; and fields of `"format": "file"`, whose value is an artifact's description
(`{"$artifact", "media_type", "name", "size"}`), bounded by `accept` (media types, `image/*`) and `maxBytes`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from jsonschema import FormatChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from engine.schemas import CHECKER

LONGEST = 300
"""Characters of what is told of one misfit: it may show a value."""

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
ARTIFACT = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Misfit:
    """A place that does not fit, by property names and indexes, and what is to be done there."""

    path: tuple[str | int, ...]
    message: str

    @property
    def place(self) -> str:
        """Return the place as it is written: `lines[0].amount`."""
        return place(self.path)


def place(path: tuple[str | int, ...]) -> str:
    """Return a path of names and indexes as it is written; empty for the whole value."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def misfits(schema: Mapping[str, Any], value: Any, *, most: int = 50) -> tuple[Misfit, ...]:
    """Return up to so many places at which `value` does not fit `schema` (2020-12). Nothing is fetched."""
    checker = _Validator(dict(schema), registry=Registry(), format_checker=_FORMATS)
    try:
        return tuple(_misfit(error) for error in islice(checker.iter_errors(value), most))
    except (Unresolvable, RecursionError) as error:
        reason = str(error) or "it refers to itself without end"
        return (Misfit((), f"The schema cannot be used: {reason[:LONGEST]}"),)


def _misfit(error: ValidationError) -> Misfit:
    while error.context:  # of several alternatives the one that the value comes nearest to
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    path = tuple(error.absolute_path)
    missing = _missing(error)
    message = _own(error) or _words(error)
    message = " ".join(message.split())
    shown = message if len(message) <= LONGEST else message[: LONGEST - 1] + "…"
    return Misfit((*path, missing) if missing else path, shown)


def _missing(error: ValidationError) -> str:
    if error.validator != "required" or not isinstance(error.validator_value, list):
        return ""
    return next((str(name) for name in error.validator_value if error.message.startswith(repr(name))), "")


def _own(error: ValidationError) -> str:
    """Return what the schema itself tells of the misfit."""
    schema = error.schema if isinstance(error.schema, dict) else {}
    if missing := _missing(error):
        properties = schema.get("properties")
        inner = properties.get(missing) if isinstance(properties, dict) else None
        schema = inner if isinstance(inner, dict) else {}
    told = schema.get("errorMessage")
    if isinstance(told, dict):
        told = told.get(str(error.validator))
    elif missing:
        told = None  # a text is about what was given, not about what is missing
    return told if isinstance(told, str) else ""


_TYPES = {
    "integer": "This must be a whole number, such as 12.",
    "number": "This must be a number, such as 12 or 0.5.",
    "string": "This must be text.",
    "boolean": "This must be yes or no.",
    "array": "This must be a list.",
    "object": "This must have fields of its own.",
    "null": "This must be left empty.",
}
_FORMAT_WORDS = {
    "date": "This must be a date, such as 2026-03-31.",
    "time": "This must be a time, such as 14:30.",
    "date-time": "This must be a date and a time, such as 2026-03-31T14:30:00Z.",
    "email": "This must be an e-mail address, such as ada@example.org.",
    "uri": "This must be a web address, such as https://example.org.",
    "file": "Choose a file.",
}


def _words(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    match error.validator:
        case "required":
            return "This is needed."
        case "type":
            return _TYPES.get(wanted, error.message) if isinstance(wanted, str) else _several(wanted)
        case "minimum":
            return f"This must be at least {wanted}."
        case "maximum":
            return f"This must be at most {wanted}."
        case "exclusiveMinimum":
            return f"This must be more than {wanted}."
        case "exclusiveMaximum":
            return f"This must be less than {wanted}."
        case "multipleOf":
            return f"This must be a multiple of {wanted}."
        case "enum":
            return f"Choose one of: {', '.join(map(str, wanted))}."
        case "const":
            return f"This must be {wanted}."
        case "format":
            return _FORMAT_WORDS.get(str(wanted), f"This must be of the form “{wanted}”.")
        case "pattern":
            return "This does not have the form that is asked for."
        case "additionalProperties":
            return "There is a field here that nobody asked for."
        case _:
            return _how_many(error)


def _how_many(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    match error.validator:
        case "minLength":
            return "This is needed." if wanted == 1 else f"Write at least {wanted} characters."
        case "maxLength":
            return f"Write at most {wanted} characters; these are {len(str(error.instance))}."
        case "minItems":
            return "Give at least one." if wanted == 1 else f"Give at least {wanted}."
        case "maxItems":
            return f"Give at most {wanted}."
        case "uniqueItems":
            return "The same stands here twice."
        case "accept":
            return f"This file must be one of: {', '.join(map(str, wanted))}."
        case "maxBytes":
            return f"This file may have at most {size(wanted)}."
        case _:
            return error.message


def _several(kinds: Any) -> str:
    named = [str(kind) for kind in kinds if kind != "null"] if isinstance(kinds, list) else []
    return _TYPES.get(named[0], "") if len(named) == 1 else f"This must be one of: {', '.join(named)}."


def size(count: float) -> str:
    """Return a number of bytes in words: `2 MB`."""
    for unit in ("bytes", "KB", "MB"):
        if count < 1_000 or unit == "MB":
            break
        count /= 1_000
    return f"{count:.0f} {unit}" if count >= 10 or count == int(count) else f"{count:.1f} {unit}"


def accepts(accept: Any, media_type: str) -> bool:
    """Return whether a field takes a file of this media type; one that names none takes any."""
    if not isinstance(accept, list) or not accept:
        return True
    kind = media_type.partition(";")[0].strip().lower()
    wanted = (str(one).lower() for one in accept)
    return any(one in (kind, "*/*") or (one.endswith("/*") and kind.startswith(one[:-1])) for one in wanted)


def is_file(value: Any) -> bool:
    """Return whether a value describes an artifact."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("$artifact"), str)
        and ARTIFACT.fullmatch(value["$artifact"]) is not None
        and all(isinstance(value.get(name), str) for name in ("name", "media_type"))
        and isinstance(value.get("size"), int)
    )


def _accept(checker: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if is_file(value) and not accepts(wanted, value["media_type"]):
        yield ValidationError("of another media type")


def _max_bytes(checker: Any, wanted: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if is_file(value) and isinstance(wanted, int | float) and value["size"] > wanted:
        yield ValidationError("too large")


def _parses(parse: Callable[[str], object], value: object) -> bool:
    if isinstance(value, str):
        parse(value)
    return True


def _formats() -> FormatChecker:
    checker = FormatChecker(("date", "email", "ipv4", "ipv6", "regex", "uuid"))
    checker.checks("date", ValueError)(lambda value: _parses(date.fromisoformat, value))
    checker.checks("time", ValueError)(lambda value: _parses(time.fromisoformat, value))
    checker.checks("date-time", ValueError)(lambda value: _parses(datetime.fromisoformat, value))
    checker.checks("uri")(lambda value: not isinstance(value, str) or _URI.fullmatch(value) is not None)
    checker.checks("file")(is_file)
    return checker


_FORMATS = _formats()
_extend: Callable[..., type[Any]] = extend
_Validator = _extend(CHECKER, {"accept": _accept, "maxBytes": _max_bytes})
