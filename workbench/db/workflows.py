"""Queries about workflows and their versions."""

from datetime import datetime
from typing import Any

from sqlalchemy import any_, delete, exists, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import ForUpdateArg
from sqlmodel import col

from workbench.db.base import columns_of
from workbench.db.ids import is_id, new_id
from workbench.db.paging import Position, Rows
from workbench.db.runs import SETTLED
from workbench.db.tables import RunRow, VersionRow, WorkflowRow


async def get(
    session: AsyncSession, workflow_id: str, *, lock: bool = False, keep: bool = False
) -> WorkflowRow | None:
    """Return the workflow. Until the transaction ends nobody writes it (`lock`), or deletes it (`keep`)."""
    if not is_id(workflow_id):
        return None
    kept = ForUpdateArg(read=True, key_share=True) if keep else None
    return await session.get(WorkflowRow, workflow_id, with_for_update=lock or kept)


async def page(session: AsyncSession, *, limit: int, before: Position | None, search: str) -> Rows:
    """Return up to `limit` workflows, newest first, without their documents but with their latest run."""
    latest = (
        select(
            col(RunRow.id).label("last_run_id"),
            col(RunRow.status).label("last_run_status"),
            col(RunRow.created_at).label("last_run_at"),
        )
        .where(col(RunRow.workflow_id) == col(WorkflowRow.id))
        .order_by(col(RunRow.created_at).desc(), col(RunRow.id).desc())
        .limit(1)
        .lateral("latest")
    )
    shown = columns_of(WorkflowRow, without=("document",))
    query = select(*shown, latest).outerjoin(latest, true())
    if before is not None:
        query = query.where(tuple_(col(WorkflowRow.created_at), col(WorkflowRow.id)) < before)
    if search:
        query = query.where(col(WorkflowRow.name).icontains(search, autoescape=True))
    query = query.order_by(col(WorkflowRow.created_at).desc(), col(WorkflowRow.id).desc()).limit(limit)
    return (await session.execute(query)).all()


async def remove(session: AsyncSession, workflow_id: str) -> None:
    """Delete the workflow. Versions that a run is bound to, or may yet call, stay without their workflow."""
    unused = ~exists().where(col(RunRow.version_id) == col(VersionRow.id))
    callers = col(RunRow.status).not_in(SETTLED) & (col(VersionRow.id) == any_(col(RunRow.may_call)))
    uncalled = ~exists().where(callers)
    of_it = col(VersionRow.workflow_id) == workflow_id
    await session.execute(delete(VersionRow).where(of_it, unused, uncalled))
    await session.execute(delete(WorkflowRow).where(col(WorkflowRow.id) == workflow_id))


async def open_runs(session: AsyncSession, workflow_id: str) -> int:
    """Return how many runs of the workflow have not ended."""
    query = (
        select(func.count())
        .select_from(RunRow)
        .where(col(RunRow.workflow_id) == workflow_id, col(RunRow.status).not_in(SETTLED))
    )
    return (await session.execute(query)).scalar_one()


async def store_version(
    session: AsyncSession,
    *,
    workflow_id: str,
    content_hash: str,
    document: dict[str, Any],
    created_at: datetime,
    created_by: str,
) -> VersionRow:
    """Return the workflow's version with this content, stored as a snapshot if there was none."""
    values = {
        "id": new_id(),
        "workflow_id": workflow_id,
        "content_hash": content_hash,
        "document": document,
        "created_at": created_at,
        "created_by": created_by,
    }
    await session.execute(insert(VersionRow).values(values).on_conflict_do_nothing())
    query = select(VersionRow).where(
        col(VersionRow.workflow_id) == workflow_id, col(VersionRow.content_hash) == content_hash
    )
    return (await session.execute(query)).scalar_one()


async def give_number(session: AsyncSession, version: VersionRow, *, at: datetime, by: str) -> None:
    """Make a snapshot the workflow's next published version. The workflow is locked by the caller."""
    highest = select(func.max(VersionRow.number)).where(col(VersionRow.workflow_id) == version.workflow_id)
    version.number = ((await session.execute(highest)).scalar_one() or 0) + 1
    version.created_at = at
    version.created_by = by
    await session.flush()


async def version_numbered(session: AsyncSession, workflow_id: str, number: int) -> VersionRow | None:
    """Return the workflow's published version `number`."""
    query = select(VersionRow).where(
        col(VersionRow.workflow_id) == workflow_id, col(VersionRow.number) == number
    )
    return (await session.execute(query)).scalar_one_or_none()


async def pinned_version(
    session: AsyncSession, *, workspace_id: str, workflow_id: str | None, version: int | str
) -> VersionRow | None:
    """Return a published version of this workspace by its number, or by its content hash alone."""
    query = (
        select(VersionRow)
        .join(WorkflowRow, col(WorkflowRow.id) == col(VersionRow.workflow_id))
        .where(col(WorkflowRow.workspace_id) == workspace_id, col(VersionRow.number).is_not(None))
    )
    if workflow_id is not None:
        query = query.where(col(VersionRow.workflow_id) == workflow_id)
    if isinstance(version, str):
        query = query.where(col(VersionRow.content_hash) == version)
    elif version < 2**31:
        query = query.where(col(VersionRow.number) == version)
    else:
        return None
    return (await session.execute(query.order_by(col(VersionRow.id)).limit(1))).scalar_one_or_none()


async def published(session: AsyncSession, workflow_id: str, *, limit: int, before: Position | None) -> Rows:
    """Return up to `limit` published versions without their documents, newest first."""
    query = select(
        col(VersionRow.id),
        col(VersionRow.number),
        col(VersionRow.content_hash),
        col(VersionRow.created_at),
        col(VersionRow.created_by),
    ).where(col(VersionRow.workflow_id) == workflow_id, col(VersionRow.number).is_not(None))
    if before is not None:
        query = query.where(tuple_(col(VersionRow.created_at), col(VersionRow.id)) < before)
    query = query.order_by(col(VersionRow.created_at).desc(), col(VersionRow.id).desc()).limit(limit)
    return (await session.execute(query)).all()
