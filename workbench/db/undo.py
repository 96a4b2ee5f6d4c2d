"""Queries about a draft's undo log: the edits that can be taken back, then those that can be made again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import DraftEditRow

MAX_STEPS = 200
MAX_BYTES = 32 * 1024 * 1024


async def last_done(session: AsyncSession, workflow_id: str) -> DraftEditRow | None:
    """Return the edit that undo takes back."""
    query = _of(workflow_id).where(~col(DraftEditRow.undone)).order_by(col(DraftEditRow.seq).desc()).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def first_undone(session: AsyncSession, workflow_id: str) -> DraftEditRow | None:
    """Return the edit that redo makes again."""
    query = _of(workflow_id).where(col(DraftEditRow.undone)).order_by(col(DraftEditRow.seq)).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def possible(session: AsyncSession, workflow_id: str) -> tuple[bool, bool]:
    """Return whether there is something to undo, and something to redo."""
    query = select(
        func.coalesce(func.bool_or(~col(DraftEditRow.undone)), False),
        func.coalesce(func.bool_or(col(DraftEditRow.undone)), False),
    ).where(col(DraftEditRow.workflow_id) == workflow_id)
    can_undo, can_redo = (await session.execute(query)).one()
    return can_undo, can_redo


async def append(session: AsyncSession, edit: DraftEditRow) -> None:
    """Add `edit`, whose `seq` is set here, after dropping what was undone and what is too old to keep."""
    mine = col(DraftEditRow.workflow_id) == edit.workflow_id
    await session.execute(delete(DraftEditRow).where(mine, col(DraftEditRow.undone)))
    highest = select(func.coalesce(func.max(DraftEditRow.seq), 0)).where(mine)
    edit.seq = (await session.execute(highest)).scalar_one() + 1
    session.add(edit)
    await session.flush()
    await _trim(session, edit.workflow_id)


async def merge(
    session: AsyncSession, edit: DraftEditRow, *, operation: dict[str, Any], revision: int, at: datetime
) -> None:
    """Let `edit`, the last one, stand for `operation` as well, made right after it; its inverse stays."""
    mine = col(DraftEditRow.workflow_id) == edit.workflow_id
    await session.execute(delete(DraftEditRow).where(mine, col(DraftEditRow.undone)))
    edit.operation, edit.revision, edit.at = operation, revision, at
    await session.flush()


async def _trim(session: AsyncSession, workflow_id: str) -> None:
    """Keep the newest MAX_STEPS edits, and of these what fits into MAX_BYTES."""
    newest_first = col(DraftEditRow.seq).desc()
    kept = (
        select(
            col(DraftEditRow.seq),
            func.row_number().over(order_by=newest_first).label("place"),
            func.sum(DraftEditRow.size).over(order_by=newest_first).label("bytes"),
        )
        .where(col(DraftEditRow.workflow_id) == workflow_id)
        .subquery()
    )
    old = select(kept.c.seq).where(
        (kept.c.place > MAX_STEPS) | ((kept.c.bytes > MAX_BYTES) & (kept.c.place > 1))
    )
    await session.execute(
        delete(DraftEditRow).where(
            col(DraftEditRow.workflow_id) == workflow_id, col(DraftEditRow.seq).in_(old)
        )
    )


def _of(workflow_id: str) -> Select[DraftEditRow]:
    return select(DraftEditRow).where(col(DraftEditRow.workflow_id) == workflow_id)
