"""Queries about the ends of runs, and whether what follows from them has been done."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import exists, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import RunRow, TriggerRow

_OPEN = (col(RunRow.followed_at).is_(None), col(RunRow.finished_at).is_not(None))


async def pass_over(session: AsyncSession) -> None:
    """Mark the ends from which nothing follows: nobody waits for them, no trigger follows the workflow.

    Of a failure somebody is told.
    """
    armed = (col(TriggerRow.armed), col(TriggerRow.source_id) == col(RunRow.workflow_id))
    idle = col(RunRow.trigger_waiter).is_(None) & ~exists().where(*armed) & (col(RunRow.status) != "failed")
    await session.execute(update(RunRow).where(*_OPEN, idle).values(followed_at=func.now()))


async def next_ends(session: AsyncSession, *, limit: int) -> Sequence[RunRow]:
    """Return runs whose end is still to be followed; nobody else gets them until the transaction ends."""
    query = select(RunRow).where(*_OPEN).order_by(func.random()).limit(limit)
    # Not their keys: what is written beside this transaction may refer to the runs.
    locked = query.with_for_update(skip_locked=True, key_share=True)
    return (await session.execute(locked)).scalars().all()


async def followed(session: AsyncSession, run_ids: Collection[str]) -> None:
    """Mark ends as followed."""
    if run_ids:
        values = {"followed_at": func.now()}
        await session.execute(update(RunRow).where(col(RunRow.id).in_(run_ids)).values(values))


async def chain(session: AsyncSession, run_id: str, *, most: int) -> int:
    """Return of how many runs a run is the last, each begun by the end of the one before; `most` at most."""
    links: Any = select(col(RunRow.trigger_run_id).label("before"), literal(1).label("number"))
    cte = links.where(col(RunRow.id) == run_id).cte("links", recursive=True)
    before = select(col(RunRow.trigger_run_id), cte.c.number + 1).where(
        col(RunRow.id) == cte.c.before, cte.c.number < most
    )
    cte = cte.union_all(before)
    length: int = (await session.execute(select(func.max(cte.c.number)))).scalar_one()
    return length
