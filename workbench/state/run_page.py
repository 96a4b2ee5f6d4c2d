"""A run's own page: the frozen canvas of the version that ran, and what can still be done with the run."""

from datetime import UTC, datetime
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from engine.graph import Document
from workbench import routes
from workbench.auth.roles import Action
from workbench.errors import Invalid, KeyUsed
from workbench.services import forks, runs
from workbench.services.run_options import NOTHING_ASKED, RunOptions
from workbench.services.shapes import RunDetail
from workbench.state import run_inputs, run_option_fields
from workbench.state.base import AppState
from workbench.state.canvas_views import Focus, GraphView, graph_view
from workbench.state.drawer import DrawerState
from workbench.state.notebook import NotebookState
from workbench.state.references import sources_of
from workbench.state.run import RunState
from workbench.state.run_inputs import InputField


class RunPageState(AppState):
    """The document that the run is bound to, and the node that is looked at."""

    graph: GraphView = GraphView()
    focus: Focus = Focus()
    node: str = ""
    title: str = ""
    asking: bool = False
    fields: list[InputField] = []
    options: list[InputField] = []
    error: str = ""
    _stored: Document = Document(name="-")

    @property
    def document(self) -> Document:
        """The document itself, not the proxy through which Reflex watches its states' values."""
        stored: Document = self.get_value("_stored")
        return stored

    @rx.event
    async def load(self) -> None:
        """Read the run that the address names, and follow it while it goes on."""
        run_id = self.router.url.path.rstrip("/").rpartition("/")[2]
        run = await self.get_state(RunState)
        (await self.get_state(NotebookState))._clear()
        async with self._guarded(self, run):
            if run_id != run.head.id:
                run._forget()
                self.node, self.title = "", ""
            detail = await run._watch(run_id, self.router.url.query_parameters.get("pass", ""))
            self._stored = await runs.get_run_document(self.principal, run_id)
            self.graph = graph_view(self.document, id=run_id, rev=1)
            drawer = await self.get_state(DrawerState)
            drawer.tab = "result" if detail.outputs else ""
            await self._open_at(run.head.error_node or _waiting(detail))

    @rx.event
    async def select(self, names: list[str]) -> None:
        """Show the output of the selected node."""
        await self._look_at(names[0] if names else "")

    @rx.event
    async def open_node(self, name: str, tab: str) -> None:
        """Show a node's output, from the canvas or from the timeline."""
        await self._look_at(name)
        self.focus = Focus([name], self.focus.n + 1, centre=tab == "timeline")

    @rx.event
    async def close(self) -> None:
        """Look at no node."""
        await self._look_at("")
        self.focus = Focus(n=self.focus.n + 1)

    @rx.event
    async def go_on(self, node: str) -> EventSpec:
        """Run a node and all that follows it again; the rest is taken over from this run."""
        head = (await self.get_state(RunState)).head
        return rx.redirect(routes.run((await forks.fork(self.principal, head.id, node=node)).id))

    @rx.event
    async def retry_failed(self, node: str) -> EventSpec:
        """Run those items of a map again that failed, and what follows it."""
        head = (await self.get_state(RunState)).head
        return rx.redirect(routes.run((await forks.retry_failed(self.principal, head.id, node=node)).id))

    @rx.event
    async def restart(self, node: str, at: int) -> EventSpec:
        """Run a map or loop again from one of its passes on, counted from 0, and what follows it."""
        head = (await self.get_state(RunState)).head
        return rx.redirect(routes.run((await forks.restart(self.principal, head.id, node=node, at=at)).id))

    @rx.event
    async def ask_again(self) -> EventSpec | None:
        """Open the form with this run's inputs; without inputs start at once."""
        self.principal.require(Action.RUNS_START)  # before one fills in a form in vain
        run, schema = await self.get_state(RunState), self.document.inputs
        self.fields = list(run_inputs.fields_of({**schema, "examples": [run.get_value("inputs")]}))
        self.options = list(run_option_fields.fields_of(self.document.limits))
        self.error, self.asking = "", bool(self.fields)
        return None if self.fields else await self._start({})

    @rx.event
    async def start_again(self, form: dict[str, Any]) -> EventSpec | None:
        """Start the same workflow with what was typed, and go to the new run."""
        filled = run_inputs.fill(self.document.inputs, form)
        asked = run_option_fields.fill(self.document.limits, form, at=datetime.now(UTC))
        self.fields, self.error, self.options = list(filled.fields), filled.error, list(asked.fields)
        return await self._start(filled.inputs, asked.options) if filled.ok and asked.ok else None

    @rx.event
    def close_form(self, opened: bool = False) -> None:
        """Close the form."""
        self.asking = opened

    async def _start(self, inputs: dict[str, Any], options: RunOptions = NOTHING_ASKED) -> EventSpec | None:
        head = (await self.get_state(RunState)).head
        try:
            started = await runs.start_run(
                self.principal,
                workflow_id=head.workflow_id,
                inputs=inputs,
                version=head.number or "draft",
                options=options,
            )
        except KeyUsed as error:
            self.options = list(run_option_fields.with_key_used(self.get_value("options"), error))
            return None
        except Invalid as error:
            self.error = "\n".join((str(error), *(problem.message for problem in error.problems)))
            return None
        self.asking = False
        return rx.redirect(routes.run(started.id))

    async def _open_at(self, name: str) -> None:
        """Look at the node `name`, if there is one; else at none, or at what one looked at before."""
        if name:
            await self._look_at(name)
            self.focus = Focus([name], self.focus.n + 1)

    async def _look_at(self, name: str) -> None:
        self.node = name
        node = next((one for one in self.document.nodes if one.id == name), None)
        self.title = (node.title or node.id) if node else ""
        await (await self.get_state(RunState))._inspect(name, sources_of(self.document, name))


def _waiting(run: RunDetail) -> str:
    """Return the node, outside of containers, that waits for a decision; empty when none does."""
    return next((node.node_id for node in run.nodes if node.status == "waiting" and node.error), "")
