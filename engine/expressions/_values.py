"""The boundary between JSON and MiniJinja: read-only views inwards, checked JSON outwards.

A view never hands out the dict or list behind it, so no expression can change a run's data, and it charges
for what is read. Reading what is not there is an error that names the path; MiniJinja alone would give null.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.errors import ExpressionError
from engine.expressions._work import READ, charge, charge_items


class Misuse(ExpressionError):
    """A filter, test or function was given what it cannot use; the message begins behind its name."""


class NotThere(ExpressionError):
    """A value is used that is not there; whoever knows the expression's paths can say which."""


class Group(list[Any]):
    """A pair that `groupby` gives; its halves also have the names `grouper` and `list`."""


class Missing:
    """Stands for a value that is not there."""

    def __str__(self) -> str:
        raise ExpressionError("A value that is not there was written into a text.")


MISSING = Missing()


class View:
    """A read-only view of an object or a list; `key` and `parent` say where it was found, for messages."""

    __slots__ = ("key", "parent", "raw")

    def __init__(self, raw: Any, key: object = None, parent: "View | None" = None) -> None:
        """Show `raw`, a JSON object or list."""
        self.raw = raw
        self.key = key
        self.parent = parent

    def __len__(self) -> int:
        """Return the number of items or members."""
        return len(self.raw)

    def __bool__(self) -> bool:
        """An empty view is false, as in Python."""
        return bool(self.raw)

    def __eq__(self, other: object) -> bool:
        """Compare what is behind the views."""
        if not isinstance(other, View):
            return NotImplemented
        charge_deep(self.raw)
        return bool(self.raw == other.raw)

    def __str__(self) -> str:
        """Return the JSON text."""
        return json_text(self.raw)

    def path(self) -> str:
        """Return the dotted path at which this was found, as far as it is known."""
        keys: list[object] = []
        view: View | None = self
        while view is not None:
            keys.append(view.key)
            view = view.parent
        return dotted([key for key in reversed(keys) if key is not None])


class ObjectView(View):
    """A view of a JSON object. MiniJinja takes for a mapping what has `__getitem__` and `items`."""

    __slots__ = ()

    def __getitem__(self, key: object) -> Any:
        """Return a member; ExpressionError when there is none."""
        charge(READ)
        try:
            found = self.raw[key]
        except (KeyError, TypeError):
            raise ExpressionError(no_member(self.path(), self.raw, key)) from None
        return shown(found, key, self)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        charge_items(len(self.raw))
        return iter(self.raw)

    def items(self) -> "ListView":
        """Return the members as a list of pairs."""
        charge_items(len(self.raw))
        return ListView([[key, value] for key, value in self.raw.items()])


class ListView(View, Sequence[Any]):
    """A view of a JSON list."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        """Return an item; ExpressionError when there is none."""
        charge(READ)
        if not isinstance(key, int):
            raise ExpressionError(no_member(self.path(), self.raw, key))
        try:
            found = self.raw[key]
        except IndexError:
            raise ExpressionError(no_member(self.path(), self.raw, key)) from None
        return shown(found, key, self)

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.raw)


class GroupView(ListView):
    """A view of a Group."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        """Return the group's value or its members."""
        return super().__getitem__({"grouper": 0, "list": 1}.get(key, key) if isinstance(key, str) else key)


def shown(value: Any, key: object = None, parent: View | None = None) -> Any:
    """Return a JSON value the way an expression sees it."""
    if isinstance(value, str):
        charge(len(value))
        return value
    if isinstance(value, Mapping):
        return ObjectView(value, key, parent)
    if isinstance(value, list | tuple):
        return (GroupView if isinstance(value, Group) else ListView)(value, key, parent)
    return value


def plain(value: Any) -> Any:
    """Return the JSON value of what an expression gave; ExpressionError when it is none."""
    if isinstance(value, View):
        return value.raw
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value if type(value) is str else str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ExpressionError("The result is not a finite number.")
        return value
    if isinstance(value, list | tuple):
        charge_items(len(value))
        return [plain(item) for item in value]
    if isinstance(value, dict):
        charge_items(len(value))
        return {_name(key): plain(item) for key, item in value.items()}
    if value is MISSING:
        raise NotThere("A value that is used here is not there.")
    raise ExpressionError(
        "The result is a function, not a value." if callable(value) else "The result is not a JSON value."
    )


def _name(key: object) -> str:
    if isinstance(key, str):
        return str(key)
    raise ExpressionError(f"The name of an object's member must be text, not {kind_of(key)}.")


def charge_deep(value: Any) -> None:
    """Charge for all that a JSON value holds."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            charge(len(item))
        elif isinstance(item, Mapping):
            charge_items(len(item))
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            charge_items(len(item))
            waiting.extend(item)


def json_text(value: Any, indent: int | None = None) -> str:
    """Return JSON text of a JSON value."""
    charge_deep(value)
    return json.dumps(value, ensure_ascii=False, indent=indent, default=dict)


def text_of(value: Any) -> str:
    """Return a value as it stands in a text: text as it is, anything else as JSON."""
    value = plain(value)
    if isinstance(value, str):
        charge(len(value))
        return value
    return json_text(value)


_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    tuple: "a list",
}


MAX_DEPTH = 200


def refuse_deep(value: Any) -> None:
    """Raise Misuse for data that is nested so deeply that recursive code cannot handle it."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        members = [item.values() if isinstance(item, dict) else item for item in level]
        level = [item for inner in members for item in inner if isinstance(item, dict | list)]
        if not level:
            return
    raise Misuse(f"takes data of at most {MAX_DEPTH} levels")


def kind_of(value: object) -> str:
    """Return what a value is, in words."""
    if isinstance(value, View):
        value = value.raw
    return "null" if value is None else _KINDS.get(type(value), "an object")


def dotted(keys: Sequence[object]) -> str:
    """Return keys as a path that a person could have written: `nodes.fetch.output[0]["a b"]`."""
    path = ""
    for key in keys:
        if isinstance(key, str) and key.isidentifier():
            path += f".{key}" if path else key
        else:
            path += f"[{json.dumps(key, default=str)}]"
    return path


def no_member(path: str, owner: Any, key: object) -> str:
    """Return the message for reading `key` where it is not."""
    place, wanted = f"“{path}”" if path else "it", f"“{dotted([key])}”"
    if isinstance(owner, Mapping):
        names = ", ".join(map(str, list(owner)[:8])) + (", …" if len(owner) > 8 else "")
        whole = path + dotted(["_", key])[1:] if path else dotted([key])
        return f"“{whole}” is not there: {place} has {names or 'nothing in it'}."
    if isinstance(owner, list | tuple):
        if isinstance(key, int):
            return f"{place} has {len(owner)} items, so there is no item {key}."
        return f"{place} is a list, so it has no {wanted}; take an item of it, or map(attribute={key!r})."
    return f"{place} is {kind_of(owner)}, so it has no {wanted}."


def look_up(path: Sequence[str | int], context: Mapping[str, Any]) -> Any:
    """Return what stands at a path in a context; ExpressionError, which says what is missing, otherwise."""
    value: Any = context
    for depth, key in enumerate(path):
        try:
            if isinstance(value, str):
                raise TypeError
            value = value[key]
        except (KeyError, IndexError, TypeError):
            raise ExpressionError(_not_found(path[:depth], value, key)) from None
    return value


def _not_found(path: Sequence[str | int], owner: Any, key: str | int) -> str:
    if not path:
        return f"“{key}” cannot be used here."
    if list(path) == ["nodes"]:
        return f"The step “{key}” has no result here."
    return no_member(dotted(path), owner, key)
