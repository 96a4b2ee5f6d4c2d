"""Who calls a workflow: other workflows by their drafts and live versions, and runs that have not ended."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.db import callers as queries
from workbench.db.paging import Rows
from workbench.db.tables import RunRow, WorkflowRow
from workbench.errors import Conflict
from workbench.services import documents
from workbench.services.access import everywhere
from workbench.services.resources import get_resources
from workbench.services.subworkflows import calls_of

MOST = 5
"""Callers of each kind that are named."""


async def require_none(session: AsyncSession, workflow: WorkflowRow) -> None:
    """Raise Conflict while others call the workflow. It names them, but for those the session cannot see."""
    with everywhere():
        found, runs = await get_resources().read(lambda all_: _callers(all_, workflow))
    told = []
    if found:
        shown = await queries.seen(session, WorkflowRow, {row.id for row in found})
        names = [f"“{row.name}” ({_which(row.number)})" for row in found if row.id in shown]
        told.append(f"{_listed(names, len(found))} {_verb(found, 'calls', 'call')} it.")
    if runs:
        shown = await queries.seen(session, RunRow, {row.id for row in runs})
        names = [f"the run {row.id[:8]} of “{row.workflow_name}”" for row in runs if row.id in shown]
        verb = _verb(runs, "has not ended and may call it.", "have not ended and may call it.")
        told.append(f"{_listed(names, len(runs))} {verb}")
    if told:
        sentences = " ".join(text[:1].upper() + text[1:] for text in told)
        raise Conflict(f"This workflow is still needed. {sentences} Change or cancel that first.")


async def _callers(session: AsyncSession, workflow: WorkflowRow) -> tuple[Rows, Rows]:
    """Return the drafts and live versions, and some of the runs, of the workspace that call the workflow."""
    workspace, versions = workflow.workspace_id, await queries.versions_of(session, workflow.id)
    if not versions:
        return (), ()
    hashes = {version.content_hash for version in versions}
    elsewhere = await queries.published_elsewhere(session, workspace, workflow.id, hashes)
    names = {*hashes, *(str(version.number) for version in versions)}
    pins = {f"{workflow.id}@{name}" for name in names} | {f"@{content}" for content in hashes - elsewhere}
    found = []
    for row in await queries.candidates(session, workspace, workflow.id):
        document = await documents.load(row.document)
        if any(call.config.pin in pins for call in calls_of(document)):
            found.append(row)
    return found, await queries.calling_runs(session, workspace, workflow.id, limit=MOST + 1)


def _which(number: int | None) -> str:
    return f"version {number}" if number else "draft"


def _verb(rows: Rows, one: str, many: str) -> str:
    return one if len(rows) == 1 else many


def _listed(names: Sequence[str], count: int) -> str:
    """Return the first names, and that there are more or that one may not see them."""
    if not names:
        return "something that you may not see" if count == 1 else "others that you may not see"
    return ", ".join(names[:MOST]) + (" and others" if count > min(len(names), MOST) else "")
