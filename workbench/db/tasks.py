"""Queries about tasks, what was decided, and what was said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db import task_changes
from workbench.db.ids import is_id
from workbench.db.pauses import BUDGET, KINDS, PAUSE
from workbench.db.tables import TaskCommentRow, TaskDecisionRow, TaskRow

Address = tuple[str, str, str, int]
"""Run, scope, node and attempt."""
Place = tuple[str, str, str, int]
"""Of a pause in a run: its kind, scope, node and attempt."""


async def insert_task(session: AsyncSession, row: TaskRow) -> None:
    """Store a task, unless it is there."""
    await session.execute(insert(TaskRow).values(row.model_dump()).on_conflict_do_nothing())
    task_changes.note(session, row.workspace_id, [row.id])


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


async def decisions(session: AsyncSession, task_id: str) -> Sequence[TaskDecisionRow]:
    """Return what was decided about a task, in its order."""
    query = select(TaskDecisionRow).where(col(TaskDecisionRow.task_id) == task_id)
    rows = await session.execute(query.order_by(col(TaskDecisionRow.at), col(TaskDecisionRow.id)))
    return rows.scalars().all()


async def held(session: AsyncSession, task_id: str) -> Sequence[TaskDecisionRow]:
    """Return what was decided about a task and can be undone yet, locked."""
    query = select(TaskDecisionRow).where(
        col(TaskDecisionRow.task_id) == task_id, col(TaskDecisionRow.status) == "held"
    )
    rows = await session.execute(query.order_by(col(TaskDecisionRow.at)).with_for_update())
    return rows.scalars().all()


async def held_by(session: AsyncSession, me: str) -> Sequence[tuple[TaskDecisionRow, TaskRow]]:
    """Return what somebody decided and can undo yet, with the tasks, the latest last."""
    query = (
        select(TaskDecisionRow, TaskRow)
        .join(TaskRow, col(TaskRow.id) == col(TaskDecisionRow.task_id))
        .where(col(TaskDecisionRow.by) == me, col(TaskDecisionRow.status) == "held")
        .order_by(col(TaskDecisionRow.at))
    )
    return [(decision, task) for decision, task in await session.execute(query)]


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
        .where(col(TaskDecisionRow.status).in_(("pending", "held")), col(TaskDecisionRow.tell_at) <= before)
        .order_by(col(TaskDecisionRow.tell_at))
        .limit(limit)
        .with_for_update(of=TaskDecisionRow, skip_locked=True)
    )
    return [(row, run_id, kind) for row, run_id, kind in await session.execute(query)]


async def pauses(session: AsyncSession, run_id: str, at: Sequence[Place]) -> Sequence[TaskRow]:
    """Return the open tasks of a run that are pauses at these places: kind, scope, node and attempt."""
    key = tuple_(col(TaskRow.kind), col(TaskRow.scope), col(TaskRow.node_id), col(TaskRow.attempt))
    query = select(TaskRow).where(col(TaskRow.run_id) == run_id, col(TaskRow.status) == "open", key.in_(at))
    return (await session.execute(query)).scalars().all()


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
