"""The dialog "Who sees this": a workflow is open to its whole workspace, or to chosen people and groups."""

import reflex as rx
from reflex.event import EventSpec

from workbench.services import members, sharing
from workbench.services.sharing import AccessChange
from workbench.state.base import AppState, toast_done
from workbench.state.member_views import CandidateRow, pick

FEW = 8


class SharingState(AppState):
    """`workflow_id` is the workflow that is asked about; empty when the dialog is closed."""

    workflow_id: str = ""
    narrowed: bool = False
    open_to: list[CandidateRow] = []
    found: list[CandidateRow] = []

    @rx.event
    async def ask(self, workflow_id: str) -> None:
        """Show who sees a workflow."""
        access = await sharing.get_access(self.principal, workflow_id)
        self.narrowed = access.narrowed
        self.open_to = [CandidateRow.of(one) for one in access.open_to]
        self.workflow_id = workflow_id
        await self._look("")

    @rx.event
    def close(self) -> None:
        """Change nothing."""
        self.workflow_id = ""

    @rx.event
    def narrow(self, on: bool) -> None:
        """Narrow the workflow, or open it to everybody, once that is saved."""
        self.narrowed = on

    @rx.event
    async def look(self, text: str) -> None:
        """Offer the members whose name or address has `text` in it."""
        await self._look(text)

    @rx.event
    def let_in(self, subject_id: str) -> None:
        """Open the workflow to a member."""
        if all(one.id != subject_id for one in self.open_to):
            self.open_to = [*self.open_to, pick(self.found, subject_id)]

    @rx.event
    def leave_out(self, subject_id: str) -> None:
        """Open it to somebody no longer."""
        self.open_to = [one for one in self.open_to if one.id != subject_id]

    @rx.event
    async def save(self) -> EventSpec:
        """Let it be as the dialog says."""
        open_to = frozenset(one.id for one in self.open_to) if self.narrowed else frozenset[str]()
        change = AccessChange(narrowed=self.narrowed, open_to=open_to)
        access = await sharing.set_access(self.principal, self.workflow_id, change)
        self.workflow_id = ""
        if not access.narrowed:
            return toast_done("Everybody in the workspace sees this workflow.")
        number = len(access.open_to)
        whom = "One person or group" if number == 1 else f"{number} people and groups"
        return toast_done(f"{whom} and the workspace's admins see this workflow.")

    async def _look(self, text: str) -> None:
        page = await members.list_members(self.principal, limit=FEW, search=text)
        self.found = [CandidateRow.of(member) for member in page.items]
