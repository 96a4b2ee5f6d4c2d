"""The run that a tab watches: on the editor's canvas, or on the run's own page. Statuses arrive by push.

`base` holds every cell of the run, `recent` those that changed since `base` was sent; a push sends `recent`
alone, so that a run of hundreds of nodes costs a few hundred bytes for each of them.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import isqrt
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from workbench import routes
from workbench.services import runs
from workbench.services.shapes import NodeRun, RunDetail, RunEvent
from workbench.state.base import AppState
from workbench.state.cell_views import CellView, cell_view
from workbench.state.drawer import DrawerState
from workbench.state.push import tabs
from workbench.state.run_outputs import OutputPart, output_parts
from workbench.state.run_views import (
    MOST_BYTES,
    Mark,
    OutputView,
    RunHead,
    TimelineRow,
    output_view,
    run_head,
    timeline,
    too_large,
)


class RunState(AppState):
    """The watched run, and the node's output that is looked at."""

    head: RunHead = RunHead()
    base: dict[str, CellView] = {}
    recent: dict[str, CellView] = {}
    inputs: dict[str, Any] = {}
    outputs: list[OutputPart] = []
    rows: list[TimelineRow] = []
    shown: OutputView = OutputView()
    _marks: dict[str, Mark] = {}

    @rx.event
    async def cancel(self) -> EventSpec:
        """Stop the run; what is running is asked to end at once."""
        self.head = run_head(await runs.cancel_run(self.principal, self.head.id))
        said: EventSpec = rx.toast.info("The run is being cancelled.")
        return said

    @rx.event
    def draw_timeline(self) -> None:
        """Bring the timeline up to now."""
        self._draw()

    async def _watch(self, run_id: str) -> RunDetail:
        """Show the run and what happens to it from now on. Raises NotFound."""
        await runs.has_ended(self.principal, run_id)  # who may not see the run is told nothing of it
        tabs.watch(self.router.session.client_token, RunState, run_id=run_id)
        detail = await runs.get_run(self.principal, run_id)
        await self._show(detail)
        return detail

    def _forget(self) -> None:
        """Show no run any more."""
        tabs.forget(self.router.session.client_token)
        self.head, self.shown, self.rows = RunHead(), OutputView(), []
        self.base, self.recent, self.inputs, self.outputs, self._marks = {}, {}, {}, [], {}

    async def _on_events(self, events: Sequence[RunEvent]) -> None:
        """Show what happened; the end of the run is read whole, for its outputs."""
        changed = {event.node.node_id: event.node for event in events if event.node}
        self._marks.update({node_id: Mark.of(node) for node_id, node in changed.items()})
        self._put({node_id: self._cell(node) for node_id, node in changed.items()})
        for head in (run_head(event.run) for event in events if event.run):
            self.head = head
            if not head.open:
                await self._end(head.id)
        if self.shown.node in changed:
            await self._inspect(self.shown.node, list(self.shown.sources))

    async def _end(self, run_id: str) -> None:
        """Show the whole run, and its result in the drawer when that shows nothing else."""
        detail = await runs.get_run(self.principal, run_id)
        await self._show(detail)
        drawer = await self.get_state(DrawerState)
        if detail.outputs and not drawer.tab:
            drawer.tab = "result"

    async def _inspect(self, node_id: str, sources: Sequence[str]) -> None:
        """Show the whole output of a node, whose input came from `sources`."""
        mark, known = self._marks.get(node_id), [name for name in sources if name in self._marks]
        if mark is None or not mark.size:
            self.shown = replace(output_view(node_id, mark), sources=known)
            return
        if mark.size > MOST_BYTES:
            href = routes.output(self.head.id, node_id)
            self.shown = replace(too_large(node_id, mark, href=href), sources=known)
            return
        output = await runs.node_output(self.principal, self.head.id, node_id)
        view = output_view(node_id, mark, output, href=routes.artifact(self.head.id, node_id))
        self.shown = replace(view, sources=known)

    async def _show(self, detail: RunDetail) -> None:
        self._marks = {node.node_id: Mark.of(node) for node in detail.nodes}
        self.head, self.inputs = run_head(detail), detail.inputs
        self.outputs = await self._parts(detail)
        self.base = {node.node_id: self._cell(node) for node in detail.nodes}
        self.recent = {}
        self._draw()

    async def _parts(self, detail: RunDetail) -> list[OutputPart]:
        if not detail.outputs:
            return []
        return output_parts(await runs.get_run_document(self.principal, detail.id), detail)

    def _put(self, cells: dict[str, CellView]) -> None:
        recent = {**self.recent, **cells}
        if len(recent) > max(8, isqrt(2 * len(self.base))):  # the least that is sent in all
            self.base, recent = {**self.base, **recent}, {}
        self.recent = recent

    def _cell(self, node: NodeRun) -> CellView:
        return cell_view(node, artifact=routes.artifact(self.head.id, node.node_id))

    def _draw(self) -> None:
        since, until = self.head.started_at, self.head.finished_at
        if since:
            end = datetime.fromisoformat(until) if until else datetime.now(UTC)
            self.rows = timeline(self._marks, since=datetime.fromisoformat(since), until=end)
