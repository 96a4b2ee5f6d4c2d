"""Queries about the audit log. Its table refuses to change or remove what is in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.base import PORTS
from workbench.db.tables import AuditRow

_LOCK = 0x61756474  # "audt": one number, known to every process

AT_ONCE = 500
"""Entries that are held in memory while the whole log is read."""


@dataclass(frozen=True)
class Wanted:
    """Which entries: seen in a workspace, of an actor (an id, or a part of a name), of a kind, of a time.

    `action` is a whole action or the part before its colon. Empty and None are no condition.
    """

    workspace_id: str | None = None
    actor: str = ""
    action: str = ""
    target: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def last(session: AsyncSession, *, lock: bool = False) -> AuditRow | None:
    """Return the newest entry; with `lock`, nobody else adds one until the transaction ends."""
    if lock:
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    query = select(AuditRow).order_by(col(AuditRow.seq).desc()).limit(1)
    return (await session.execute(query)).scalars().first()


async def page(session: AsyncSession, wanted: Wanted, *, before: int | None, limit: int) -> list[AuditRow]:
    """Return up to `limit` entries, newest first, older than number `before`."""
    query = _where(wanted).order_by(col(AuditRow.seq).desc()).limit(limit)
    if before is not None:
        query = query.where(col(AuditRow.seq) < before)
    return list((await session.execute(query)).scalars())


async def oldest_first(session: AsyncSession, wanted: Wanted) -> AsyncIterator[AuditRow]:
    """Yield every entry that is wanted, reading some at a time."""
    after = 0
    while True:
        query = _where(wanted).where(col(AuditRow.seq) > after).order_by(col(AuditRow.seq)).limit(AT_ONCE)
        rows = (await session.execute(query)).scalars().all()
        for row in rows:
            yield row
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].seq
        session.expunge_all()


def _where(wanted: Wanted) -> Any:
    query: Any = select(AuditRow)
    if wanted.workspace_id is not None:
        own = col(AuditRow.workspace_id) == wanted.workspace_id
        seen = col(AuditRow.seen_in).op("@>")(cast([wanted.workspace_id], PORTS))
        query = query.where(or_(own, seen))
    if wanted.actor:
        named = col(AuditRow.actor_name).icontains(wanted.actor, autoescape=True)
        same = (col(AuditRow.actor_id) == wanted.actor) | (col(AuditRow.impersonator) == wanted.actor)
        query = query.where(or_(same, named))
    if wanted.action:
        kind = col(AuditRow.action).startswith(f"{wanted.action}:", autoescape=True)
        query = query.where(or_(col(AuditRow.action) == wanted.action, kind))
    if wanted.target:
        query = query.where(col(AuditRow.target).startswith(wanted.target, autoescape=True))
    if wanted.outcome:
        query = query.where(col(AuditRow.outcome) == wanted.outcome)
    if wanted.since is not None:
        query = query.where(col(AuditRow.at) >= wanted.since)
    if wanted.until is not None:
        query = query.where(col(AuditRow.at) < wanted.until)
    return query
