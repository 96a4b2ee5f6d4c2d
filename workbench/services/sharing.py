"""Who of a workspace sees a workflow: everybody, or the people and groups to whom it is narrowed, and admins.

What is narrowed is there for nobody else: not in lists, not by its id, nor its runs and triggers. What was
published before goes on: triggers fire, and published versions that call it find it (`starts`).
"""

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from engine.errors import Problem
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import members
from workbench.db import sharing as queries
from workbench.errors import Invalid
from workbench.services import audit, workflows
from workbench.services.access import requires
from workbench.services.access_news import narrowing_changed
from workbench.services.members import Candidate
from workbench.services.resources import get_resources
from workbench.services.shapes import Shape

MOST = 200


class WorkflowAccess(Shape):
    """Who sees a workflow: everybody in its workspace or, if it is narrowed, `open_to` and admins."""

    narrowed: bool
    open_to: tuple[Candidate, ...]


class AccessChange(BaseModel):
    """Who shall see a workflow. `open_to` are ids of people and groups of the workspace."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"narrowed": True, "open_to": ["0198c0de-0000-7000-8000-000000000001"]}]
        },
    )

    narrowed: bool
    open_to: frozenset[str] = Field(default=frozenset(), max_length=MOST)


@requires(Action.WORKFLOWS_READ)
async def get_access(principal: Principal, workflow_id: str) -> WorkflowAccess:
    """Return who sees a workflow. Raises NotFound."""
    async with get_resources().transaction() as session:
        row = await workflows.require(session, principal, workflow_id)
        return await _access(session, workflow_id, row.narrowed)


@requires(Action.WORKFLOWS_SHARE)
async def set_access(principal: Principal, workflow_id: str, change: AccessChange) -> WorkflowAccess:
    """Narrow a workflow, or open it to everybody in its workspace; who narrows it stays in.

    Raises NotFound, or Invalid for somebody who does not belong to the workspace.
    """
    async with get_resources().transaction() as session:
        row = await workflows.require(session, principal, workflow_id, lock=True)
        before = await queries.subjects(session, workflow_id)
        await _require_members(session, principal, change.open_to - before - {principal.id})
        wanted = change.open_to | {principal.id} if change.narrowed else frozenset[str]()
        row.narrowed = change.narrowed
        await queries.put(session, workflow_id, wanted)
        await audit.record(
            session,
            principal,
            "workflow-narrowed" if change.narrowed else "workflow-opened",
            target=f"workflow:{workflow_id}",
            detail={"open_to": sorted(wanted)},
        )
        access = await _access(session, workflow_id, change.narrowed)
    await narrowing_changed(principal.workspace, workflow_id)
    return access


async def _require_members(session: AsyncSession, principal: Principal, wanted: frozenset[str]) -> None:
    if not wanted:
        return
    rows = await members.page(session, principal.workspace, limit=MOST, only=wanted)
    if strangers := wanted - {row.id for row in rows}:
        message = f"{min(strangers)[:64]!r} is nobody who belongs to this workspace."
        problem = Problem(code="not-a-member", field="open_to", message=message)
        raise Invalid("A workflow is narrowed to people and groups of its workspace.", (problem,))


async def _access(session: AsyncSession, workflow_id: str, narrowed: bool) -> WorkflowAccess:
    subjects = await queries.subjects(session, workflow_id) if narrowed else frozenset[str]()
    rows = await members.some(session, subjects)
    open_to = tuple(Candidate.model_validate(dict(row._mapping)) for row in rows)
    return WorkflowAccess(narrowed=narrowed, open_to=open_to)
