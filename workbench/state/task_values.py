"""Data that people edit: on its way to the browser and back, what is wrong with it, what they changed.

A browser's numbers are floats: what they cannot hold exactly travels as `{"$number": "1234567890123456789"}`,
so that nobody alters an id by looking at it.
"""

import json
from dataclasses import dataclass
from typing import Any

from engine.misfits import Misfit, misfits
from workbench.services import differences
from workbench.services.differences import escaped
from workbench.services.shapes import ValueChange

NUMBER = "$number"
SAFE = 2**53 - 1
SHORT = 160


@dataclass(frozen=True)
class FieldNote:
    """What is wrong with a part of the data; `pointer` (RFC 6901) says which, `path` in words."""

    pointer: str
    path: str
    message: str


@dataclass(frozen=True)
class ChangeView:
    """A place at which data was changed. Both sides are JSON, and short to be read.

    `whole` says that `before` is all that stood there, so that it can be put back.
    """

    pointer: str
    path: str
    kind: str
    before: str
    before_short: str
    after_short: str
    whole: bool

    @classmethod
    def of(cls, change: ValueChange) -> "ChangeView":
        """Return the view of `change`."""
        before = change.before
        cut = isinstance(before, str | list) and len(before) >= differences.LONGEST
        return cls(
            pointer=change.pointer,
            path=change.path or "data",
            kind=change.kind,
            before=json.dumps(encoded(before), ensure_ascii=False),
            before_short="" if change.kind == "added" else short(before),
            after_short="" if change.kind == "removed" else short(change.after),
            whole=not cut,
        )


def changes_of(before: Any, after: Any) -> list[ChangeView]:
    """Return where edited data differs from what it was."""
    return [ChangeView.of(one) for one in differences.changes(before, after)]


def short(value: Any) -> str:
    """Return a value in a line or so."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if value == "":
        return "empty"
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def encoded(value: Any) -> Any:
    """Return a value as a browser can hold it."""
    if isinstance(value, dict):
        return {key: encoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [encoded(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    exact = abs(value) <= SAFE if isinstance(value, int) else not value.is_integer()
    return value if exact else {NUMBER: json.dumps(value)}


def decoded(value: Any) -> Any:
    """Return the value that `encoded` made of; ValueError for a number that is none."""
    if isinstance(value, dict):
        if value.keys() == {NUMBER}:
            number = json.loads(str(value[NUMBER]))
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise ValueError("This is no number.")
            return number
        return {key: decoded(item) for key, item in value.items()}
    return [decoded(item) for item in value] if isinstance(value, list) else value


def notes_of(schema: dict[str, Any], value: Any) -> list[FieldNote]:
    """Return the first ways in which data does not fit its schema, each at its field."""
    return [_note(misfit) for misfit in misfits(schema, value)] if schema else []


def _note(misfit: Misfit) -> FieldNote:
    pointer = "".join(f"/{escaped(part)}" for part in misfit.path)
    return FieldNote(pointer, misfit.place or "data", misfit.message)
