"""How large a value of a run may be: what passes here can be written as JSON, and read again, by everybody.

An expression costs little where a list names the same output eight times, and eight such steps in a row stand
for millions of times the data: in memory one object, as JSON more than any machine holds. JSON parsers give
up on deep nesting, and there is no infinity in JSON. A run whose records cannot be written could never end.
"""

import math
from typing import Any

from engine.errors import ExpressionError

MAX_DEPTH = 100
"""Levels of lists and objects. The fastest of the JSON parsers on the way refuses 200."""

MAX_SIZE = 20 * 1024 * 1024
"""Characters of the value's JSON, about; what a web service answers may have 16 MiB."""


MAX_ITEMS = 2_000_000
"""Values inside the value: looking at so many takes about half a second."""

_SMALL = (int, bool, type(None))


def size_of(value: Any) -> int:
    """Return about how many characters a JSON value takes; ExpressionError when it cannot be kept."""
    size, count, level = 0, 1, [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for item in level:
            if type(item) in _SMALL:
                continue
            if isinstance(item, str):
                size += len(item)
                if not item.isascii():
                    _refuse_halves(item)
            elif isinstance(item, dict):
                size += 4 * len(item) + sum(map(len, item))
                if not all(map(str.isascii, item)):
                    _refuse_halves("".join(item))
                count += len(item)
                inner.extend(item.values())
            elif isinstance(item, list | tuple):
                size += 2 * len(item)
                count += len(item)
                inner.extend(item)
            elif not isinstance(item, float):
                raise ExpressionError(f"The value holds a {type(item).__name__}, which JSON does not have.")
            elif not math.isfinite(item):
                raise ExpressionError("The value holds a number that is too large, or that is none.")
            _refuse_large(size, count)
        if not inner:
            return size
        level = inner
    raise ExpressionError(f"The value is nested too deeply: it has more than {MAX_DEPTH} levels.")


def _refuse_halves(text: str) -> None:
    """Refuse half a character, as broken JSON of others may hold it: UTF-8 cannot write it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ExpressionError(
            "The value holds text that is no valid Unicode (half a surrogate pair)."
        ) from None


def _refuse_large(size: int, count: int) -> None:
    if size > MAX_SIZE or count > MAX_ITEMS:
        raise ExpressionError(
            f"The value is too large: a step's value has up to {MAX_SIZE >> 20} MB and {MAX_ITEMS:,} values."
        )


def bounded(value: Any) -> Any:
    """Return `value`, if it can be kept; else ExpressionError."""
    size_of(value)
    return value
