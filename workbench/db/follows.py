"""Queries about the ends of runs, and whether what follows from them has been done."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import RunRow

_OPEN = (col(RunRow.followed_at).is_(None), col(RunRow.finished_at).is_not(None))


async def pass_over(session: AsyncSession) -> None:
    """Mark the ends from which nothing follows."""
    idle = col(RunRow.trigger_waiter).is_(None)
    await session.execute(update(RunRow).where(*_OPEN, idle).values(followed_at=func.now()))


async def next_ends(session: AsyncSession, *, limit: int) -> Sequence[RunRow]:
    """Return runs whose end is still to be followed; nobody else gets them until the transaction ends."""
    query = select(RunRow).where(*_OPEN).order_by(func.random()).limit(limit)
    return (await session.execute(query.with_for_update(skip_locked=True))).scalars().all()


async def followed(session: AsyncSession, run_ids: Collection[str]) -> None:
    """Mark ends as followed."""
    if run_ids:
        values = {"followed_at": func.now()}
        await session.execute(update(RunRow).where(col(RunRow.id).in_(run_ids)).values(values))
