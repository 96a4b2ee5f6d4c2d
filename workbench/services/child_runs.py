"""The rows of sub-workflows' runs: stored by the runs themselves, with what they have of their parents."""

from sqlalchemy.ext.asyncio import AsyncSession

from engine.contracts import Budget, Opened, Opening, place
from engine.errors import Failure
from engine.graph import Document
from workbench.db import runs as queries
from workbench.db.ids import now
from workbench.db.tables import RunRow, VersionRow
from workbench.services import documents, inputs, run_options, starts
from workbench.services.resources import Resources
from workbench.services.run_options import NOTHING_ASKED

GONE = Failure(
    kind="version-gone",
    message="The version that this step runs is no longer there",
    hint="Its workflow was deleted; choose another one.",
)
PARENT_ENDED = Failure(kind="terminated", message="The run that began this one has ended")


async def open_run(resources: Resources, opening: Opening) -> Opened:
    """Store the run of a sub-workflow, unless it is there, and return it as it is stored."""
    async with resources.transaction() as session:
        row = await queries.get(session, opening.run_id)
        if row is not None:
            return _opened(row)
        parent = await queries.get(session, opening.parent.run_id, lock=True)
        version = await session.get(VersionRow, opening.version_id)
        if parent is None or version is None:
            return Opened(failure=GONE)
        if parent.status in queries.SETTLED:
            return Opened(failure=PARENT_ENDED)
        document = await documents.load(version.document)
        if failure := _unfit(document, opening):
            return Opened(failure=failure)
        row = await _store(session, parent, version, document, opening)
    starts.publish(row)
    return _opened(row)


def _unfit(document: Document, opening: Opening) -> Failure | None:
    problems = inputs.check(document.inputs, inputs.with_defaults(document.inputs, opening.inputs))
    if not problems:
        return None
    told = "; ".join(f"{problem.field}: {problem.message}" for problem in problems[:5])
    hint = "Look at what this step hands over, and at the schema of the other workflow's inputs."
    return Failure(kind="inputs-unfit", message=f"The inputs do not fit: {told}", hint=hint)


async def _store(
    session: AsyncSession, parent: RunRow, version: VersionRow, document: Document, opening: Opening
) -> RunRow:
    at = opening.started_at
    own = run_options.budget(NOTHING_ASKED, document.limits)
    budget = own.within(opening.budget) if own else opening.budget
    limits = (opening.deadline, run_options.deadline(NOTHING_ASKED, document.limits, at=at))
    row = RunRow(
        id=opening.run_id,
        workflow_id=version.workflow_id,
        workflow_name=document.name,
        version_id=version.id,
        version_number=version.number,
        version_hash=version.content_hash,
        status="running",
        status_at=at,
        change=await queries.next_change(session),
        inputs=inputs.with_defaults(document.inputs, opening.inputs),
        workspace_id=parent.workspace_id,
        started_by=parent.started_by,
        created_at=now(),
        started_at=at,
        priority=parent.priority,
        deadline_at=min((limit for limit in limits if limit), default=None),
        budget=budget.model_dump() if budget else None,
        labels=parent.labels,
        trigger_type="subworkflow",
        trigger_id=parent.id,
        parent_run_id=parent.id,
        parent_place=place(opening.parent.scope, opening.parent.node_id),
    )
    await queries.insert(session, row)
    return row


def _opened(row: RunRow) -> Opened:
    budget = Budget.model_validate(row.budget) if row.budget else None
    return Opened(inputs=row.inputs, deadline=row.deadline_at, budget=budget)
