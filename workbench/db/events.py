"""Queries about events and the nodes that wait for them.

Whoever registers a wait or delivers an event first takes the lock of its name and key (`lock`), so that one
sees what the other wrote: an event is either given to a wait or kept for it, never lost between the two.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Delete, and_, collate, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.ids import now
from workbench.db.runs import NODE_SETTLED, SETTLED
from workbench.db.tables import EventRow, EventWaitRow, NodeRunRow, RunRow

Place = tuple[str, str, str]
"""Run, scope and node."""


async def lock(session: AsyncSession, workspace: str, name: str, key: str) -> None:
    """Let nobody else register or deliver for this name and key until the transaction ends."""
    text = "\x1f".join((workspace, name, key))
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(text, 0))))


async def add(session: AsyncSession, event: EventRow) -> bool:
    """Store an event; return False, and store nothing, when one of its id is known."""
    values = {name: getattr(event, name) for name in EventRow.model_fields}
    insertion = insert(EventRow).values(values).on_conflict_do_nothing()
    return (await session.execute(insertion.returning(col(EventRow.id)))).first() is not None


async def get(session: AsyncSession, workspace: str, event_id: str) -> EventRow | None:
    """Return an event."""
    return await session.get(EventRow, (workspace, event_id))


async def kept(session: AsyncSession, workspace: str, name: str, key: str) -> Sequence[EventRow]:
    """Return the events that nothing has waited for yet, oldest first."""
    query = select(EventRow).where(
        col(EventRow.workspace_id) == workspace,
        col(EventRow.name) == name,
        col(EventRow.key) == key,
        col(EventRow.given_at).is_(None),
        col(EventRow.expires_at) > now(),
    )
    return (await session.execute(query.order_by(col(EventRow.received_at)))).scalars().all()


async def waiting(session: AsyncSession, workspace: str, name: str, key: str) -> Sequence[EventWaitRow]:
    """Return the waits that an event may be given to: those whose run and node can still use it."""
    query = (
        select(EventWaitRow)
        .join(RunRow, col(RunRow.id) == col(EventWaitRow.run_id))
        .where(
            col(EventWaitRow.workspace_id) == workspace,
            col(EventWaitRow.name) == name,
            col(EventWaitRow.key) == key,
            col(EventWaitRow.event_id).is_(None),
            func.coalesce(col(EventWaitRow.until) > now(), True),
            col(RunRow.status).not_in(SETTLED),
            col(RunRow.cancel_requested_at).is_(None),
            ~_node_has_ended(),
        )
    )
    return (await session.execute(query.order_by(col(EventWaitRow.registered_at)))).scalars().all()


async def wait(session: AsyncSession, place: Place) -> EventWaitRow | None:
    """Return the wait of a node."""
    return await session.get(EventWaitRow, place)


async def workspace_of(session: AsyncSession, run_id: str) -> str | None:
    """Return the workspace of a run; None when there is no such run."""
    return (await session.execute(select(col(RunRow.workspace_id)).where(col(RunRow.id) == run_id))).scalar()


async def to_be_told(session: AsyncSession, *, limit: int) -> Sequence[tuple[EventWaitRow, EventRow]]:
    """Return waits that were given an event and whose workflow it is time to tell (again), with the event."""
    event = and_(
        col(EventRow.workspace_id) == col(EventWaitRow.workspace_id),
        col(EventRow.id) == col(EventWaitRow.event_id),
    )
    query = (
        select(EventWaitRow, EventRow)
        .join(EventRow, event)
        .where(
            col(EventWaitRow.event_id).is_not(None),
            col(EventWaitRow.tell_at) < now(),
            ~_node_has_ended(),
            ~_run_has_ended(),
        )
    )
    rows = await session.execute(query.order_by(col(EventWaitRow.tell_at)).limit(limit))
    return [(wait, event) for wait, event in rows]


async def forget(session: AsyncSession) -> tuple[int, int]:
    """Remove waits that are over, and events whose time is; return how many of each."""
    waits = delete(EventWaitRow).where(_node_has_ended() | _run_has_ended())
    used = exists().where(
        col(EventWaitRow.workspace_id) == col(EventRow.workspace_id),
        col(EventWaitRow.event_id) == col(EventRow.id),
    )
    events = delete(EventRow).where(col(EventRow.expires_at) < now(), ~used)
    return await _count(session, waits), await _count(session, events)


async def _count(session: AsyncSession, statement: Delete) -> int:
    result: Any = await session.execute(statement)
    return int(result.rowcount)


def _node_has_ended() -> Any:
    return exists().where(
        col(NodeRunRow.run_id) == col(EventWaitRow.run_id),
        col(NodeRunRow.scope) == collate(col(EventWaitRow.scope), "C"),
        col(NodeRunRow.node_id) == col(EventWaitRow.node_id),
        col(NodeRunRow.status).in_(NODE_SETTLED),
    )


def _run_has_ended() -> Any:
    return exists().where(col(RunRow.id) == col(EventWaitRow.run_id), col(RunRow.status).in_(SETTLED))
