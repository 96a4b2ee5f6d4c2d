"""Queries about the audit log."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import AuditRow

_LOCK = 0x61756474  # "audt": one number, known to every process


async def last(session: AsyncSession, *, lock: bool = False) -> AuditRow | None:
    """Return the newest entry; with `lock`, nobody else adds one until the transaction ends."""
    if lock:
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    query = select(AuditRow).order_by(col(AuditRow.seq).desc()).limit(1)
    return (await session.execute(query)).scalars().first()
