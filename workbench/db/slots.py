"""Slots of concurrency groups: who holds one, and who stands in line for one."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.ids import now
from workbench.db.runs import SETTLED
from workbench.db.tables import RunRow, SlotRow


async def take(
    session: AsyncSession,
    workspace: str,
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
    await _lock(session, workspace, group)
    at = now()
    mine = _of(workspace, group)
    await session.execute(delete(SlotRow).where(*mine, or_(col(SlotRow.expires_at) < at, _left())))
    values = {"workspace_id": workspace, "group_name": group, "holder": holder, "asked_at": at, "held": False}
    asking = insert(SlotRow).values(**values, expires_at=at + timedelta(seconds=in_line_s))
    await session.execute(asking.on_conflict_do_nothing())
    row = await session.get(SlotRow, (workspace, group, holder))
    assert row is not None
    before = or_(col(SlotRow.held), col(SlotRow.asked_at) < row.asked_at)
    others = select(func.count()).where(*mine, col(SlotRow.holder) != holder, before)
    row.held = row.held or (await session.execute(others)).scalar_one() < limit
    row.expires_at = at + timedelta(seconds=lease_s if row.held else in_line_s)
    return row.held


async def free(
    session: AsyncSession, workspace: str, group: str, holder: str, *, limit: int
) -> Sequence[str]:
    """Give a slot back, or leave the line; return those in line for whom there is room now, one at least."""
    await _lock(session, workspace, group)
    mine = _of(workspace, group)
    await session.execute(delete(SlotRow).where(*mine, or_(col(SlotRow.holder) == holder, _left())))
    held = (await session.execute(select(func.count()).where(*mine, col(SlotRow.held)))).scalar_one()
    line = select(col(SlotRow.holder)).where(*mine, ~col(SlotRow.held)).order_by(col(SlotRow.asked_at))
    return (await session.execute(line.limit(max(limit - held, 1)))).scalars().all()


async def _lock(session: AsyncSession, workspace: str, group: str) -> None:
    """Let nobody else ask for a slot of the group, or free one, until the transaction ends."""
    text = f"slot\x1f{workspace}\x1f{group}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(text, 0))))


def _of(workspace: str, group: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(SlotRow.workspace_id) == workspace, col(SlotRow.group_name) == group


def _left() -> ColumnElement[bool]:
    """Whether somebody in line will not ask again, because the run has ended."""
    run_id = func.split_part(col(SlotRow.holder), ":", 1)
    over = exists().where(col(RunRow.id) == run_id, col(RunRow.status).in_(SETTLED))
    return ~col(SlotRow.held) & over
