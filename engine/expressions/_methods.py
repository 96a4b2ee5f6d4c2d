"""Python's methods of texts and objects, as far as people are used to write them in templates.

They are called as filters (`_guards` rewrites `x.split(",")`), so that they charge for their work.
"""

from typing import Any

from engine.expressions._tables import as_object, pairs
from engine.expressions._text import Filter, as_text, join, replace, split, trim


def get(value: Any, key: str, default: Any = None) -> Any:
    """Return a member of an object, or `default`."""
    return as_object(value).get(key, default)


METHODS: dict[str, Filter] = {
    "upper": lambda value: as_text(value).upper(),
    "lower": lambda value: as_text(value).lower(),
    "title": lambda value: as_text(value).title(),
    "capitalize": lambda value: as_text(value).capitalize(),
    "strip": trim,
    "lstrip": lambda value, characters=None: as_text(value).lstrip(characters),
    "rstrip": lambda value, characters=None: as_text(value).rstrip(characters),
    "split": split,
    "splitlines": lambda value: as_text(value).splitlines(),
    "replace": replace,
    "join": lambda value, items: join(items, value),
    "startswith": lambda value, start: as_text(value).startswith(as_text(start)),
    "endswith": lambda value, end: as_text(value).endswith(as_text(end)),
    "find": lambda value, part: as_text(value).find(as_text(part)),
    "count": lambda value, part: value.count(part),
    "isdigit": lambda value: as_text(value).isdigit(),
    "isalpha": lambda value: as_text(value).isalpha(),
    "isalnum": lambda value: as_text(value).isalnum(),
    "get": get,
    "items": pairs,
    "keys": lambda value: list(as_object(value)),
    "values": lambda value: list(as_object(value).values()),
}
