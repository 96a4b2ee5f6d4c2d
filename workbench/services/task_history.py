"""A task's history: everything that happened to it, as one line.

What happened is `opened`, `reminded`, `escalated`, `decided`, `commented`, `settled` (with the outcome as its
text), `cancelled`, or one of `task_events`.
"""

from collections.abc import Iterator, Sequence

from workbench.db.tables import TaskCommentRow, TaskDecisionRow, TaskEventRow, TaskRow
from workbench.services import task_shapes
from workbench.services.task_shapes import Happening


def history(
    row: TaskRow,
    decisions: Sequence[TaskDecisionRow],
    comments: Sequence[TaskCommentRow],
    events: Sequence[TaskEventRow],
) -> tuple[Happening, ...]:
    """Return what happened to a task, in its order."""
    found = [*_by_itself(row), *_decided(decisions), *_said(comments), *_events(events)]
    return tuple(sorted(found, key=lambda one: one.at))


def _by_itself(row: TaskRow) -> Iterator[Happening]:
    yield Happening(at=row.opened_at, what="opened")
    if row.reminded_at:
        yield Happening(at=row.reminded_at, what="reminded")
    if row.escalated_at:
        yield Happening(at=row.escalated_at, what="escalated")
    if row.closed_at:
        what = "cancelled" if row.status == "cancelled" else "settled"
        yield Happening(at=row.closed_at, what=what, text=row.outcome or "")


def _decided(decisions: Sequence[TaskDecisionRow]) -> Iterator[Happening]:
    for one in decisions:
        made = task_shapes.stored(one)
        yield Happening(at=one.at, what="decided", by=one.by, name=made.name or one.by, ref=one.id)


def _said(comments: Sequence[TaskCommentRow]) -> Iterator[Happening]:
    for one in comments:
        yield Happening(at=one.at, what="commented", by=one.by, name=one.name, ref=one.id)


def _events(events: Sequence[TaskEventRow]) -> Iterator[Happening]:
    for one in events:
        yield Happening(at=one.at, what=one.what, by=one.by, name=one.name, text=one.text)
