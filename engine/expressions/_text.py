"""Filters on text, numbers and times. Plain JSON values in, plain JSON values out."""

import base64
import hashlib
import html
import json
import math
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote, urlencode

from engine.expressions._values import MAX_DEPTH, Misuse, json_text, kind_of, refuse_deep, text_of
from engine.expressions._work import charge

Filter = Callable[..., Any]


def as_text(value: Any) -> str:
    """Return text as it is and numbers and truth values as text; Misuse for anything else."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, list | dict):
        raise Misuse(f"needs text, not {kind_of(value)}")
    return text_of(value)


def as_number(value: Any) -> int | float:
    """Return a number as it is; Misuse for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misuse(f"needs a number, not {kind_of(value)}")
    return value


def replace(value: Any, old: str, new: Any, count: int = -1) -> str:
    """Return the text with every `old` replaced by `new`; the size of the result is charged first."""
    text, old, new = as_text(value), as_text(old), as_text(new)
    found = text.count(old) if count < 0 else min(text.count(old), count)
    charge(len(text) + found * len(new))
    return text.replace(old, new, count)


def join(value: Any, separator: Any = "", attribute: str | None = None) -> str:
    """Return the items' texts with `separator` between them."""
    items = list(value) if isinstance(value, list | dict | str) else _refuse_list(value)
    if attribute is not None:
        items = [attribute_of(item, attribute) for item in items]
    charge(max(len(items) - 1, 0) * len(as_text(separator)))
    return as_text(separator).join(text_of(item) for item in items)


def _refuse_list(value: Any) -> list[Any]:
    raise Misuse(f"needs a list, not {kind_of(value)}")


def attribute_of(item: Any, path: str | int) -> Any:
    """Return what stands at a dotted path in a JSON value, or None when it is not there."""
    for key in str(path).split("."):
        if isinstance(item, Mapping):
            item = item.get(key)
        elif isinstance(item, Sequence) and not isinstance(item, str) and key.lstrip("-").isdecimal():
            item = item[int(key)] if -len(item) <= int(key) < len(item) else None
        else:
            return None
    return item


def indent(value: Any, width: int = 4, first: bool = False, blank: bool = False) -> str:
    """Return the text with every line but the first moved to the right."""
    text, margin = as_text(value), " " * _bounded(width)
    charge((text.count("\n") + 1) * len(margin))
    lines = text.split("\n")
    moved = [margin + line if line or blank else line for line in lines]
    return "\n".join(moved if first else [lines[0], *moved[1:]])


def _bounded(number: Any) -> int:
    """Return a whole number that says a length; negative ones are zero."""
    length = max(int(as_number(number)), 0)
    charge(length)
    return length


def repeat(value: Any, times: int) -> str:
    """Return the text that many times."""
    text, times = as_text(value), max(int(as_number(times)), 0)
    charge(len(text) * times)
    return text * times


def truncate(value: Any, length: int = 255, killwords: bool = False, end: str = "…") -> str:
    """Return the text, cut to `length` characters, its end included."""
    text = as_text(value)
    if len(text) <= length:
        return text
    room = max(length - len(end), 0)
    cut = text[:room]
    if not killwords and " " in cut and not text[room].isspace():
        cut = cut.rsplit(" ", 1)[0]
    return cut.rstrip() + end


def wordwrap(value: Any, width: int = 79) -> str:
    """Return the text with lines of at most `width` characters."""
    text = as_text(value)
    charge(20 * len(text))
    lines = text.split("\n")
    return "\n".join("\n".join(textwrap.wrap(line, max(int(width), 1))) for line in lines)


def split(value: Any, separator: str | None = None, maximum: int = -1) -> list[str]:
    """Return the parts of a text between separators; between white space when none is given."""
    return as_text(value).split(separator, maximum)


def trim(value: Any, characters: str | None = None) -> str:
    """Return the text without white space (or these characters) at its ends."""
    return as_text(value).strip(characters)


def format_text(value: Any, *args: Any, **named: Any) -> str:
    """Return printf-style formatted text (`"%05.1f" | format(x)`); widths are limited."""
    template = as_text(value)
    if re.search(r"%[^a-zA-Z%]*(\*|\d{4})", template):
        raise Misuse("takes widths and precisions of up to three digits")
    charge(1_000 * template.count("%"))
    if named:
        return template % {name: _formattable(item) for name, item in named.items()}
    return template % tuple(map(_formattable, args))


