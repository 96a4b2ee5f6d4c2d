"""Queries about triggers."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import TriggerRow


async def of_workflow(session: AsyncSession, workflow_id: str, *, lock: bool = False) -> Sequence[TriggerRow]:
    """Return every trigger that a version of the workflow had, in the order in which they came."""
    query = select(TriggerRow).where(col(TriggerRow.workflow_id) == workflow_id)
    query = query.order_by(col(TriggerRow.created_at), col(TriggerRow.id))
    return (await session.execute(query.with_for_update() if lock else query)).scalars().all()


async def named(
    session: AsyncSession, workflow_id: str, name: str, *, lock: bool = False
) -> TriggerRow | None:
    """Return a workflow's trigger by its id in the document."""
    query = select(TriggerRow).where(col(TriggerRow.workflow_id) == workflow_id, col(TriggerRow.name) == name)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def at_address(session: AsyncSession, address: str) -> TriggerRow | None:
    """Return the webhook that listens at an address."""
    listens = (col(TriggerRow.armed), ~col(TriggerRow.paused), col(TriggerRow.type) == "webhook")
    query = select(TriggerRow).where(col(TriggerRow.address) == address, *listens)
    return (await session.execute(query)).scalar_one_or_none()


async def disarm(session: AsyncSession, workflow_id: str) -> None:
    """Take a workflow's triggers away; those that Temporal may have a schedule of, as soon as it has not."""
    mine = col(TriggerRow.workflow_id) == workflow_id
    await session.execute(delete(TriggerRow).where(mine, ~col(TriggerRow.scheduled)))
    gone = {"armed": False, "told": False, "address": None}
    await session.execute(update(TriggerRow).where(mine).values(gone))


async def say(session: AsyncSession, trigger_id: str, problem: dict[str, object] | None) -> None:
    """Keep what is wrong with a trigger, or that nothing is."""
    await session.execute(update(TriggerRow).where(col(TriggerRow.id) == trigger_id).values(problem=problem))


async def get(session: AsyncSession, trigger_id: str, *, lock: bool = False) -> TriggerRow | None:
    """Return a trigger; with `lock`, nobody else changes it until the transaction ends."""
    return await session.get(TriggerRow, trigger_id, with_for_update=lock or None)


async def scheduled(session: AsyncSession, *, after: str, limit: int) -> Sequence[TriggerRow]:
    """Return triggers that Temporal may have a schedule of, in the order of their ids."""
    query = select(TriggerRow).where(col(TriggerRow.scheduled), col(TriggerRow.id) > after)
    query = query.order_by(col(TriggerRow.id)).limit(limit)
    return (await session.execute(query)).scalars().all()


async def untold(session: AsyncSession, workflow_id: str) -> Sequence[TriggerRow]:
    """Return the workflow's triggers of whose present state Temporal has yet to be told."""
    mine = col(TriggerRow.workflow_id) == workflow_id
    query = select(TriggerRow).where(mine, col(TriggerRow.scheduled), ~col(TriggerRow.told))
    return (await session.execute(query)).scalars().all()


async def orphans(session: AsyncSession) -> Sequence[TriggerRow]:
    """Return the triggers of deleted workflows that Temporal may have a schedule of."""
    query = select(TriggerRow).where(col(TriggerRow.scheduled), col(TriggerRow.workflow_id).is_(None))
    return (await session.execute(query)).scalars().all()


async def following(session: AsyncSession, workspace_id: str, *, besides: str) -> Sequence[tuple[str, str]]:
    """Return (workflow that is followed, workflow that follows it), leaving out what `besides` follows."""
    query = select(col(TriggerRow.source_id), col(TriggerRow.workflow_id)).where(
        col(TriggerRow.armed),
        col(TriggerRow.source_id).is_not(None),
        col(TriggerRow.workspace_id) == workspace_id,
        col(TriggerRow.workflow_id) != besides,
    )
    return [(str(source), str(target)) for source, target in await session.execute(query)]


async def followers(session: AsyncSession, workflow_id: str) -> Sequence[TriggerRow]:
    """Return the armed triggers that follow the ends of a workflow's runs."""
    query = select(TriggerRow).where(
        col(TriggerRow.armed), ~col(TriggerRow.paused), col(TriggerRow.source_id) == workflow_id
    )
    return (await session.execute(query.order_by(col(TriggerRow.id)))).scalars().all()
