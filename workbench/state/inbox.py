"""The inbox: the list of tasks, by queues that live in the address; it follows what happens to the runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import reflex as rx

from workbench import routes
from workbench.services import tasks
from workbench.services.shapes import Page, RunEvent
from workbench.services.task_shapes import TaskSummary
from workbench.services.tasks import Queue
from workbench.state.base import AppState
from workbench.state.push import LIST_PAUSE_S, tabs
from workbench.state.task_story import OUTCOMES
from workbench.state.views import iso

PAGE = 50
QUEUES: dict[Queue, str] = {
    "asked": "To decide",
    "unread": "Unread",
    "open": "Open",
    "mine": "Mine",
    "groups": "My groups",
    "others": "Waiting for others",
    "snoozed": "Snoozed",
    "done": "Done",
}
KINDS = {
    "approval": "Approval",
    "review": "Review",
    "form": "Form",
    "pause": "Failed step",
    "budget": "Used-up budget",
}


@dataclass(frozen=True)
class TaskView:
    """A task in the list. `outcome` is what came of it, empty while it is open."""

    id: str
    href: str
    title: str
    kind: str
    workflow: str
    claimed: str
    outcome: str
    opened_at: str
    due_at: str
    urgent: bool

    @classmethod
    def of(cls, task: TaskSummary) -> "TaskView":
        """Return the view of `task`."""
        return cls(
            id=task.id,
            href=routes.task(task.id),
            title=task.title,
            kind=KINDS.get(task.kind, task.kind),
            workflow=task.workflow_name,
            claimed=task.claimed_name or "",
            outcome=OUTCOMES.get(task.outcome or "", "cancelled" if task.status == "cancelled" else ""),
            opened_at=iso(task.opened_at),
            due_at=iso(task.due_at),
            urgent=task.priority < 3,
        )


class InboxState(AppState):
    """`queue` is the list that is shown; the address holds it."""

    rows: list[TaskView] = []
    cursor: str = ""
    queue: str = "open"
    loaded: bool = False

    @rx.event
    async def load(self) -> None:
        """Show the first page of the queue that the address names, and follow the runs from now on."""
        asked = self.router.url.query_parameters.get("queue", "open")
        self.queue = asked if asked in QUEUES else "open"
        tabs.watch(self.router.session.client_token, InboxState)
        async with self._guarded():
            await self._first()
            self.loaded = True

    @rx.event
    async def more(self) -> None:
        """Add the next page."""
        page = await self._page(self.cursor)
        self.rows = [*self.rows, *(TaskView.of(task) for task in page.items)]
        self.cursor = page.next_cursor or ""

    async def _first(self) -> None:
        page = await self._page()
        self.rows, self.cursor = [TaskView.of(task) for task in page.items], page.next_cursor or ""

    async def _page(self, cursor: str = "") -> Page[TaskSummary]:
        queue = cast(Queue, self.queue)
        return await tasks.list_tasks(self.principal, queue=queue, limit=PAGE, cursor=cursor or None)

    async def _on_events(self, events: Sequence[RunEvent]) -> float:
        if len(self.rows) <= PAGE:  # who looks at older ones is not taken back to the first page
            await self._first()
        return LIST_PAUSE_S
