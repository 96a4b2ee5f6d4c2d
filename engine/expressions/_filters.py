"""Every filter by name, but for `default`, which only MiniJinja can do: it alone sees what is undefined."""

from typing import Any

from engine.expressions._lists import LIST_FILTERS, as_list
from engine.expressions._tables import TABLE_FILTERS
from engine.expressions._text import TEXT_FILTERS, Filter, attribute_of
from engine.expressions._values import Misuse


def mapped(value: Any, name: str | None = None, *args: Any, **options: Any) -> list[Any]:
    """Return every item put through a filter, or an attribute of every item."""
    items = as_list(value)
    if "attribute" in options:
        default = options.get("default")
        found = (attribute_of(item, options["attribute"]) for item in items)
        return [default if item is None else item for item in found]
    function = FILTERS.get(str(name))
    if function is None:
        raise Misuse(f"knows no filter “{name}”")
    try:
        return [function(item, *args, **options) for item in items]
    except Misuse as error:
        raise Misuse(f"cannot apply “{name}”: it {error}") from error


FILTERS: dict[str, Filter] = {**TEXT_FILTERS, **LIST_FILTERS, **TABLE_FILTERS, "map": mapped}
