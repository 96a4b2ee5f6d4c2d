"""Queries about workspaces."""

from collections.abc import Collection

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from engine.contracts import WorkingHours
from workbench.db.paging import Named, Rows
from workbench.db.runs import SETTLED
from workbench.db.tables import RunRow, TriggerRow, WorkspaceRow


async def page(
    session: AsyncSession, *, limit: int, after: Named | None, only: Collection[str] | None
) -> Rows:
    """Return up to `limit` workspaces by name, of those with the ids in `only` if it is given."""
    sort = func.lower(col(WorkspaceRow.name))
    query = select(
        col(WorkspaceRow.id),
        col(WorkspaceRow.name),
        col(WorkspaceRow.created_at),
        col(WorkspaceRow.archived_at),
        col(WorkspaceRow.working_hours),
        sort.label("sort"),
    )
    if only is not None:
        query = query.where(col(WorkspaceRow.id).in_(only))
    if after is not None:
        query = query.where(tuple_(sort, col(WorkspaceRow.id)) > after)
    return (await session.execute(query.order_by(sort, col(WorkspaceRow.id)).limit(limit))).all()


async def get(session: AsyncSession, workspace_id: str, *, lock: bool = False) -> WorkspaceRow | None:
    """Return a workspace; with `lock` nobody else changes it, or its roles, until the transaction ends."""
    if not workspace_id or "\x00" in workspace_id:
        return None
    return await session.get(WorkspaceRow, workspace_id, with_for_update=lock)


async def working_hours(session: AsyncSession, workspace_id: str) -> WorkingHours | None:
    """Return when people of a workspace are at work, where that is set."""
    row = await get(session, workspace_id)
    return WorkingHours.model_validate(row.working_hours) if row and row.working_hours else None


async def open_ones(session: AsyncSession) -> int:
    """Return how many workspaces are not archived; until the transaction ends that stays so."""
    query = select(col(WorkspaceRow.id)).where(col(WorkspaceRow.archived_at).is_(None)).with_for_update()
    return len((await session.execute(query)).all())


async def at_work(session: AsyncSession, workspace_id: str) -> bool:
    """Return whether a run of the workspace has not ended, or one of its triggers may start another."""
    runs = select(col(RunRow.id)).where(
        col(RunRow.workspace_id) == workspace_id, col(RunRow.status).not_in(SETTLED)
    )
    triggers = select(col(TriggerRow.id)).where(
        col(TriggerRow.workspace_id) == workspace_id, col(TriggerRow.armed), ~col(TriggerRow.paused)
    )
    for query in (runs, triggers):
        if (await session.execute(query.limit(1))).first() is not None:
            return True
    return False
