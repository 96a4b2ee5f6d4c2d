"""Filters on lists. Plain JSON values in, plain JSON values out."""

import statistics
from collections.abc import Callable
from typing import Any

from engine.expressions._tests import TESTS
from engine.expressions._text import Filter, as_number, attribute_of
from engine.expressions._values import Group, Misuse, json_text, kind_of
from engine.expressions._work import charge_items


def as_list(value: Any) -> list[Any]:
    """Return the items of a list, the names of an object or the characters of a text."""
    if isinstance(value, list | tuple | dict | str):
        charge_items(len(value))
        return list(value)
    raise Misuse(f"needs a list, not {kind_of(value)}")


def order_of(value: Any, *, case_sensitive: bool = False) -> tuple[Any, ...]:
    """Return a key by which any JSON values can be ordered: null, numbers, text, lists, objects."""
    if value is None:
        return (0,)
    if isinstance(value, bool | int | float):
        return (1, value)
    if isinstance(value, str):
        return (2, value if case_sensitive else value.lower())
    if isinstance(value, list | tuple):
        return (3, tuple(order_of(item, case_sensitive=case_sensitive) for item in value))
    return (4, json_text(value))


def _picker(attribute: str | int | None, *, case_sensitive: bool = False) -> Callable[[Any], tuple[Any, ...]]:
    """Return the key by which items are ordered, by one or several comma-separated attributes."""
    if attribute is None:
        return lambda item: order_of(item, case_sensitive=case_sensitive)
    paths = str(attribute).split(",")
    return lambda item: tuple(
        order_of(attribute_of(item, path.strip()), case_sensitive=case_sensitive) for path in paths
    )


def sort(
    value: Any, reverse: bool = False, case_sensitive: bool = False, attribute: str | int | None = None
) -> list[Any]:
    """Return the items in order, by an attribute if one is named."""
    return sorted(as_list(value), key=_picker(attribute, case_sensitive=case_sensitive), reverse=reverse)


def unique(value: Any, case_sensitive: bool = False, attribute: str | int | None = None) -> list[Any]:
    """Return the items without repetitions, the first of each kept."""
    key = _picker(attribute, case_sensitive=case_sensitive)
    found: dict[tuple[Any, ...], Any] = {}
    for item in as_list(value):
        found.setdefault(key(item), item)
    return list(found.values())


def groupby(value: Any, attribute: str | int, default: Any = None, case_sensitive: bool = False) -> list[Any]:
    """Return pairs of an attribute's value and the items that have it, in order of the value."""
    groups: dict[tuple[Any, ...], tuple[Any, list[Any]]] = {}
    for item in as_list(value):
        found = attribute_of(item, attribute)
        found = default if found is None else found
        groups.setdefault(order_of(found, case_sensitive=case_sensitive), (found, []))[1].append(item)
    return [Group(groups[key]) for key in sorted(groups)]


def select(value: Any, test: str = "true", *args: Any) -> list[Any]:
    """Return the items for which a test holds."""
    return [item for item in as_list(value) if _holds(item, test, args)]


def reject(value: Any, test: str = "true", *args: Any) -> list[Any]:
    """Return the items for which a test does not hold."""
    return [item for item in as_list(value) if not _holds(item, test, args)]


def selectattr(value: Any, attribute: str, test: str = "true", *args: Any) -> list[Any]:
    """Return the items for an attribute of which a test holds."""
    return [item for item in as_list(value) if _holds(attribute_of(item, attribute), test, args)]


def rejectattr(value: Any, attribute: str, test: str = "true", *args: Any) -> list[Any]:
    """Return the items for an attribute of which a test does not hold."""
    return [item for item in as_list(value) if not _holds(attribute_of(item, attribute), test, args)]


def _holds(item: Any, test: str, args: tuple[Any, ...]) -> bool:
    if test == "true" and not args:
        return bool(item)
    function = TESTS.get(test)
    if function is None:
        raise Misuse(f"knows no test “{test}”")
    return bool(function(item, *args))


def numbers(value: Any, attribute: str | int | None = None) -> list[int | float]:
    """Return the numbers of a list, or an attribute of its items, without the nulls."""
    items = as_list(value)
    found = items if attribute is None else [attribute_of(item, attribute) for item in items]
    return [as_number(item) for item in found if item is not None]


def total(value: Any, attribute: str | int | None = None, start: int | float = 0) -> int | float:
    """Return the sum of numbers."""
    return sum(numbers(value, attribute), start)


def average(value: Any, attribute: str | int | None = None) -> float | None:
    """Return the mean of numbers, null when there are none."""
    found = numbers(value, attribute)
    return statistics.fmean(found) if found else None


def median(value: Any, attribute: str | int | None = None) -> float | int | None:
    """Return the median of numbers, null when there are none."""
    found = numbers(value, attribute)
    return statistics.median(found) if found else None


def _extreme(choose: Callable[..., Any]) -> Filter:
    def extreme(value: Any, case_sensitive: bool = False, attribute: str | int | None = None) -> Any:
        items = as_list(value)
        return choose(items, key=_picker(attribute, case_sensitive=case_sensitive)) if items else None

    return extreme


def length(value: Any) -> int:
    """Return how many items, members or characters there are."""
    if isinstance(value, list | dict | str):
        return len(value)
    raise Misuse(f"needs text, a list or an object, not {kind_of(value)}")


def batch(value: Any, size: int, fill: Any = None) -> list[list[Any]]:
    """Return lists of `size` items each; the last is filled up when `fill` is given."""
    items, size = as_list(value), int(as_number(size))
    if size < 1:
        raise Misuse("needs a size of at least 1")
    rows = [items[at : at + size] for at in range(0, len(items), size)]
    if fill is not None and rows:
        charge_items(size)
        rows[-1] += [fill] * (size - len(rows[-1]))
    return rows


def flatten(value: Any) -> list[Any]:
    """Return a list of lists as one list, one level."""
    return [item for part in as_list(value) for item in (as_list(part) if isinstance(part, list) else [part])]


def chain(*values: Any) -> list[Any]:
    """Return several lists, one behind the other."""
    return [item for value in values for item in as_list(value)]


def zipped(*values: Any) -> list[list[Any]]:
    """Return lists of the first items, the second items, and so on, up to the shortest list's end."""
    return [list(row) for row in zip(*map(as_list, values), strict=False)]


LIST_FILTERS: dict[str, Filter] = {
    "length": length,
    "count": length,
    "first": lambda value: (as_list(value) or [None])[0],
    "last": lambda value: (as_list(value) or [None])[-1],
    "list": as_list,
    "reverse": lambda value: value[::-1] if isinstance(value, str) else as_list(value)[::-1],
    "sort": sort,
    "unique": unique,
    "groupby": groupby,
    "select": select,
    "reject": reject,
    "selectattr": selectattr,
    "rejectattr": rejectattr,
    "sum": total,
    "average": average,
    "median": median,
    "min": _extreme(min),
    "max": _extreme(max),
    "batch": batch,
    "flatten": flatten,
    "chain": chain,
    "zip": zipped,
}
