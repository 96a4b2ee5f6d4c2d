"""Queries about somebody's own inbox: what they have seen, and the lists that they keep."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db import task_changes
from workbench.db.tables import InboxViewRow, TaskRow, TaskSeenRow


async def mark(
    session: AsyncSession, workspace_id: str, me: str, task_ids: Collection[str], *, seen: bool, at: datetime
) -> int:
    """Mark those of the tasks that can be reached as seen, or as new; return how many they are."""
    reached = select(col(TaskRow.id)).where(col(TaskRow.id).in_(task_ids))
    ids = (await session.execute(reached)).scalars().all()
    if not ids:
        return 0
    if seen:
        rows = [{"user_id": me, "task_id": id_, "at": at} for id_ in ids]
        await session.execute(insert(TaskSeenRow).values(rows).on_conflict_do_nothing())
    else:
        mine = (col(TaskSeenRow.user_id) == me, col(TaskSeenRow.task_id).in_(ids))
        await session.execute(delete(TaskSeenRow).where(*mine))
    task_changes.note(session, workspace_id, ids)
    return len(ids)


async def views(session: AsyncSession, me: str) -> Sequence[InboxViewRow]:
    """Return the lists that somebody keeps, by name."""
    query = select(InboxViewRow).where(col(InboxViewRow.user_id) == me)
    return (await session.execute(query.order_by(func.lower(col(InboxViewRow.name))))).scalars().all()


async def view(session: AsyncSession, me: str, view_id: str) -> InboxViewRow | None:
    """Return a list of somebody's own, locked."""
    query = select(InboxViewRow).where(col(InboxViewRow.user_id) == me, col(InboxViewRow.id) == view_id)
    return (await session.execute(query.with_for_update())).scalar_one_or_none()
