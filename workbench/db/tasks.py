"""Queries about tasks, what was decided, and what was said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Text, cast, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.base import columns_of
from workbench.db.ids import is_id
from workbench.db.paging import Position, Rows
from workbench.db.pauses import BUDGET, KINDS, PAUSE
from workbench.db.tables import TaskCommentRow, TaskDecisionRow, TaskRow, TaskSnoozeRow

Queue = Literal["open", "mine", "groups", "others", "snoozed", "done"]
Address = tuple[str, str, str, int]
"""Run, scope, node and attempt."""


@dataclass(frozen=True)
class Wanted:
    """Which tasks a list is to show, and for whom."""

    queue: Queue
    me: str
    groups: Collection[str]
    workflow_id: str | None = None
    priority: int | None = None
    due_before: datetime | None = None


async def insert_task(session: AsyncSession, row: TaskRow) -> None:
    """Store a task, unless it is there."""
    await session.execute(insert(TaskRow).values(row.model_dump()).on_conflict_do_nothing())


async def get(session: AsyncSession, task_id: str, *, lock: bool = False) -> TaskRow | None:
    """Return a task; with `lock` nobody else changes it until the transaction ends."""
    if not is_id(task_id):
        return None
    query = select(TaskRow).where(col(TaskRow.id) == task_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def at(
    session: AsyncSession, address: Address, *, lock: bool = False, paused: bool = False
) -> TaskRow | None:
    """Return the task of a step that asks people, or with `paused` that of its pause."""
    key = tuple_(col(TaskRow.run_id), col(TaskRow.scope), col(TaskRow.node_id), col(TaskRow.attempt))
    kind = col(TaskRow.kind)
    query = select(TaskRow).where(key == address, kind == PAUSE if paused else kind.not_in(KINDS))
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def page(session: AsyncSession, wanted: Wanted, *, limit: int, before: Position | None) -> Rows:
    """Return up to `limit` tasks without their data, the newest first."""
    query = select(*columns_of(TaskRow, without=("data",))).where(*_conditions(wanted))
    order = (col(TaskRow.opened_at), col(TaskRow.id))
    if before is not None:
        query = query.where(tuple_(*order) < before)
    return (await session.execute(query.order_by(*(one.desc() for one in order)).limit(limit))).all()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    status = col(TaskRow.status)
    found: list[ColumnElement[bool]] = [
        status.in_(("decided", "done", "cancelled")) if wanted.queue == "done" else status == "open"
    ]
    mine = exists().where(
        col(TaskDecisionRow.task_id) == col(TaskRow.id),
        col(TaskDecisionRow.by) == wanted.me,
        col(TaskDecisionRow.status) != "refused",
    )
    assignees = col(TaskRow.assignees)
    match wanted.queue:
        case "mine":
            found += [
                or_(assignees.op("&&")(_texts([wanted.me])), col(TaskRow.claimed_by) == wanted.me),
                ~mine,
            ]
        case "groups":
            asked = or_(assignees.op("&&")(_texts(wanted.groups)), func.cardinality(assignees) == 0)
            found += [asked, ~mine]
        case "others":
            found.append(mine)
        case "snoozed":
            found.append(_asleep(wanted.me))
        case "open" | "done":
            pass
    if wanted.queue in ("mine", "groups"):
        found.append(~_asleep(wanted.me))
    if wanted.workflow_id is not None:
        found.append(col(TaskRow.workflow_id) == wanted.workflow_id)
    if wanted.priority is not None:
        found.append(col(TaskRow.priority) == wanted.priority)
    if wanted.due_before is not None:
        found.append(col(TaskRow.due_at) < wanted.due_before)
    return found


def _asleep(me: str) -> ColumnElement[bool]:
    return exists().where(
        col(TaskSnoozeRow.task_id) == col(TaskRow.id),
        col(TaskSnoozeRow.by) == me,
        col(TaskSnoozeRow.until) > func.now(),
    )


def _texts(values: Collection[str]) -> Any:
    return cast(sorted(values), ARRAY(Text))


async def decisions(session: AsyncSession, task_id: str) -> Sequence[TaskDecisionRow]:
    """Return what was decided about a task, in its order."""
    query = select(TaskDecisionRow).where(col(TaskDecisionRow.task_id) == task_id)
    rows = await session.execute(query.order_by(col(TaskDecisionRow.at), col(TaskDecisionRow.id)))
    return rows.scalars().all()


async def comments(session: AsyncSession, task_id: str) -> Sequence[TaskCommentRow]:
    """Return what was said about a task, in its order."""
    query = select(TaskCommentRow).where(col(TaskCommentRow.task_id) == task_id)
    rows = await session.execute(query.order_by(col(TaskCommentRow.at), col(TaskCommentRow.id)))
    return rows.scalars().all()


async def to_be_told(
    session: AsyncSession, *, before: datetime, limit: int
) -> Sequence[tuple[TaskDecisionRow, str, str]]:
    """Return decisions that it is time to tell their runs (again), with those and the kinds of the tasks."""
    query = (
        select(TaskDecisionRow, col(TaskRow.run_id), col(TaskRow.kind))
        .join(TaskRow, col(TaskRow.id) == col(TaskDecisionRow.task_id))
        .where(col(TaskDecisionRow.status) == "pending", col(TaskDecisionRow.tell_at) < before)
        .order_by(col(TaskDecisionRow.tell_at))
        .limit(limit)
        .with_for_update(of=TaskDecisionRow, skip_locked=True)
    )
    return [(row, run_id, kind) for row, run_id, kind in await session.execute(query)]


async def of_budget(session: AsyncSession, run_id: str) -> TaskRow | None:
    """Return the open task of a run that has used up its budget, locked."""
    query = select(TaskRow).where(
        col(TaskRow.run_id) == run_id, col(TaskRow.kind) == BUDGET, col(TaskRow.status) == "open"
    )
    return (await session.execute(query.with_for_update())).scalar_one_or_none()


async def budgets(session: AsyncSession, run_id: str) -> int:
    """Return how often a run has used up its budget."""
    found = select(func.count()).where(col(TaskRow.run_id) == run_id, col(TaskRow.kind) == BUDGET)
    return (await session.execute(found)).scalar_one()


async def tried_with(session: AsyncSession, row: TaskRow) -> list[Any]:
    """Return the settings with which the step of a pause was told to try again before, in their order."""
    key = tuple_(col(TaskRow.run_id), col(TaskRow.scope), col(TaskRow.node_id))
    query = (
        select(col(TaskDecisionRow.decision))
        .join(TaskRow, col(TaskRow.id) == col(TaskDecisionRow.task_id))
        .where(key == (row.run_id, row.scope, row.node_id))
        .where(col(TaskRow.kind) == PAUSE, col(TaskRow.attempt) < row.attempt)
        .where(col(TaskDecisionRow.status) == "counted")
        .order_by(col(TaskRow.attempt), col(TaskDecisionRow.at))
    )
    made = (await session.execute(query)).scalars().all()
    return [one["value"] for one in made if one["action"] == "retry" and one["value"]]
