"""Queries for the page of one task: what happened to it, like tasks, snoozes, who is away."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Text, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.ids import is_id
from workbench.db.paging import Rows
from workbench.db.tables import AbsenceRow, TaskCommentRow, TaskEventRow, TaskRow, TaskSnoozeRow, UserRow


async def comment(session: AsyncSession, task_id: str, comment_id: str) -> TaskCommentRow | None:
    """Return a comment of a task."""
    if not is_id(comment_id):
        return None
    query = select(TaskCommentRow).where(
        col(TaskCommentRow.id) == comment_id, col(TaskCommentRow.task_id) == task_id
    )
    return (await session.execute(query.with_for_update())).scalar_one_or_none()


async def events(session: AsyncSession, task_id: str) -> Sequence[TaskEventRow]:
    """Return what happened to a task, in its order."""
    query = select(TaskEventRow).where(col(TaskEventRow.task_id) == task_id)
    query = query.order_by(col(TaskEventRow.at), col(TaskEventRow.id))
    return (await session.execute(query)).scalars().all()


async def settled_like(
    session: AsyncSession, task: TaskRow, *, longest: int, limit: int
) -> Sequence[TaskRow]:
    """Return the newest tasks of the same step that people decided, whose data has no more characters."""
    query = (
        select(TaskRow)
        .where(
            col(TaskRow.workflow_id) == task.workflow_id,
            col(TaskRow.node_id) == task.node_id,
            col(TaskRow.kind) == task.kind,
            col(TaskRow.id) != task.id,
            col(TaskRow.status).in_(("decided", "done")),
            col(TaskRow.outcome) != "timeout",
            func.coalesce(func.length(cast(col(TaskRow.data), Text)), 0) <= longest,
        )
        .order_by(col(TaskRow.opened_at).desc(), col(TaskRow.id).desc())
        .limit(limit)
    )
    return (await session.execute(query)).scalars().all()


async def snooze(session: AsyncSession, task_id: str, by: str, until: datetime) -> None:
    """Keep a task from somebody until then."""
    statement = insert(TaskSnoozeRow).values(task_id=task_id, by=by, until=until)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["task_id", "by"], set_={"until": until})
    )


async def wake(session: AsyncSession, task_id: str, by: str) -> None:
    """Let somebody see a task again."""
    await session.execute(
        delete(TaskSnoozeRow).where(col(TaskSnoozeRow.task_id) == task_id, col(TaskSnoozeRow.by) == by)
    )


async def snoozed_until(session: AsyncSession, task_id: str, by: str) -> datetime | None:
    """Return until when somebody does not want to see a task."""
    query = select(col(TaskSnoozeRow.until)).where(
        col(TaskSnoozeRow.task_id) == task_id, col(TaskSnoozeRow.by) == by
    )
    return (await session.execute(query)).scalar_one_or_none()


async def stand_ins(session: AsyncSession, people: Collection[str], at: datetime) -> dict[str, str]:
    """Return who stands in for those of these people who are away then, and can do so."""
    query = (
        select(col(AbsenceRow.user_id), col(AbsenceRow.stand_in))
        .join(UserRow, col(UserRow.id) == col(AbsenceRow.stand_in))
        .where(
            col(AbsenceRow.user_id).in_(people),
            col(AbsenceRow.begins_at) <= at,
            col(AbsenceRow.ends_at) > at,
            col(UserRow.disabled_at).is_(None),
        )
    )
    return {row.user_id: row.stand_in for row in await session.execute(query)}


async def absence(session: AsyncSession, user_id: str) -> AbsenceRow | None:
    """Return when somebody is away."""
    return await session.get(AbsenceRow, user_id)


async def names(session: AsyncSession, ids: Collection[str]) -> Rows:
    """Return id, name and e-mail address of these people."""
    query = select(col(UserRow.id), col(UserRow.name), col(UserRow.email)).where(col(UserRow.id).in_(ids))
    return (await session.execute(query)).all()
