"""What the Ctrl+K palette can open besides the pages: workflows and recent runs."""

from dataclasses import dataclass

import reflex as rx

from workbench import routes
from workbench.auth.roles import Action
from workbench.services import runs, workflows
from workbench.state.base import AppState


@dataclass(frozen=True)
class PaletteEntry:
    """A line of the palette that leads somewhere; `kind` says what it is."""

    label: str
    kind: str
    href: str


class PaletteState(AppState):
    """The entries, loaded each time the palette opens."""

    entries: list[PaletteEntry] = []

    @rx.event
    async def load(self) -> None:
        """Read the workflows and the latest runs, as far as the person may see them."""
        self.entries = []
        if self.principal.may(Action.WORKFLOWS_READ):
            flows = await workflows.list_workflows(self.principal, limit=100)
            self.entries += [
                PaletteEntry(flow.name, "Workflow", routes.editor(flow.id)) for flow in flows.items
            ]
        if self.principal.may(Action.RUNS_READ):
            recent = await runs.list_runs(self.principal, limit=20)
            self.entries += [
                PaletteEntry(f"{run.workflow_name} · {run.id[-8:]} · {run.status}", "Run", routes.run(run.id))
                for run in recent.items
            ]
