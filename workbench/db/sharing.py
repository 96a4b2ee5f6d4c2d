"""Queries about whom a narrowed workflow is open to."""

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import WorkflowAccessRow


async def subjects(session: AsyncSession, workflow_id: str) -> frozenset[str]:
    """Return the people and groups to whom a workflow is open, as long as it is narrowed."""
    query = select(col(WorkflowAccessRow.subject_id)).where(col(WorkflowAccessRow.workflow_id) == workflow_id)
    return frozenset((await session.execute(query)).scalars())


async def put(session: AsyncSession, workflow_id: str, wanted: Collection[str]) -> None:
    """Open a workflow to these people and groups, and to no others."""
    await session.execute(delete(WorkflowAccessRow).where(col(WorkflowAccessRow.workflow_id) == workflow_id))
    session.add_all(WorkflowAccessRow(workflow_id=workflow_id, subject_id=one) for one in wanted)
    await session.flush()
