"""Tasks of before that are like one: what people decided about the most similar data, and why.

Like tasks are those of the same step of the same workflow. Their data is compared value by value, as far as
it is short: equal values count one, numbers within a tenth of each other a half. Of those that are equally
alike the newest come first. Everything that counted is named, so that nobody has to believe a number.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import task_pages as queries
from workbench.db.tables import TaskRow
from workbench.services import task_shapes, tasks
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import Shape

MOST = 5
"""Tasks that are given back."""

LOOKED_AT = 200
LONGEST_DATA = 20_000
"""Of so many of the newest the data is compared, where it has no more characters."""

MOST_VALUES = 60
LONGEST_VALUE = 200
NEAR = 0.1

Leaves = dict[str, Any]


class Precedent(Shape):
    """What somebody decided about a task of before; `same` and `near` are the fields that count."""

    task_id: str
    title: str
    outcome: str
    at: datetime
    by: str
    reason: str
    same: tuple[str, ...]
    near: tuple[str, ...]
    fields: int


@requires(Action.TASKS_READ)
async def similar(principal: Principal, task_id: str) -> tuple[Precedent, ...]:
    """Return a few tasks of before that are most like this one, the most similar first."""

    async def query(session: AsyncSession) -> tuple[Precedent, ...]:
        row = await tasks.found(session, task_id)
        if row.workflow_id is None:
            return ()
        rows = await queries.settled_like(session, row, longest=LONGEST_DATA, limit=LOOKED_AT)
        mine = leaves(row.data)
        found = [_precedent(one, mine) for one in rows]
        ranked = sorted(found, key=lambda one: len(one.same) + len(one.near) / 2, reverse=True)
        return tuple(ranked[:MOST])

    return await get_resources().read(query)


def _precedent(row: TaskRow, mine: Leaves) -> Precedent:
    theirs = leaves(row.data)
    same = tuple(name for name, value in mine.items() if name in theirs and _same(value, theirs[name]))
    near = tuple(name for name, value in mine.items() if name not in same and _near(value, theirs.get(name)))
    _, _, so_far = task_shapes.parts(row)
    verdicts = [one for one in so_far.verdicts if one.action != "delegate"]
    last = verdicts[-1] if verdicts else None
    return Precedent(
        task_id=row.id,
        title=row.title,
        outcome=row.outcome or "",
        at=last.at if last else row.closed_at or row.opened_at,
        by=", ".join(dict.fromkeys(one.name or one.by for one in verdicts)),
        reason=next((one.reason or one.text for one in reversed(verdicts) if one.reason or one.text), ""),
        same=same,
        near=near,
        fields=len(mine),
    )


def leaves(data: Any) -> Leaves:
    """Return the first short values in the data by their paths; long texts tell no likeness."""
    found: Leaves = {}
    for path, value in _leaves(data):
        if value is not None and len(str(value)) <= LONGEST_VALUE:
            found[path] = value
        if len(found) == MOST_VALUES:
            break
    return found


def _leaves(data: Any) -> Iterator[tuple[str, Any]]:
    waiting: list[tuple[str, Any]] = [("", data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            parts = [(f"{path}.{key}" if path else str(key), item) for key, item in value.items()]
            waiting.extend(reversed(parts))
        elif isinstance(value, list):
            waiting.extend(reversed([(f"{path}[{index}]", item) for index, item in enumerate(value)]))
        else:
            yield path or "data", value


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _near(one: Any, other: Any) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    return numbers and abs(one - other) <= NEAR * max(abs(one), abs(other))
