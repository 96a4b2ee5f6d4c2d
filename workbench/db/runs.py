"""Queries about runs and their nodes; what the engine records of them is written by `records`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from workbench.db.base import columns_of
from workbench.db.ids import is_id
from workbench.db.paging import Position, Rows
from workbench.db.tables import NodeRunRow, RunRow, VersionRow, run_changes

SETTLED = ("succeeded", "failed", "cancelled")
NODE_SETTLED = (*SETTLED, "skipped")


async def get(session: AsyncSession, run_id: str, *, lock: bool = False) -> RunRow | None:
    """Return the run; with `lock`, nobody else writes it until the transaction ends."""
    return await session.get(RunRow, run_id, with_for_update=lock or None) if is_id(run_id) else None


async def with_key(session: AsyncSession, workspace_id: str, key: str) -> RunRow | None:
    """Return the run of this workspace with the idempotency key."""
    query = select(RunRow).where(col(RunRow.workspace_id) == workspace_id, col(RunRow.idempotency_key) == key)
    return (await session.execute(query)).scalar_one_or_none()


async def insert(session: AsyncSession, row: RunRow) -> bool:
    """Store a new run; False when its workspace has one with its idempotency key, perhaps since just now."""
    statement = postgresql.insert(RunRow).values(row.model_dump()).on_conflict_do_nothing()
    return (await session.execute(statement.returning(col(RunRow.id)))).scalar_one_or_none() is not None


async def nodes(session: AsyncSession, run_id: str, scope: str = "") -> Rows:
    """Return the run's nodes of one scope without their outputs, in the order in which they started."""
    if "\x00" in scope:
        return ()
    shown = columns_of(NodeRunRow, without=("output",))
    query = (
        select(*shown)
        .where(col(NodeRunRow.run_id) == run_id, col(NodeRunRow.scope) == scope)
        .order_by(
            func.coalesce(NodeRunRow.started_at, NodeRunRow.finished_at).nulls_last(), col(NodeRunRow.change)
        )
    )
    return (await session.execute(query)).all()


async def whole_nodes(session: AsyncSession, run_id: str, scope: str = "") -> Sequence[NodeRunRow]:
    """Return the run's nodes of one scope with their outputs, in the order in which they started."""
    query = select(NodeRunRow).where(col(NodeRunRow.run_id) == run_id, col(NodeRunRow.scope) == scope)
    started = func.coalesce(NodeRunRow.started_at, NodeRunRow.finished_at).nulls_last()
    return (await session.execute(query.order_by(started, col(NodeRunRow.change)))).scalars().all()


async def statuses(session: AsyncSession, run_id: str) -> dict[tuple[str, str], str]:
    """Return the status of each node of the run, in every pass, by scope and id."""
    query = select(col(NodeRunRow.scope), col(NodeRunRow.node_id), col(NodeRunRow.status))
    rows = await session.execute(query.where(col(NodeRunRow.run_id) == run_id))
    return {(scope, node_id): status for scope, node_id, status in rows}


async def node(session: AsyncSession, run_id: str, node_id: str, scope: str = "") -> NodeRunRow | None:
    """Return one node of a run with its output."""
    if "\x00" in node_id or "\x00" in scope:
        return None
    return await session.get(NodeRunRow, (run_id, scope, node_id))


async def page(
    session: AsyncSession,
    *,
    limit: int,
    before: Position | None,
    workflow_id: str | None,
    status: str | None,
    trigger: str | None,
    labels: Mapping[str, str],
    parent_run_id: str | None,
    parent_place: str | None,
    forked_from: str | None,
) -> Rows:
    """Return up to `limit` runs without inputs and outputs, newest first."""
    query = _without_values()
    if before is not None:
        query = query.where(tuple_(col(RunRow.created_at), col(RunRow.id)) < before)
    if workflow_id is not None:
        query = query.where(col(RunRow.workflow_id) == workflow_id)
    if status is not None:
        query = query.where(col(RunRow.status) == status)
    if trigger is not None:
        query = query.where(col(RunRow.trigger_type) == trigger)
    if labels:
        query = query.where(col(RunRow.labels).contains(dict(labels)))
    if parent_run_id is not None:
        query = query.where(col(RunRow.parent_run_id) == parent_run_id)
    if parent_place is not None:
        query = query.where(col(RunRow.parent_place) == parent_place)
    if forked_from is not None:
        query = query.where(col(RunRow.trigger_type) == "fork", col(RunRow.trigger_id) == forked_from)
    query = query.order_by(col(RunRow.created_at).desc(), col(RunRow.id).desc()).limit(limit)
    return (await session.execute(query)).all()


async def by_trigger(session: AsyncSession, workflow_id: str, name: str, *, limit: int) -> Rows:
    """Return the last runs that a trigger of the workflow started, without inputs and outputs."""
    query = _without_values().where(col(RunRow.workflow_id) == workflow_id, col(RunRow.trigger_id) == name)
    return (await session.execute(query.order_by(col(RunRow.created_at).desc()).limit(limit))).all()


