"""Filters on objects and tables (lists of objects). Plain JSON values in, plain JSON values out."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from engine.expressions._lists import as_list, average, groupby, numbers, sort
from engine.expressions._text import Filter, as_text
from engine.expressions._values import Misuse, charge_deep, kind_of, text_of
from engine.expressions._work import charge, charge_items


def as_object(value: Any) -> dict[str, Any]:
    """Return an object as it is; Misuse for anything else."""
    if isinstance(value, dict):
        return value
    raise Misuse(f"needs an object, not {kind_of(value)}")


def pairs(value: Any) -> list[list[Any]]:
    """Return an object's members as pairs."""
    charge_items(len(as_object(value)))
    return [[key, item] for key, item in value.items()]


def dictsort(
    value: Any, case_sensitive: bool = False, by: str = "key", reverse: bool = False
) -> list[list[Any]]:
    """Return an object's members as pairs, ordered by key or by value."""
    if by not in ("key", "value"):
        raise Misuse("takes by='key' or by='value'")
    return sort(pairs(value), reverse, case_sensitive, attribute=0 if by == "key" else 1)


def todict(value: Any) -> dict[str, Any]:
    """Return an object made of pairs."""
    rows = as_list(value)
    if not all(isinstance(row, list | tuple) and len(row) == 2 for row in rows):
        raise Misuse("needs a list of pairs")
    return {as_text(key): item for key, item in rows}


def combine(value: Any, *others: Any) -> dict[str, Any]:
    """Return an object with the members of others added; the later ones win."""
    combined: dict[str, Any] = {}
    for part in (value, *others):
        charge_items(len(as_object(part)))
        combined |= part
    return combined


def pick(value: Any, *names: str) -> Any:
    """Return an object, or each object of a list, with these members only, in this order."""
    if isinstance(value, list):
        return [pick(item, *names) for item in as_list(value)]
    return {name: as_object(value).get(name) for name in names}


def omit(value: Any, *names: str) -> Any:
    """Return an object, or each object of a list, without these members."""
    if isinstance(value, list):
        return [omit(item, *names) for item in as_list(value)]
    charge_items(len(as_object(value)))
    return {name: item for name, item in value.items() if name not in names}


def columns_of(rows: Iterable[Any]) -> list[str]:
    """Return the names that appear in a list of objects, in order of appearance."""
    return list(dict.fromkeys(name for row in rows for name in as_object(row)))


def csv_text(value: Any, separator: str = ",") -> str:
    """Return a list of objects as CSV text (RFC 4180) with a header."""
    rows = as_list(value)
    charge_deep(rows)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=as_text(separator))
    columns = columns_of(rows)
    charge(len(columns) * len(rows))
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue()


def markdown_table(value: Any) -> str:
    """Return a list of objects as a Markdown table."""
    rows = as_list(value)
    columns = columns_of(rows)
    charge_items(len(columns) * len(rows))
    cells = [columns, ["---"] * len(columns), *([_cell(row.get(name)) for name in columns] for row in rows)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in cells
    )


def _cell(value: Any) -> str:
    return "" if value is None else text_of(value)


def tally(value: Any, by: str | int, attribute: str | int | None = None) -> list[dict[str, Any]]:
    """Return one row a group: its count and, of an attribute's numbers, sum, average, min and max."""
    rows = []
    for found, items in groupby(value, by):
        row: dict[str, Any] = {str(by): found, "count": len(items)}
        if attribute is not None:
            given = numbers(items, attribute)
            row |= {"sum": sum(given), "average": average(given)}
            row |= {"min": min(given, default=None), "max": max(given, default=None)}
        rows.append(row)
    return rows


TABLE_FILTERS: dict[str, Filter] = {
    "items": pairs,
    "keys": lambda value: list(as_object(value)),
    "values": lambda value: list(as_object(value).values()),
    "dictsort": dictsort,
    "dict": todict,
    "combine": combine,
    "pick": pick,
    "omit": omit,
    "csv": csv_text,
    "table": markdown_table,
    "tally": tally,
}
