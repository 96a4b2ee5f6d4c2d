"""The inbox: the list of tasks that its address asks for, which follows what happens and is decided in."""

from collections.abc import AsyncIterator
from typing import Any, cast

import reflex as rx
from reflex.event import EventSpec

from engine.contracts import HumanAction
from workbench.errors import WorkbenchError
from workbench.services import inbox, task_decisions, tasks
from workbench.services.shapes import Page
from workbench.services.task_decisions import HOLD_S, BulkResult, Decision
from workbench.services.task_shapes import TaskSummary
from workbench.state.base import AppState, toast_error
from workbench.state.held import HeldState
from workbench.state.inbox_views import ACTIONS, TaskView, address_of, wanted
from workbench.state.push import tabs
from workbench.state.views import Choice

PAGE = 50
MOST_KEPT = 200
"""Rows that follow what happens; older ones that were loaded stay as they were."""

AT_ONCE = 5
"""Tasks that are decided before it is said how far one is."""


class InboxState(AppState):
    """`address` is what the page's address asks for. `left` are tasks that have just left the list.

    `answered` says of tasks that were to be decided why they were not, empty where they were; `done` is how
    many of `total` have been gone through.
    """

    rows: list[TaskView] = []
    left: list[TaskView] = []
    cursor: str = ""
    address: dict[str, str] = {"queue": "asked"}
    counts: dict[str, int] = {}
    workflows: list[Choice] = []
    people: list[Choice] = []
    loaded: bool = False
    answered: dict[str, str] = {}
    done: int = 0
    total: int = 0

    @rx.event
    async def load(self) -> AsyncIterator[None]:
        """Show the first page of the list that the address asks for, then what it can be narrowed to."""
        tabs.forget(self.router.session.client_token)
        self.address = address_of(self.router.url.query_parameters)
        async with self._guarded():
            self.left, self.answered = [], {}
            await self._first(PAGE)
            self.loaded = True
            yield
            await self._count()
            yield
            found = await inbox.facets(self.principal)
            self.workflows = [Choice(id_, name) for id_, name in found.workflows.items()]
            self.people = [Choice(id_, name) for id_, name in found.assignees.items()]
            (await self.get_state(HeldState))._show(await inbox.held(self.principal))

    @rx.event
    async def more(self) -> None:
        """Add the next page."""
        if not self.cursor:
            return
        page = await self._page(PAGE, self.cursor)
        known = {row.id for row in self.rows}
        self.rows = [*self.rows, *(TaskView.of(task) for task in page.items if task.id not in known)]
        self.cursor = page.next_cursor or ""

    @rx.event
    async def mark(self, ids: list[str], seen: bool) -> None:
        """Mark tasks as seen, or as new."""
        await inbox.mark(self.principal, ids, seen=seen)
        await self._follow()

    @rx.event
    async def decide(
        self, action: str, reason: str, chosen: list[dict[str, Any]]
    ) -> AsyncIterator[EventSpec | None]:
        """Decide tasks alike, each at the data that was seen; say of each what became of it, as it does."""
        seen = {str(one.get("id")): one.get("revision") for one in chosen[:MOST_KEPT]}
        if action not in ACTIONS or not seen:
            return
        asked = Decision(cast(HumanAction, action), reason=reason, hold_s=HOLD_S)
        ids, self.answered, self.done, self.total = list(seen), {}, 0, len(seen)
        for start in range(0, len(ids), AT_ONCE):
            if start:
                yield None
            results = await self._decided(ids[start : start + AT_ONCE], asked, seen)
            self.answered = self.answered | {one.task_id: one.error or "" for one in results}
            self.done += len(results)
        (await self.get_state(HeldState))._show(await inbox.held(self.principal))
        yield None
        await self._follow()
        refused = [error for error in self.answered.values() if error]
        yield toast_error(WorkbenchError(refused[0])) if refused and len(ids) == 1 else None

    async def _decided(self, ids: list[str], asked: Decision, seen: dict[str, Any]) -> tuple[BulkResult, ...]:
        revisions = {id_: seen[id_] for id_ in ids if isinstance(seen[id_], int)}
        return await task_decisions.decide_many(self.principal, ids, asked, revisions=revisions)

    async def _first(self, limit: int) -> None:
        page = await self._page(limit)
        self.rows, self.cursor = [TaskView.of(task) for task in page.items], page.next_cursor or ""

    async def _count(self) -> None:
        self.counts = {str(queue): count for queue, count in (await inbox.counts(self.principal)).items()}

    async def _page(self, limit: int, cursor: str = "") -> Page[TaskSummary]:
        return await tasks.list_tasks(
            self.principal, **wanted(self.address), limit=limit, cursor=cursor or None
        )

    async def _follow(self) -> None:
        """Bring the list to what it is now; what has left it is told apart, with what became of it."""
        before = {row.id: row for row in self.rows}
        if len(self.rows) <= MOST_KEPT:
            await self._first(max(PAGE, len(self.rows)))
        gone = before.keys() - {row.id for row in self.rows}
        found = await self._any(list(gone)) if gone else []
        self.left = [TaskView.of(task) for task in found]
        await self._count()

    async def _any(self, ids: list[str]) -> list[TaskSummary]:
        pages = [
            await tasks.list_tasks(self.principal, queue=queue, ids=ids, limit=MOST_KEPT)
            for queue in ("open", "done")
        ]
        return [task for page in pages for task in page.items]
