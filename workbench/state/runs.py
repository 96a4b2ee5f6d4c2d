"""The page of runs: the list, its filters, and what happens while one looks at it."""

from collections.abc import Sequence
from typing import cast, get_args

import reflex as rx
from reflex.event import EventSpec

from engine.contracts import RunStatus
from workbench import routes
from workbench.services import run_options, runs, workflows
from workbench.services.shapes import Page, RunEvent, RunSummary
from workbench.state.base import AppState
from workbench.state.push import LIST_PAUSE_S, tabs
from workbench.state.views import Choice, RunRow

PAGE = 50
CHOICES = 200
STATUSES = frozenset(get_args(RunStatus))


class RunsState(AppState):
    """`status`, `workflow_id` and `label` are the filters, empty for all; the address holds them."""

    rows: list[RunRow] = []
    cursor: str = ""
    status: str = ""
    workflow_id: str = ""
    label: str = ""
    workflows: list[Choice] = []
    loaded: bool = False
    others: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the first page of what the address asks for, and follow the runs from now on."""
        asked = self.router.url.query_parameters
        self.status = asked.get("status", "") if asked.get("status") in STATUSES else ""
        self.workflow_id, self.label = asked.get("workflow", ""), asked.get("label", "")
        self.others = routes.runs(workflow_id=self.workflow_id, label=self.label).partition("?")[2]
        tabs.watch(self.router.session.client_token, RunsState)
        async with self._guarded():
            page = await self._page()
            self.rows, self.cursor = [RunRow.of(run) for run in page.items], page.next_cursor or ""
            flows = await workflows.list_workflows(self.principal, limit=CHOICES)
            self.workflows = [Choice(flow.id, flow.name) for flow in flows.items]
            self.loaded = True

    @rx.event
    async def more(self) -> None:
        """Add the next page."""
        page = await self._page(self.cursor)
        self.rows = [*self.rows, *(RunRow.of(run) for run in page.items)]
        self.cursor = page.next_cursor or ""

    @rx.event
    def choose_workflow(self, workflow_id: str) -> EventSpec:
        """Show the runs of one workflow."""
        return rx.redirect(routes.runs(status=self.status, workflow_id=workflow_id, label=self.label))

    @rx.event
    def choose_label(self, form: dict[str, str]) -> EventSpec:
        """Show the runs that have a label, typed as `name:value`; without one show all again."""
        label = form.get("label", "").strip()
        return rx.redirect(routes.runs(status=self.status, workflow_id=self.workflow_id, label=label))

    async def _page(self, cursor: str = "") -> Page[RunSummary]:
        return await runs.list_runs(
            self.principal,
            workflow_id=self.workflow_id or None,
            status=cast(RunStatus, self.status) if self.status else None,
            labels=run_options.labels_of([self.label] if self.label else []),
            limit=PAGE,
            cursor=cursor or None,
        )

    async def _on_events(self, events: Sequence[RunEvent]) -> float:
        changed = {event.run.id: event.run for event in events if event.run}
        if not changed:
            return 0.0
        rows = [RunRow.of(changed.pop(row.id)) if row.id in changed else row for row in self.rows]
        if changed:
            known = {row.id for row in rows}
            first = await self._page()
            rows = [*(RunRow.of(run) for run in first.items if run.id not in known), *rows]
        self.rows = rows
        return LIST_PAUSE_S
