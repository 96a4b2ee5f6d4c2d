"""Out of office, on the profile: when one is away, and who is asked in one's place."""

from datetime import UTC, datetime

import reflex as rx
from pydantic import ValidationError
from reflex.event import EventSpec

from workbench.auth.roles import Action
from workbench.errors import Conflict, Invalid
from workbench.services import absences, members
from workbench.services.absences import Absence, AbsenceChange
from workbench.state.base import AppState, toast_done
from workbench.state.member_views import CandidateRow
from workbench.state.views import iso

FEW = 8


class AbsenceState(AppState):
    """`begins_at` and `ends_at` are empty while one is not away. `to` is who was chosen to stand in."""

    begins_at: str = ""
    ends_at: str = ""
    stand_in: str = ""
    found: list[CandidateRow] = []
    to: str = ""
    to_name: str = ""
    error: str = ""

    @rx.event
    async def load(self) -> None:
        """Show when one is away; who belongs to no workspace has nobody to stand in."""
        if not self.principal.may(Action.MEMBERS_READ):
            return
        async with self._guarded():
            self._show(await absences.mine(self.principal))
            await self._find("")

    @rx.event
    async def look(self, text: str) -> None:
        """Find people of the workspace."""
        await self._find(text)

    @rx.event
    def choose(self, person: str) -> None:
        """Choose who stands in."""
        self.to = person
        self.to_name = next((one.name for one in self.found if one.id == person), person)

    @rx.event
    async def leave(self, begins_at: str, ends_at: str) -> EventSpec | None:
        """Say from when to when one is away (ISO 8601); what is wrong is said below the fields."""
        try:
            change = AbsenceChange(begins_at=_instant(begins_at), ends_at=_instant(ends_at), stand_in=self.to)
            self._show(await absences.leave(self.principal, change))
        except (ValidationError, ValueError):
            self.error = "Say from when to when, and choose who stands in."
        except (Invalid, Conflict) as error:
            self.error = str(error)
        return None if self.error else toast_done("New tasks go to your stand-in too, while you are away.")

    @rx.event
    async def come_back(self) -> EventSpec:
        """Say that one is back."""
        await absences.come_back(self.principal)
        self._show(None)
        return toast_done("Welcome back: new tasks are yours alone again.")

    async def _find(self, text: str) -> None:
        page = await members.list_members(self.principal, search=text, limit=FEW)
        people = [one for one in page.items if one.kind == "person" and one.id != self.principal.id]
        self.found = [CandidateRow.of(one) for one in people]

    def _show(self, absence: Absence | None) -> None:
        self.error = self.to = self.to_name = ""
        self.begins_at = iso(absence.begins_at) if absence else ""
        self.ends_at = iso(absence.ends_at) if absence else ""
        self.stand_in = absence.stand_in_name if absence else ""


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
