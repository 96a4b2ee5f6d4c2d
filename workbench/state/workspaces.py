"""The page of workspaces, and the switch between them that stands in the rail."""

import json
from typing import Any

import reflex as rx
from pydantic import ValidationError
from reflex.event import EventSpec

from workbench import routes
from workbench.errors import Invalid
from workbench.services import workspaces
from workbench.services.workspaces import WorkspaceChange
from workbench.state.base import AppState, calling, toast_done
from workbench.state.member_views import WorkspaceRow, as_many, pick
from workbench.state.push import tabs

PAGE = 100


class WorkspacesState(AppState):
    """`named` is the workspace that gets another name, `timed` the one whose working hours are set.

    `doomed` is the one that is asked about.
    """

    rows: list[WorkspaceRow] = []
    cursor: str = ""
    loaded: bool = False
    named: WorkspaceRow | None = None
    doomed: WorkspaceRow | None = None
    timed: WorkspaceRow | None = None
    error: str = ""
    filled: int = 0

    @rx.event
    async def load(self) -> None:
        """List the workspaces."""
        tabs.forget(self.router.session.client_token)
        self.doomed = self.named = None
        async with self._guarded():
            await self._reload()
        self.loaded = True

    @rx.event
    async def refresh(self) -> None:
        """List as many as before once more: somebody has changed them."""
        await self._reload(len(self.rows))

    @rx.event
    async def more(self) -> None:
        """Add the next page."""
        page = await workspaces.list_workspaces(self.principal, limit=PAGE, cursor=self.cursor)
        self.rows = [*self.rows, *(WorkspaceRow.of(one) for one in page.items)]
        self.cursor = page.next_cursor or ""

    @rx.event
    async def switch(self, workspace_id: str) -> EventSpec | None:
        """Act in another workspace from now on, beginning with its workflows."""
        caller = calling.get()
        if workspace_id == self.principal.workspace or caller is None:
            return None
        await workspaces.choose(self.principal, workspace_id, session=caller.session)
        go: EventSpec = rx.call_script(f"window.location.assign('{routes.WORKFLOWS}')")
        return go

    @rx.event
    async def make(self, form: dict[str, Any]) -> EventSpec | None:
        """Make a workspace."""
        try:
            made = await workspaces.make_workspace(self.principal, name=str(form.get("name", "")))
        except Invalid as error:
            self.error = str(error)
            return None
        self.error, self.filled = "", self.filled + 1
        await self._reload()
        return toast_done(f"The workspace {made.name} is made. Switch to it to add its members.")

    @rx.event
    def ask_name(self, workspace_id: str) -> None:
        """Ask for another name."""
        self.named = pick(self.rows, workspace_id)

    @rx.event
    async def rename(self, form: dict[str, Any]) -> None:
        """Give a workspace another name."""
        if self.named is not None:
            change = WorkspaceChange(name=str(form.get("name", "")))
            await workspaces.change_workspace(self.principal, self.named.id, change)
            self.named = None
            await self._reload()

    @rx.event
    def ask_hours(self, workspace_id: str) -> None:
        """Ask when its people are at work."""
        self.timed, self.error = pick(self.rows, workspace_id), ""

    @rx.event
    async def set_hours(self, text: str) -> None:
        """Save when the people of a workspace are at work; an empty text means nothing is said."""
        if self.timed is None:
            return
        try:
            change = WorkspaceChange.model_validate({"working_hours": json.loads(text) if text else None})
        except ValueError as error:
            self.error = _told(error)
            return
        await workspaces.change_workspace(self.principal, self.timed.id, change)
        await self._reload()
        self.timed, self.error = pick(self.rows, self.timed.id), ""

    @rx.event
    def ask_archive(self, workspace_id: str) -> None:
        """Ask before archiving."""
        self.doomed = pick(self.rows, workspace_id)

    @rx.event
    def keep(self) -> None:
        """Close what asks."""
        self.doomed = self.named = self.timed = None
        self.error = ""

    @rx.event
    async def archive(self) -> EventSpec | None:
        """Archive the workspace that was asked about."""
        if self.doomed is None:
            return None
        doomed, self.doomed = self.doomed, None
        await workspaces.change_workspace(self.principal, doomed.id, WorkspaceChange(archived=True))
        await self._reload()
        return toast_done(f"{doomed.name} is archived.")

    @rx.event
    async def restore(self, workspace_id: str) -> None:
        """Take a workspace out of the archive."""
        await workspaces.change_workspace(self.principal, workspace_id, WorkspaceChange(archived=False))
        await self._reload()

    async def _reload(self, count: int = PAGE) -> None:
        found, self.cursor = await as_many(
            lambda cursor: workspaces.list_workspaces(self.principal, limit=PAGE, cursor=cursor), count
        )
        self.rows = [WorkspaceRow.of(one) for one in found]


def _told(error: ValueError) -> str:
    """Return what is wrong with hours that were set."""
    if not isinstance(error, ValidationError):
        return "These are no working hours."
    return error.errors()[0]["msg"].removeprefix("Value error, ")
