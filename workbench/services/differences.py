"""Where two JSON values differ, as a list of places that a person can read."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Literal

from workbench.services.shapes import ValueChange

MOST = 50
"""Places that are named."""

LONGEST = 500
"""Characters of a text, or members of a list or object, that are shown of one side."""

_MISSING = object()


def changes(before: Any, after: Any, *, name: str = "") -> tuple[ValueChange, ...]:
    """Return the first places where the values differ, each with both sides; `name` is that of the whole."""
    return tuple(islice(_changes(before, after, name), MOST))


def _changes(before: Any, after: Any, path: str) -> Iterator[ValueChange]:
    waiting = [(before, after, path, "")]
    while waiting:
        old, new, at, pointer = waiting.pop()
        if type(old) is type(new) and old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            keys = [*old, *(key for key in new if key not in old)]
            parts = [
                (
                    old.get(key, _MISSING),
                    new.get(key, _MISSING),
                    _member(at, key),
                    f"{pointer}/{escaped(key)}",
                )
                for key in keys
            ]
        elif isinstance(old, list) and isinstance(new, list):
            parts = [
                (old[index] if index < len(old) else _MISSING, new[index] if index < len(new) else _MISSING,
                 f"{at}[{index}]", f"{pointer}/{index}")
                for index in range(max(len(old), len(new)))
            ]  # fmt: skip
        else:
            kind = _kind(old, new)
            yield ValueChange(path=at, before=_shown(old), after=_shown(new), pointer=pointer, kind=kind)
            continue
        waiting.extend(reversed(parts))


def _kind(old: Any, new: Any) -> Literal["added", "removed", "changed"]:
    return "added" if old is _MISSING else "removed" if new is _MISSING else "changed"


def escaped(part: str | int) -> str:
    """Return a part of a JSON pointer (RFC 6901)."""
    return str(part).replace("~", "~0").replace("/", "~1")


def _member(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _shown(value: Any) -> Any:
    if value is _MISSING:
        return None
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    if isinstance(value, list) and len(value) > LONGEST:
        return [*value[:LONGEST], "…"]
    return value
