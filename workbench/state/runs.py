"""The page of runs: the list, its filters, and what happens while one looks at it."""

from collections.abc import Sequence
from typing import cast, get_args

import reflex as rx
from reflex.event import EventSpec

from engine.contracts import RunStatus
from workbench import routes
from workbench.errors import Invalid
from workbench.services import people, run_options, runs, workflows
from workbench.services.run_options import TriggerType
from workbench.services.shapes import Page, RunEvent, RunSummary
from workbench.state.base import AppState
from workbench.state.push import LIST_PAUSE_S, tabs
from workbench.state.views import Choice, RunRow

PAGE = 50
CHOICES = 200
STATUSES = frozenset(get_args(RunStatus))
FILTERS = ("status", "workflow_id", "trigger", "label")
TRIGGERS: dict[TriggerType, str] = {
    "manual": "By hand",
    "api": "API",
    "webhook": "Webhook",
    "schedule": "Schedule",
    "workflow_end": "End of a run",
    "subworkflow": "Sub-workflow",
    "fork": "Earlier run",
}
"""What may have started a run, in words."""


class RunsState(AppState):
    """`status`, `workflow_id`, `trigger` and `label` are the filters, empty for all; the address holds them.

    `others` is the address's query without `status`. `label_error` is why no run is found by the label.
    """

    rows: list[RunRow] = []
    cursor: str = ""
    status: str = ""
    workflow_id: str = ""
    trigger: str = ""
    label: str = ""
    label_error: str = ""
    workflows: list[Choice] = []
    loaded: bool = False
    others: str = ""

    @rx.event
    async def load(self) -> None:
        """Show the first page of what the address asks for, and follow the runs from now on."""
        asked = self.router.url.query_parameters
        self.status = asked.get("status", "") if asked.get("status") in STATUSES else ""
        self.trigger = asked.get("trigger", "") if asked.get("trigger") in TRIGGERS else ""
        self.workflow_id, self.label = asked.get("workflow", ""), asked.get("label", "")
        self.others = self._address(status="").partition("?")[2]
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
        return rx.redirect(self._address(workflow_id=workflow_id))

    @rx.event
    def choose_trigger(self, trigger: str) -> EventSpec:
        """Show the runs that one type of trigger started."""
        return rx.redirect(self._address(trigger=trigger))

    @rx.event
    def choose_label(self, form: dict[str, str]) -> EventSpec:
        """Show the runs that have a label, typed as `name:value`; without one show all again."""
        return rx.redirect(self._address(label=form.get("label", "").strip()))

    def _address(self, **changed: str) -> str:
        """Return the address of the list with other filters."""
        now = {name: getattr(self, name) for name in FILTERS}
        return routes.runs(**{**now, **changed})

    async def _page(self, cursor: str = "") -> Page[RunSummary]:
        try:
            labels = run_options.labels_of([self.label] if self.label else [])
        except Invalid as error:
            self.label_error = " ".join(problem.hint for problem in error.problems)
            return Page(items=())
        self.label_error = ""
        page = await runs.list_runs(
            self.principal,
            workflow_id=self.workflow_id or None,
            status=cast(RunStatus, self.status) if self.status else None,
            trigger=self.trigger or None,
            labels=labels,
            limit=PAGE,
            cursor=cursor or None,
        )
        await people.learn(run.started_by for run in page.items)
        return page

    async def _on_events(self, events: Sequence[RunEvent]) -> float:
        changed = {event.run.id: event.run for event in events if event.run}
        if not changed:
            return 0.0
        await people.learn(run.started_by for run in changed.values())
        rows = [RunRow.of(changed.pop(row.id)) if row.id in changed else row for row in self.rows]
        if changed:
            known = {row.id for row in rows}
            first = await self._page()
            rows = [*(RunRow.of(run) for run in first.items if run.id not in known), *rows]
        self.rows = rows
        return LIST_PAUSE_S
