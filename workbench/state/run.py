"""The run that a tab watches: on the editor's canvas, or on the run's own page. Statuses arrive by push.

`base` holds every cell of the run, `recent` those that changed since `base` was sent; a push sends `recent`
alone, so that a run of hundreds of nodes costs a few hundred bytes for each of them. Of the nodes in
containers, only the passes that are looked at are known here: `workbench.state.passes`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import isqrt
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from engine.contracts import place
from workbench import routes
from workbench.services import people, runs
from workbench.services.shapes import NodeRun, RunDetail, RunEvent
from workbench.state import passes
from workbench.state.base import AppState
from workbench.state.cell_views import IDLE, CellView, cell_view
from workbench.state.drawer import DrawerState
from workbench.state.notebook import NotebookState
from workbench.state.pass_list import PassListState
from workbench.state.passes import PassBook
from workbench.state.push import tabs
from workbench.state.run_outputs import OutputPart, output_parts
from workbench.state.run_views import (
    MOST_BYTES,
    Mark,
    OutputView,
    RunHead,
    TimelineRow,
    output_view,
    pinned_view,
    run_head,
    timeline,
    too_large,
)

TURN_PAUSE_S = 0.3
"""How long a tab rests after it turned to a later pass: passes may follow each other in milliseconds."""

LIST_PAUSE_S = 0.6
"""How long it rests after the list of passes was read, which takes long where there are thousands."""


class RunState(AppState):
    """The watched run, and the node's output that is looked at."""

    head: RunHead = RunHead()
    base: dict[str, CellView] = {}
    recent: dict[str, CellView] = {}
    inputs: dict[str, Any] = {}
    outputs: list[OutputPart] = []
    rows: list[TimelineRow] = []
    shown: OutputView = OutputView()
    ending: bool = False
    _marks: dict[str, Mark] = {}
    _book: PassBook = PassBook()
    _calls: bool = False

    @property
    def book(self) -> PassBook:
        """The passes that are shown, not the proxy through which Reflex watches its states' values."""
        book: PassBook = self.get_value("_book")
        return book

    @rx.event
    async def cancel(self) -> EventSpec:
        """Stop the run; what is running is asked to end at once."""
        self.head = run_head(await runs.cancel_run(self.principal, self.head.id))
        said: EventSpec = rx.toast.info("The run is being cancelled.")
        return said

    @rx.event
    async def allow_more(self) -> None:
        """Let a run that has used up its budget spend as much again."""
        detail = await runs.get_run(self.principal, self.head.id)
        if detail.budget is not None:
            await runs.raise_budget(self.principal, detail.id, detail.budget.doubled())

    @rx.event
    def ask_to_end(self, open: bool) -> None:
        """Ask whether the run is to be terminated, or ask no longer."""
        self.ending = open

    @rx.event
    async def terminate(self) -> None:
        """End the run at once."""
        self.ending = False
        self.head = run_head(await runs.terminate_run(self.principal, self.head.id))

    @rx.event
    def draw_timeline(self) -> None:
        """Bring the timeline up to now."""
        self._draw()

    @rx.event
    async def show_pass(self, container: str, which: str) -> EventSpec | None:
        """Show another pass of a container: an index, `previous`, `next`, `failed` or `latest`."""
        node = self.book.containers.get(container)
        if node is None:
            return None
        index = await passes.wish(self.principal, self.head.id, self.book, node, which)
        self._book = self.book.choose(container, index)
        await self._turn([node])
        await self._list_passes()
        self._draw()
        return show_passes_in_address(self.book.address())

    async def _watch(self, run_id: str, wishes: str = "") -> RunDetail:
        """Show the run and what happens to it from now on, and the passes of `wishes`. Raises NotFound."""
        await runs.has_ended(self.principal, run_id)  # who may not see the run is told nothing of it
        tabs.watch(self.router.session.client_token, RunState, run_id=run_id)
        return await self._follow(run_id, wishes)

    async def _follow(self, run_id: str, wishes: str = "") -> RunDetail:
        """Show the run as it is now, in a tab that is told of it already."""
        document = await runs.get_run_document(self.principal, run_id)
        self._book = PassBook.of(document, wishes)
        detail = await runs.get_run(self.principal, run_id)
        await self._show(detail)
        return detail

    async def _watch_new(self, run_id: str) -> None:
        """Show a run that has just been started; one that has already ended, with what follows its end."""
        detail = await self._watch(run_id)
        if not run_head(detail).open:
            await self._end(run_id)

    def _forget(self) -> None:
        """Show no run any more."""
        tabs.forget(self.router.session.client_token)
        self.head, self.shown, self.rows = RunHead(), OutputView(), []
        self.base, self.recent, self.inputs, self.outputs, self._marks = {}, {}, {}, [], {}
        self._book = PassBook()

    async def _on_events(self, events: Sequence[RunEvent]) -> float:
        """Show what happened; the end of the run is read whole, for its outputs."""
        scopes = {"", *self.book.scopes}
        nodes = [event.node for event in events if event.node]
        changed = {node.node_id: node for node in nodes if node.scope in scopes}
        for head in (run_head(event.run) for event in events if event.run):
            self.head = head
            if not head.open:
                await self._end(head.id)
                return 0.0
        self._note(changed)
        turned = [node for node in changed.values() if node.tally and self.book.moved(node)]
        if turned:
            await self._turn(turned)
        listed = any(node.tally for node in changed.values()) and await self._list_passes()
        if self.shown.node in changed:
            await self._inspect(self.shown.node, list(self.shown.sources))
        return LIST_PAUSE_S if listed else TURN_PAUSE_S if turned else 0.0

    def _note(self, nodes: Mapping[str, NodeRun]) -> None:
        """Show new states of nodes."""
        for node in nodes.values():
            self._book = self.book.noted(node) if node.tally else self.book
        self._marks.update({name: Mark.of(node) for name, node in nodes.items()})
        self._put({name: self._cell(node) for name, node in nodes.items()})

    async def _turn(self, containers: Iterable[NodeRun]) -> None:
        """Show the passes that `containers` are to show now, in the place of those that they showed."""
        containers = self._outermost(list(containers))
        book, inside = await passes.read(self.principal, self.head.id, self.book, containers)
        gone = {name for node in containers for name in book.bodies.get(node.node_id, ())} - inside.keys()
        self._book = book
        self._marks = {name: mark for name, mark in self._marks.items() if name not in gone}
        self._put({name: IDLE for name in gone if self._known(name) not in (None, IDLE)})
        self._note({node.node_id: node for node in containers} | inside)
        self._look()
        if self.shown.node in gone | inside.keys():
            await self._inspect(self.shown.node, list(self.shown.sources))

    def _outermost(self, containers: Sequence[NodeRun]) -> list[NodeRun]:
        """Return those that stand in no other: what is shown of the others depends on it."""
        inside = {name for node in containers for name in self.book.bodies.get(node.node_id, ())}
        return [node for node in containers if node.node_id not in inside]

    def _known(self, name: str) -> CellView | None:
        return self.recent.get(name) or self.base.get(name)

    def _look(self) -> None:
        """Be told what happens in the passes that are shown, while something can."""
        token = self.router.session.client_token
        tabs.look(token, self.principal, self.book.scopes if self.head.open else ())

    async def _list_passes(self) -> bool:
        """Bring the list of passes up to now; return whether it is looked at, so that it had to be read."""
        visible = (await self.get_state(DrawerState)).tab == "passes"
        await (await self.get_state(PassListState))._follow(self.head.id, self.book, visible)
        return visible

    async def _end(self, run_id: str) -> None:
        """Show the whole run, and its result in the drawer when that shows nothing else."""
        detail = await runs.get_run(self.principal, run_id)
        await self._show(detail)
        await (await self.get_state(NotebookState))._read_again(detail.workflow_id or "")
        drawer = await self.get_state(DrawerState)
        if detail.outputs and not drawer.tab:
            drawer.tab = "result"
        if self.shown.node:
            await self._inspect(self.shown.node, list(self.shown.sources))

    async def _inspect(self, node_id: str, sources: Sequence[str]) -> None:
        """Show a node's whole output, whose input came from `sources`; in the editor perhaps an older one."""
        mark, known = self._marks.get(node_id), [name for name in sources if name in self._marks]
        notebook = await self.get_state(NotebookState)
        if pinned := await notebook._pinned_value(node_id):
            self.shown = replace(pinned_view(pinned), sources=known)
            return
        called = await self._called(node_id, mark)
        address = (self.head.id, node_id, mark.scope if mark else "")
        latest = notebook._latest(node_id)
        if mark is None and latest and not self.head.open:
            mark, address = Mark.of(latest[1]), (latest[0], latest[1].node_id, "")
        if mark and mark.decision:
            await people.learn([mark.decision.by])
        if mark is None or not mark.size:
            view = output_view(node_id, mark)
        elif mark.size > MOST_BYTES:
            view = too_large(node_id, mark, href=routes.output(*address))
        else:
            output = await runs.node_output(self.principal, address[0], node_id, scope=address[2])
            view = output_view(node_id, mark, output, href=routes.artifact(*address))
        older = address[0] != self.head.id
        self.shown = replace(view, sources=known, called=called, run=address[0], older=older)

    async def _called(self, node_id: str, mark: Mark | None) -> str:
        """Return the address of the run that a sub-workflow node began last, empty for other nodes."""
        if mark is None or not self._calls:
            return ""
        at = place(mark.scope, node_id)
        found = await runs.list_runs(self.principal, parent_run_id=self.head.id, parent_place=at, limit=1)
        return routes.run(found.items[0].id) if found.items else ""

    async def _show(self, detail: RunDetail) -> None:
        self._book, inside = await passes.read(self.principal, detail.id, self.book, detail.nodes)
        nodes = {node.node_id: node for node in detail.nodes} | inside
        self._marks = {name: Mark.of(node) for name, node in nodes.items()}
        self.head, self.inputs, self._calls = run_head(detail), detail.inputs, detail.calls
        self.outputs = await self._parts(detail)
        self.base = {name: self._cell(node) for name, node in nodes.items()}
        self.recent = {}
        self._look()
        await self._list_passes()
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
        artifact = routes.artifact(self.head.id, node.node_id, node.scope)
        return cell_view(node, artifact=artifact, passes=self.book.view(node.node_id))

    def _draw(self) -> None:
        since, until = self.head.started_at, self.head.finished_at
        if since:
            end = datetime.fromisoformat(until) if until else datetime.now(UTC)
            self.rows = timeline(self._marks, since=datetime.fromisoformat(since), until=end)


def show_passes_in_address(wishes: str) -> EventSpec:
    """Return the event that puts the passes that are looked at into the page's address."""
    return rx.call_script(
        "{const to = new URL(location.href);"
        f" to.searchParams.set('pass', '{wishes}');"
        " history.replaceState(history.state, '', to)}"
    )
