"""Queries about who calls a workflow: drafts, live versions, and runs that have not ended.

They ask for the rows of a whole workspace: who may see which of them is asked afterwards, by `seen`.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Text, any_, cast, exists, null, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.paging import Rows
from workbench.db.tables import RunRow, VersionRow, WorkflowRow

OPEN = ("queued", "running", "waiting")
"""The statuses of runs that have not ended."""


async def versions_of(session: AsyncSession, workflow_id: str) -> Rows:
    """Return (number, content_hash) of the workflow's published versions."""
    published = (col(VersionRow.workflow_id) == workflow_id, col(VersionRow.number).is_not(None))
    query = select(col(VersionRow.number), col(VersionRow.content_hash)).where(*published)
    return (await session.execute(query)).all()


async def published_elsewhere(
    session: AsyncSession, workspace_id: str, workflow_id: str, hashes: Collection[str]
) -> set[str]:
    """Return those of the content hashes that another workflow of the workspace has published too."""
    query = (
        select(col(VersionRow.content_hash))
        .join(WorkflowRow, col(WorkflowRow.id) == col(VersionRow.workflow_id))
        .where(
            *_beside(workspace_id, workflow_id),
            col(VersionRow.number).is_not(None),
            col(VersionRow.content_hash).in_(hashes),
        )
    )
    return set((await session.execute(query)).scalars())


async def candidates(session: AsyncSession, workspace_id: str, workflow_id: str) -> Rows:
    """Return (id, name, number, document) of other drafts, without a number, and of live versions.

    Only those with sub-workflows whose text holds the workflow's id or pins something by its content: few,
    and found without that a document is taken apart.
    """
    live = (col(VersionRow.workflow_id) == col(WorkflowRow.id)) & (
        col(VersionRow.number) == col(WorkflowRow.live_version)
    )
    shown, beside = (col(WorkflowRow.id), col(WorkflowRow.name)), _beside(workspace_id, workflow_id)
    drafts = select(*shown, null().label("number"), col(WorkflowRow.document)).where(
        *beside, _mentions(WorkflowRow.document, workflow_id)
    )
    versions = (
        select(*shown, col(VersionRow.number), col(VersionRow.document))
        .join(VersionRow, live)
        .where(*beside, _mentions(VersionRow.document, workflow_id))
    )
    return (*(await session.execute(drafts)).all(), *(await session.execute(versions)).all())


async def calling_runs(session: AsyncSession, workspace_id: str, workflow_id: str, *, limit: int) -> Rows:
    """Return (id, workflow_name) of runs that have not ended and may yet call the workflow, the oldest."""
    called = (col(VersionRow.workflow_id) == workflow_id) & (col(VersionRow.id) == any_(col(RunRow.may_call)))
    query = (
        select(col(RunRow.id), col(RunRow.workflow_name))
        .where(col(RunRow.workspace_id) == workspace_id, col(RunRow.status).in_(OPEN), exists().where(called))
        .order_by(col(RunRow.created_at))
        .limit(limit)
    )
    return (await session.execute(query)).all()


async def seen(
    session: AsyncSession, table: type[WorkflowRow] | type[RunRow], ids: Collection[str]
) -> set[str]:
    """Return those of the ids whose rows the session reaches."""
    return set((await session.execute(select(col(table.id)).where(col(table.id).in_(ids)))).scalars())


def _beside(workspace_id: str, workflow_id: str) -> tuple[ColumnElement[bool], ...]:
    return (col(WorkflowRow.workspace_id) == workspace_id, col(WorkflowRow.id) != workflow_id)


def _mentions(document: Any, workflow_id: str) -> ColumnElement[bool]:
    text = cast(document, Text)
    by_content = text.regexp_match('"version": ?"[0-9a-f]{64}"')
    return text.contains('"subworkflow"') & (text.contains(workflow_id) | by_content)
