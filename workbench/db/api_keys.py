"""Queries about API keys. Those that were revoked are kept for the audit log, and found by nobody."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, any_, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import ApiKeyRow, WorkspaceRow


async def by_hash(session: AsyncSession, key_hash: str) -> tuple[ApiKeyRow, dict[str, str]] | None:
    """Return the key with this hash, and the names of its workspaces that are not archived, by their ids."""
    query = _valid().where(col(ApiKeyRow.key_hash) == key_hash)
    row = (await session.execute(query)).scalars().first()
    if row is None:
        return None
    there = select(col(WorkspaceRow.id), col(WorkspaceRow.name)).where(
        col(WorkspaceRow.id).in_(row.workspaces), col(WorkspaceRow.archived_at).is_(None)
    )
    found = await session.execute(there.order_by(col(WorkspaceRow.created_at)))
    return row, {row.id: row.name for row in found}


async def get(session: AsyncSession, key_id: str, *, lock: bool = False) -> ApiKeyRow | None:
    """Return a key; with `lock`, nobody else changes it until the transaction ends."""
    query = _valid().where(col(ApiKeyRow.id) == key_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalars().first()


async def of_person(
    session: AsyncSession, user_id: str, *, limit: int, before: str | None
) -> Sequence[ApiKeyRow]:
    """Return up to `limit` keys of a person, newest first."""
    return await _page(session, _valid().where(col(ApiKeyRow.user_id) == user_id), limit, before)


async def of_workspace(
    session: AsyncSession, workspace_id: str, *, limit: int, before: str | None
) -> Sequence[ApiKeyRow]:
    """Return up to `limit` keys of programs in a workspace, newest first."""
    query = _valid().where(_of_programs(workspace_id))
    return await _page(session, query, limit, before)


async def used(session: AsyncSession, key_id: str, at: datetime, *, every: timedelta) -> None:
    """Note when a key was used, unless another process noted it less than `every` before."""
    last = col(ApiKeyRow.last_used_at)
    statement = update(ApiKeyRow).where(col(ApiKeyRow.id) == key_id, or_(last.is_(None), last < at - every))
    await session.execute(statement.values(last_used_at=at))


async def count(session: AsyncSession, *, user_id: str | None, workspace_id: str) -> int:
    """Return how many keys a person has or, without one, the programs of a workspace."""
    whose = col(ApiKeyRow.user_id) == user_id if user_id else _of_programs(workspace_id)
    valid = select(func.count()).select_from(ApiKeyRow).where(whose, col(ApiKeyRow.revoked_at).is_(None))
    return (await session.execute(valid)).scalar_one()


def _of_programs(workspace_id: str) -> ColumnElement[bool]:
    return col(ApiKeyRow.user_id).is_(None) & (literal(workspace_id) == any_(col(ApiKeyRow.workspaces)))


def _valid() -> Select[ApiKeyRow]:
    return select(ApiKeyRow).where(col(ApiKeyRow.revoked_at).is_(None))


async def _page(
    session: AsyncSession, query: Select[ApiKeyRow], limit: int, before: str | None
) -> Sequence[ApiKeyRow]:
    if before is not None:
        query = query.where(col(ApiKeyRow.id) < before)
    return (await session.execute(query.order_by(col(ApiKeyRow.id).desc()).limit(limit))).scalars().all()
