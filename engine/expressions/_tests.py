"""The tests behind `is`, `select` and `selectattr`. Plain JSON values in, a truth value out."""

from collections.abc import Callable
from typing import Any

from engine.expressions._values import Misuse, kind_of


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Return a comparison that is false for null, as a row without the attribute is not wanted."""

    def compared(value: Any, other: Any) -> bool:
        if value is None or other is None:
            return False
        try:
            return compare(value, other)
        except TypeError:
            raise Misuse(f"cannot compare {kind_of(value)} with {kind_of(other)}") from None

    return compared


def _contains(value: Any, container: Any) -> bool:
    if isinstance(container, str):
        return isinstance(value, str) and value in container
    if isinstance(container, list | dict):
        return value in container if not isinstance(container, dict) or isinstance(value, str) else False
    raise Misuse(f"cannot look into {kind_of(container)}")


def _equal(value: Any, other: Any) -> bool:
    return bool(value == other)


def _different(value: Any, other: Any) -> bool:
    return bool(value != other)


_LESS = _compared(lambda value, other: bool(value < other))
_LESS_OR_EQUAL = _compared(lambda value, other: bool(value <= other))
_GREATER = _compared(lambda value, other: bool(value > other))
_GREATER_OR_EQUAL = _compared(lambda value, other: bool(value >= other))

TESTS: dict[str, Callable[..., bool]] = {
    "defined": lambda value: value is not None,
    "undefined": lambda value: value is None,
    "none": lambda value: value is None,
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "boolean": lambda value: isinstance(value, bool),
    "number": _number,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, float),
    "string": lambda value: isinstance(value, str),
    "mapping": lambda value: isinstance(value, dict),
    "sequence": lambda value: isinstance(value, list),
    "iterable": lambda value: isinstance(value, list | dict | str),
    "odd": lambda value: _number(value) and value % 2 == 1,
    "even": lambda value: _number(value) and value % 2 == 0,
    "divisibleby": lambda value, other: _number(value) and _number(other) and other and value % other == 0,
    "startingwith": lambda value, other: isinstance(value, str) and value.startswith(other),
    "endingwith": lambda value, other: isinstance(value, str) and value.endswith(other),
    "containing": lambda value, other: value is not None and _contains(other, value),
    "in": _contains,
    "eq": _equal,
    "equalto": _equal,
    "==": _equal,
    "ne": _different,
    "!=": _different,
    "lt": _LESS,
    "lessthan": _LESS,
    "<": _LESS,
    "le": _LESS_OR_EQUAL,
    "<=": _LESS_OR_EQUAL,
    "gt": _GREATER,
    "greaterthan": _GREATER,
    ">": _GREATER,
    "ge": _GREATER_OR_EQUAL,
    ">=": _GREATER_OR_EQUAL,
}
