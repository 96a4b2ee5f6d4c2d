"""Queries about the channels by which people and workspaces are told things, and their quiet hours."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import ChannelRow, QuietRow


async def insert_channel(session: AsyncSession, row: ChannelRow) -> None:
    """Store a channel, unless the person has one of the same kind that there is but one of."""
    await session.execute(insert(ChannelRow).values(row.model_dump()).on_conflict_do_nothing())


async def channels(
    session: AsyncSession, *, people: Collection[str] = (), workspace_id: str | None = None
) -> Sequence[ChannelRow]:
    """Return the channels of some people, and those of a workspace, the oldest first."""
    theirs = or_(
        col(ChannelRow.user_id).in_(people),
        and_(col(ChannelRow.workspace_id).is_not(None), col(ChannelRow.workspace_id) == workspace_id),
    )
    query = select(ChannelRow).where(theirs).order_by(col(ChannelRow.id))
    return (await session.execute(query)).scalars().all()


async def channel(session: AsyncSession, channel_id: str, *, lock: bool = False) -> ChannelRow | None:
    """Return a channel."""
    query = select(ChannelRow).where(col(ChannelRow.id) == channel_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def forget_channel(session: AsyncSession, channel_id: str) -> None:
    """Delete a channel, and what was on its way to it."""
    await session.execute(delete(ChannelRow).where(col(ChannelRow.id) == channel_id))


async def quiet(session: AsyncSession, subjects: Collection[str]) -> dict[str, QuietRow]:
    """Return the quiet hours of people and workspaces, of those that have some."""
    rows = await session.execute(select(QuietRow).where(col(QuietRow.subject_id).in_(subjects)))
    return {row.subject_id: row for row in rows.scalars()}


async def put_quiet(session: AsyncSession, row: QuietRow) -> None:
    """Store when somebody is told nothing."""
    values = row.model_dump()
    insertion = insert(QuietRow).values(values)
    await session.execute(insertion.on_conflict_do_update(index_elements=["subject_id"], set_=values))
