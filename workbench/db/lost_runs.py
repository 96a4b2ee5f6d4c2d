"""A run's row made anew, from what Temporal was given when the run began."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from engine.contracts import RunRequest
from workbench.db.runs import next_change
from workbench.db.tables import RunRow, VersionRow, WorkflowRow


async def restore(session: AsyncSession, request: RunRequest, *, at: datetime, orphans: str) -> RunRow | None:
    """Store a queued run that began at `at`, and return it; None when the version that it ran is not there.

    Who started it and with which labels is not known any more: it becomes that of who made its workflow. What
    follows from its end was done when it ended. `orphans` is the workspace of those without a workflow.
    """
    query = select(VersionRow).where(col(VersionRow.content_hash) == request.plan.version_hash)
    version = (await session.execute(query.order_by(col(VersionRow.id).desc()))).scalars().first()
    if version is None:
        return None
    workflow = await session.get(WorkflowRow, version.workflow_id) if version.workflow_id else None
    row = RunRow(
        id=request.run_id,
        workflow_id=workflow.id if workflow else None,
        workflow_name=workflow.name if workflow else request.plan.name,
        version_id=version.id,
        version_number=version.number,
        version_hash=version.content_hash,
        test=request.test,
        status="queued",
        change=await next_change(session),
        inputs=request.inputs,
        workspace_id=workflow.workspace_id if workflow else orphans,
        started_by=workflow.created_by if workflow else version.created_by,
        created_at=at,
        priority=request.priority,
        deadline_at=request.deadline,
        budget=request.budget.model_dump() if request.budget else None,
        followed_at=at,
    )
    session.add(row)
    return row
