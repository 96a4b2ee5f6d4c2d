"""Beside the task on the page: how tasks like it were decided, putting it away, handing it on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import reflex as rx
from reflex.event import EventSpec

from workbench import routes
from workbench.errors import Invalid
from workbench.services import members, task_decisions, task_similar, task_snoozes
from workbench.services.task_shapes import TaskDetail
from workbench.services.task_similar import Precedent
from workbench.state.base import AppState, toast_done
from workbench.state.member_views import CandidateRow
from workbench.state.task_story import OUTCOMES
from workbench.state.views import iso

FEW = 8
LATER = {
    "hour": timedelta(hours=1),
    "hours": timedelta(hours=4),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}


@dataclass(frozen=True)
class PrecedentView:
    """How a task of before was decided, and in what it is like this one."""

    href: str
    title: str
    outcome: str
    tone: str
    by: str
    at: str
    reason: str
    alike: str

    @classmethod
    def of(cls, one: Precedent) -> "PrecedentView":
        """Return the view of a precedent."""
        return cls(
            href=routes.task(one.task_id),
            title=one.title,
            outcome=OUTCOMES.get(one.outcome, one.outcome),
            tone={"reject": "fail", "approve": "ok", "accept": "ok", "edit": "ok"}.get(one.outcome, ""),
            by=one.by,
            at=iso(one.at),
            reason=one.reason,
            alike=_alike(one),
        )


class TaskAsideState(AppState):
    """`snoozed` is until when one has put the task away; `asking` is what a dialog asks: snooze, or hand."""

    precedents: list[PrecedentView] = []
    snoozed: str = ""
    asking: str = ""
    found: list[CandidateRow] = []
    to: str = ""
    to_name: str = ""
    error: str = ""
    _task: str = ""

    @rx.event
    async def ask(self, what: str) -> None:
        """Open the dialog that puts the task away, or hands it on; empty closes it."""
        self.asking, self.error, self.to, self.to_name = what, "", "", ""
        if what == "hand":
            await self._find("")

    @rx.event
    def close(self, opened: bool = False) -> None:
        """Close the dialog."""
        self.asking = self.asking if opened else ""

    @rx.event
    async def look(self, text: str) -> None:
        """Find people and groups of the workspace."""
        await self._find(text)

    @rx.event
    def choose(self, subject: str) -> None:
        """Choose to whom the task is handed on."""
        self.to = subject
        self.to_name = next((one.name for one in self.found if one.id == subject), subject)

    @rx.event
    async def snooze(self, how_long: str) -> EventSpec:
        """Put the task away for a while."""
        return await self._snooze(datetime.now(UTC) + LATER.get(how_long, LATER["day"]))

    @rx.event
    async def snooze_until(self, instant: str) -> EventSpec | None:
        """Put the task away until an instant (ISO 8601, with its offset)."""
        try:
            until = datetime.fromisoformat(instant)
            return await self._snooze(until if until.tzinfo else until.replace(tzinfo=UTC))
        except (ValueError, Invalid) as error:
            self.error = str(error) if isinstance(error, Invalid) else "Say until when."
            return None

    @rx.event
    async def wake(self) -> EventSpec:
        """Take the task back."""
        await task_snoozes.wake(self.principal, self._task)
        self.snoozed = ""
        return toast_done("It is back in your queues.")

    async def _snooze(self, until: datetime) -> EventSpec:
        until = await task_snoozes.snooze(self.principal, self._task, until=until)
        self.snoozed, self.asking = iso(until), ""
        return toast_done("It is out of your queues until then.")

    async def _find(self, text: str) -> None:
        page = await members.list_members(self.principal, search=text, limit=FEW)
        self.found = [CandidateRow.of(one) for one in page.items if one.id != self.principal.id]

    async def _hand_on(self, reason: str) -> TaskDetail:
        """Hand the task on to who was chosen."""
        return await task_decisions.delegate(self.principal, self._task, to=self.to, reason=reason)

    async def _show(self, task: TaskDetail) -> None:
        if task.id != self._task:
            self._task, self.asking = task.id, ""
            found = await task_similar.similar(self.principal, task.id)
            self.precedents = [PrecedentView.of(one) for one in found]
        self.snoozed = iso(await task_snoozes.snoozed_until(self.principal, task.id))


def _alike(one: Precedent) -> str:
    """Return in words what counted."""
    if not one.fields:
        return "The same step"
    parts = [f"same {_names(one.same)}"] if one.same else []
    parts += [f"similar {_names(one.near)}"] if one.near else []
    return "; ".join(parts).capitalize() if parts else "The same step, with other data"


def _names(fields: tuple[str, ...]) -> str:
    shown = ", ".join(fields[:4])
    return shown if len(fields) <= 4 else f"{shown} and {len(fields) - 4} more"
