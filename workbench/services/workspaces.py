"""Workspaces: which are there for whom, and in which one somebody acts. They are archived, never deleted."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator
from sqlalchemy.ext.asyncio import AsyncSession

from engine import working_time
from engine.contracts import WorkingHours
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import workspaces as queries
from workbench.db.ids import new_id, now
from workbench.db.paging import decode_named, encode_named, page_size
from workbench.db.tables import WorkspaceRow
from workbench.errors import Conflict, NotFound
from workbench.services import audit, names, sessions
from workbench.services.access import everywhere, requires
from workbench.services.identity import access_changed
from workbench.services.resources import get_resources
from workbench.services.sessions import Session
from workbench.services.shapes import Page, Shape


class Workspace(Shape):
    """A workspace. `current` is the one in which the caller acts."""

    id: str
    name: str
    created_at: datetime
    archived_at: datetime | None
    working_hours: WorkingHours | None
    current: bool


class WorkspaceChange(BaseModel):
    """What an administrator changes of a workspace; what is not given stays.

    `working_hours` say when its people are at work; null means from Monday to Friday, 9 to 17 UTC.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"name": "Research"},
                {"archived": True},
                {"working_hours": {"opens": "08:30", "closes": "17:00", "zone": "Europe/Zurich"}},
            ]
        },
    )

    name: str | None = None
    archived: bool | None = None
    working_hours: WorkingHours | None = None

    @field_validator("working_hours")
    @classmethod
    def _is_somewhere(cls, hours: WorkingHours | None) -> WorkingHours | None:
        if hours:
            working_time.zone(hours.zone)
        return hours


@requires(Action.SELF)
async def list_workspaces(
    principal: Principal, *, limit: int = 50, cursor: str | None = None
) -> Page[Workspace]:
    """Return a page of the caller's workspaces by name; administrators see all, the archived ones too."""
    limit, after = page_size(limit), decode_named(cursor)
    only = None if principal.administrator else principal.workspaces.keys()
    rows = await get_resources().read(
        lambda session: queries.page(session, limit=limit + 1, after=after, only=only)
    )
    items = tuple(_shape(principal, row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_named(rows[limit - 1].sort, items[-1].id) if more else None)


@requires(Action.WORKSPACES_MANAGE)
async def make_workspace(principal: Principal, *, name: str) -> Workspace:
    """Make a workspace to which nobody belongs yet but the administrators."""
    row = WorkspaceRow(id=new_id(), name=names.clean(name, "a workspace"), created_at=now())
    async with get_resources().transaction() as session:
        session.add(row)
        await _record(session, principal, "workspace-made", row)
    await access_changed()
    return _shape(principal, row)


@requires(Action.WORKSPACES_MANAGE)
async def change_workspace(principal: Principal, workspace_id: str, change: WorkspaceChange) -> Workspace:
    """Rename a workspace, archive it, or take it out of the archive. Raises NotFound.

    Raises Conflict when it is the last, or something in it is still at work.
    """
    with everywhere():
        async with get_resources().transaction() as session:
            row = await queries.get(session, workspace_id, lock=True)
            if row is None:
                raise NotFound(f"There is no workspace {workspace_id[:64]!r}.")
            if change.name is not None:
                row.name = names.clean(change.name, "a workspace")
                await _record(session, principal, "workspace-renamed", row)
            if "working_hours" in change.model_fields_set:
                hours = change.working_hours
                row.working_hours = hours.model_dump(mode="json") if hours else None
                await _record(session, principal, "workspace-hours-set", row)
            if change.archived is not None and change.archived != (row.archived_at is not None):
                await _archive(session, principal, row, archived=change.archived)
    await access_changed()
    return _shape(principal, row)


@requires(Action.SELF)
async def choose(principal: Principal, workspace_id: str, *, session: Session | None) -> None:
    """Act in another of one's workspaces from now on, in every tab of the session.

    Raises NotFound when it is not one of one's own, Conflict without a session.
    """
    if session is None:
        raise Conflict("Without a session there is nothing to choose; name the workspace in each request.")
    if workspace_id not in principal.workspaces:
        raise NotFound(f"There is no workspace {workspace_id[:64]!r}.")
    await sessions.keep(session.model_copy(update={"workspace": workspace_id}))
    await sessions.changed(session)


async def _archive(session: AsyncSession, principal: Principal, row: WorkspaceRow, *, archived: bool) -> None:
    if archived and await queries.open_ones(session) == 1:
        raise Conflict("This is the last workspace. Make another one first.")
    if archived and await queries.at_work(session, row.id):
        raise Conflict(
            "Something here is still at work. Let its runs end or cancel them, pause its triggers, "
            "then archive the workspace."
        )
    row.archived_at = now() if archived else None
    await _record(session, principal, "workspace-archived" if archived else "workspace-restored", row)


async def _record(session: AsyncSession, principal: Principal, action: str, row: WorkspaceRow) -> None:
    target, detail = f"workspace:{row.id}", {"name": row.name}
    await audit.record(session, principal, action, target=target, detail=detail, workspace_id=row.id)


def _shape(principal: Principal, row: Any) -> Workspace:
    return Workspace(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        archived_at=row.archived_at,
        working_hours=row.working_hours,
        current=row.id == principal.workspace,
    )
