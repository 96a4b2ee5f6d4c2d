"""The run that asks, on the task's page: its canvas, read-only, and what a node of it gave."""

import reflex as rx

from workbench.auth.roles import Action
from workbench.services import runs
from workbench.services.task_shapes import TaskDetail
from workbench.state.base import AppState
from workbench.state.canvas_views import Focus, GraphView, graph_view
from workbench.state.notebook import NotebookState
from workbench.state.references import sources_of
from workbench.state.run import RunState
from workbench.state.run_views import OutputView


class TaskRunState(AppState):
    """`readable` says whether one may see runs; `node` is looked at, `asks` is the one that waits.

    The run is read once somebody opens it (`opened`): most tasks are decided without it.
    """

    readable: bool = False
    opened: bool = False
    graph: GraphView = GraphView()
    focus: Focus = Focus()
    node: str = ""
    title: str = ""
    asks: str = ""
    _run: str = ""

    @rx.event
    async def open(self, opened: bool) -> None:
        """Show the run so far, or fold it away."""
        self.opened = opened and self.readable
        if self.opened and self.graph.id != self._run:
            await self._read()

    @rx.event
    async def select(self, names: list[str]) -> None:
        """Show what the selected node gave."""
        await self._look_at(names[0] if names else "")

    @rx.event
    async def open_node(self, name: str, tab: str) -> None:
        """Show what a node gave, from the canvas or as a source of another."""
        await self._look_at(name)
        self.focus = Focus([name], self.focus.n + 1, centre=tab == "timeline")

    @rx.event
    async def close(self) -> None:
        """Look at no node."""
        await self._look_at("")
        self.focus = Focus(n=self.focus.n + 1)

    async def _show(self, task: TaskDetail) -> None:
        """Be about a task's run; one that is open stays so for the next task."""
        self.readable = self.principal.may(Action.RUNS_READ)
        if task.run_id == self._run and task.node_id == self.asks:
            return
        self._run, self.asks, self.node, self.title = task.run_id, task.node_id, "", ""
        self.graph = GraphView()
        if self.opened and self.readable:
            await self._read()

    async def _read(self) -> None:
        run = await self.get_state(RunState)
        (await self.get_state(NotebookState))._clear()
        run.shown = OutputView()
        await run._follow(self._run)
        document = await runs.get_run_document(self.principal, self._run)
        self.graph = graph_view(document, id=self._run, rev=1)
        self.focus = Focus([self.asks], self.focus.n + 1, centre=True)

    async def _look_at(self, name: str) -> None:
        document = await runs.get_run_document(self.principal, self._run)
        self.node = name
        node = next((one for one in document.nodes if one.id == name), None)
        self.title = (node.title or node.id) if node else ""
        await (await self.get_state(RunState))._inspect(name, sources_of(document, name))
