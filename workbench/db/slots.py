"""Slots of concurrency groups: who holds one, and who stands in line for one."""

from datetime import timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.ids import now
from workbench.db.tables import SlotRow


async def take(
    session: AsyncSession,
    owner: str,
    group: str,
    holder: str,
    *,
    limit: int,
    lease_s: float,
    in_line_s: float,
) -> bool:
    """Return whether `holder` has a slot of the group now; else it stands in line, in the order of asking.

    Both hold for as many seconds. A holder that asks again keeps its slot, one in line its place.
    """
    text = f"slot\x1f{owner}\x1f{group}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(text, 0))))
    at = now()
    mine = (col(SlotRow.owner) == owner, col(SlotRow.group_name) == group)
    await session.execute(delete(SlotRow).where(*mine, col(SlotRow.expires_at) < at))
    values = {"owner": owner, "group_name": group, "holder": holder, "asked_at": at, "held": False}
    asking = insert(SlotRow).values(**values, expires_at=at + timedelta(seconds=in_line_s))
    await session.execute(asking.on_conflict_do_nothing())
    row = await session.get(SlotRow, (owner, group, holder))
    assert row is not None
    before = or_(col(SlotRow.held), col(SlotRow.asked_at) < row.asked_at)
    others = select(func.count()).where(*mine, col(SlotRow.holder) != holder, before)
    row.held = row.held or (await session.execute(others)).scalar_one() < limit
    row.expires_at = at + timedelta(seconds=lease_s if row.held else in_line_s)
    return row.held


async def free(session: AsyncSession, owner: str, group: str, holder: str) -> None:
    """Give a slot back, or leave the line."""
    await session.execute(
        delete(SlotRow).where(
            col(SlotRow.owner) == owner, col(SlotRow.group_name) == group, col(SlotRow.holder) == holder
        )
    )