async def without_values(session: AsyncSession, run_id: str) -> Any:
    """Return the run's row without inputs and outputs; None when there is no such run."""
    return (await session.execute(_without_values().where(col(RunRow.id) == run_id))).one_or_none()


async def to_be_moved(session: AsyncSession, *, before: datetime, limit: int) -> Sequence[RunRow]:
    """Return runs made before that have not started, or have been asked to stop and have not."""
    open_run = col(RunRow.status).in_(("queued", "running", "waiting"))
    moved = (col(RunRow.status) == "queued") | col(RunRow.cancel_requested_at).is_not(None)
    query = select(RunRow).where(open_run, moved, col(RunRow.created_at) < before)
    return (await session.execute(query.order_by(col(RunRow.created_at)).limit(limit))).scalars().all()


async def queued(session: AsyncSession, *, before: datetime, limit: int) -> Sequence[RunRow]:
    """Return runs made before that have not started."""
    query = select(RunRow).where(col(RunRow.status) == "queued", col(RunRow.created_at) < before)
    return (await session.execute(query.order_by(col(RunRow.created_at)).limit(limit))).scalars().all()


async def under_way(
    session: AsyncSession, *, after: Position | None, before: datetime, limit: int
) -> Sequence[RunRow]:
    """Return runs that have started and not ended, oldest first, from after the position on."""
    query = select(RunRow).where(
        col(RunRow.status).in_(("running", "waiting")), col(RunRow.created_at) < before
    )
    if after is not None:
        query = query.where(tuple_(col(RunRow.created_at), col(RunRow.id)) > after)
    query = query.order_by(col(RunRow.created_at), col(RunRow.id)).limit(limit)
    return (await session.execute(query)).scalars().all()


def family(run_id: str) -> Select[tuple[str]]:
    """Select the ids of a run and of those begun under it."""
    known = select(col(RunRow.id)).where(col(RunRow.id) == run_id).cte("family", recursive=True)
    known = known.union_all(select(col(RunRow.id)).where(col(RunRow.parent_run_id) == known.c.id))
    return select(known.c.id)


async def mark_terminating(session: AsyncSession, run_id: str) -> Sequence[RunRow]:
    """Mark a run, and those begun under it, to be ended at once; return those of them that have not ended."""
    chosen = col(RunRow.id).in_(family(run_id)) & col(RunRow.status).not_in(SETTLED)
    statement = update(RunRow).where(chosen).values(terminating=True).returning(RunRow)
    return (await session.execute(statement)).scalars().all()


async def terminating(session: AsyncSession, *, limit: int) -> Sequence[RunRow]:
    """Return runs that are to be ended at once, of which Temporal may not have been told."""
    query = select(RunRow).where(col(RunRow.terminating)).order_by(col(RunRow.created_at)).limit(limit)
    return (await session.execute(query)).scalars().all()


async def terminated(session: AsyncSession, run_id: str) -> None:
    """Note that Temporal knows of a run's end."""
    await session.execute(update(RunRow).where(col(RunRow.id) == run_id).values(terminating=False))


async def cancel_orphans(session: AsyncSession, *, at: datetime) -> None:
    """Ask the runs of sub-workflows to stop whose parents have ended."""
    parent = aliased(RunRow)
    ended = select(col(parent.id)).where(col(parent.status).in_(SETTLED))
    orphan = (
        col(RunRow.parent_run_id).in_(ended)
        & col(RunRow.status).not_in(SETTLED)
        & col(RunRow.cancel_requested_at).is_(None)
    )
    await session.execute(update(RunRow).where(orphan).values(cancel_requested_at=at))


async def active_since(session: AsyncSession, since: datetime) -> Rows:
    """Return the runs that have not ended, or ended after `since`, without inputs and outputs."""
    open_or_recent = col(RunRow.status).not_in(SETTLED) | (col(RunRow.finished_at) >= since)
    return (await session.execute(_without_values().where(open_or_recent))).all()


async def ended_among(session: AsyncSession, run_ids: Collection[str]) -> Rows:
    """Return those of the runs that have ended, without inputs and outputs."""
    if not run_ids:
        return ()
    query = _without_values().where(col(RunRow.id).in_(run_ids), col(RunRow.status).in_(SETTLED))
    return (await session.execute(query)).all()


async def document(session: AsyncSession, version_id: str) -> dict[str, Any]:
    """Return the document that a run is bound to."""
    query = select(col(VersionRow.document)).where(col(VersionRow.id) == version_id)
    found: dict[str, Any] = (await session.execute(query)).scalar_one()
    return found


async def next_change(session: AsyncSession) -> int:
    """Return a number larger than that of any write to runs and nodes before."""
    return (await session.execute(select(run_changes.next_value()))).scalar_one()


def _without_values() -> Select[*tuple[Any, ...]]:
    return select(*columns_of(RunRow, without=("inputs", "outputs")))