def _formattable(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else text_of(value)


def tojson(value: Any, indent: int | None = None) -> str:
    """Return the value as JSON text."""
    if indent is not None and not 0 <= indent <= 8:
        raise Misuse("takes an indent of 0 to 8")
    return json_text(value, indent)


def fromjson(value: Any) -> Any:
    """Return the value that JSON text stands for."""
    try:
        found = json.loads(as_text(value), parse_constant=_no_constant)
    except RecursionError as error:
        raise Misuse(f"takes data of at most {MAX_DEPTH} levels") from error
    except ValueError as error:
        raise Misuse(f"needs JSON text: {error}") from error
    refuse_deep(found)
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def url_encoded(value: Any) -> str:
    """Return text, or the members of an object, encoded for a URL."""
    return urlencode(value, doseq=True) if isinstance(value, dict) else quote(as_text(value), safe="")


def whole(value: Any, default: Any = None) -> Any:
    """Return the whole number of a number or a text; `default` (else an error) when it is none."""
    try:
        return int(float(value)) if isinstance(value, str) and "." in value else int(value)
    except (TypeError, ValueError, OverflowError):
        return _or_default(value, default)


def decimal(value: Any, default: Any = None) -> Any:
    """Return the number that a text stands for; `default` (else an error) when it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return _or_default(value, default)


def _or_default(value: Any, default: Any) -> Any:
    if default is None:
        shown = repr(value[:40]) if isinstance(value, str) else kind_of(value)
        raise Misuse(f"needs a number, not {shown}; a default can be given: int(0)")
    return default


_ROUNDINGS = {"common": ROUND_HALF_UP, "ceil": ROUND_CEILING, "floor": ROUND_FLOOR}


def rounded(value: Any, precision: int = 0, method: str = "common") -> int | float:
    """Return the number rounded to `precision` digits; `method` is common (half up), ceil or floor."""
    number, digits = as_number(value), int(as_number(precision))
    if method not in _ROUNDINGS or not 0 <= digits <= 15:
        raise Misuse("takes a precision of 0 to 15 and the method common, ceil or floor")
    if not math.isfinite(number) or abs(number) >= 1e15:
        return number
    result = Decimal(str(number)).quantize(Decimal(1).scaleb(-digits), _ROUNDINGS[method])
    return float(result) if digits else int(result)


def date(value: Any, form: str = "%Y-%m-%d") -> str:
    """Return an instant (ISO 8601 text, or seconds since 1970) in a form of strftime, in its own offset."""
    if len(as_text(form)) > 100 or re.search(r"%[^a-zA-Z%]*\d{2}", form):
        raise Misuse("takes a form such as %Y-%m-%d %H:%M")
    return instant(value).strftime(form)


def shift(value: Any, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> str:
    """Return the instant that is this much later (earlier, when negative), as ISO 8601 text."""
    try:
        return (
            instant(value) + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        ).isoformat()
    except OverflowError as error:
        raise Misuse("leaves the calendar") from error


def instant(value: Any) -> datetime:
    """Return the aware instant of ISO 8601 text or of seconds since 1970; without an offset it is UTC."""
    try:
        found = (
            datetime.fromtimestamp(as_number(value), UTC)
            if not isinstance(value, str)
            else datetime.fromisoformat(value.strip())
        )
    except (ValueError, OverflowError, OSError) as error:
        raise Misuse(f"needs an instant such as 2030-01-31T09:00:00Z, not {str(value)[:40]!r}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def b64decode(value: Any) -> str:
    """Return the text behind base64."""
    try:
        return base64.b64decode(as_text(value), validate=True).decode()
    except ValueError as error:
        raise Misuse("needs the base64 of a text") from error


TEXT_FILTERS: dict[str, Filter] = {
    "upper": lambda value: as_text(value).upper(),
    "lower": lambda value: as_text(value).lower(),
    "title": lambda value: as_text(value).title(),
    "capitalize": lambda value: as_text(value).capitalize(),
    "trim": trim,
    "replace": replace,
    "split": split,
    "lines": lambda value: as_text(value).splitlines(),
    "join": join,
    "indent": indent,
    "repeat": repeat,
    "truncate": truncate,
    "wordwrap": wordwrap,
    "format": format_text,
    "string": text_of,
    "escape": lambda value: html.escape(as_text(value)),
    "e": lambda value: html.escape(as_text(value)),
    "urlencode": url_encoded,
    "tojson": tojson,
    "fromjson": fromjson,
    "b64encode": lambda value: base64.b64encode(as_text(value).encode()).decode(),
    "b64decode": b64decode,
    "sha256": lambda value: hashlib.sha256(as_text(value).encode()).hexdigest(),
    "int": whole,
    "float": decimal,
    "abs": lambda value: abs(as_number(value)),
    "round": rounded,
    "bool": bool,
    "date": date,
    "shift": shift,
}
