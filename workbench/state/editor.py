"""The editor of one workflow: every edit is one operation on the draft, saved as it happens.

The browser has drawn an edit before it is sent. When one is refused, the graph is sent again as it is and
the person is told why; when the draft was changed elsewhere meanwhile, both sides are shown.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, field, replace

import reflex as rx
from reflex.event import EventSpec

from engine import nodes
from engine.graph import Document, Edge, Position, Size
from workbench.errors import StaleRevision, WorkbenchError
from workbench.services import drafts, workflows
from workbench.services.edits import Add, Connect, Move, Operation, Remove
from workbench.services.shapes import WorkflowDetail
from workbench.state import changes, fragments
from workbench.state.base import AppState, toast_error
from workbench.state.canvas_views import Focus, GraphView, graph_view
from workbench.state.inspector import InspectorState
from workbench.state.notebook import NotebookState
from workbench.state.triggers import TriggersState
from workbench.state.views import ProblemView


@dataclass(frozen=True)
class ConflictView:
    """Two sides of a draft that moved on: what was about to be done here, and what happened elsewhere."""

    mine: str = ""
    theirs: list[str] = field(default_factory=list)
    based_on: int = 0
    current: int = 0


class EditorState(AppState):
    """The draft as this tab knows it."""

    name: str = ""
    revision: int = 0
    next_version: int = 1
    is_live: bool = False
    graph: GraphView = GraphView()
    problems: list[ProblemView] = []
    can_undo: bool = False
    can_redo: bool = False
    focus: Focus = Focus()
    conflict: ConflictView | None = None
    _stored: Document = Document(name="-")
    _live_hash: str = ""
    _ack: int = 0
    _refused: Operation | None = None
    _copied: str = ""

    @property
    def document(self) -> Document:
        """The draft itself, not the proxy through which Reflex watches its states' values."""
        stored: Document = self.get_value("_stored")
        return stored

    @rx.event
    async def move(
        self, seq: int, positions: dict[str, dict[str, float]], parents: dict[str, str]
    ) -> EventSpec | None:
        """Put nodes where they were dropped, and those in `parents` into that container, "" for none."""
        places = {name: Position.model_validate(place) for name, place in positions.items()}
        homes = {name: parent or None for name, parent in parents.items()}
        return await self._edit(Move(positions=places, parents=homes), seq)

    @rx.event
    async def resize(self, seq: int, name: str, size: dict[str, float]) -> EventSpec | None:
        """Draw a container as large as it was pulled."""
        return await self._edit(Move(sizes={name: Size.model_validate(size)}), seq)

    @rx.event
    def refuse(self, source: str, target: str) -> EventSpec:
        """Say why an edge between these two cannot be drawn."""
        said: EventSpec = rx.toast.info(
            f"{source} and {target} do not stand in the same container, so no edge can join them.",
            description=fragments.way_across(self.document, source, target),
        )
        return said

    @rx.event
    async def connect(self, seq: int, edge: dict[str, str]) -> EventSpec | None:
        """Draw an edge."""
        return await self._edit(Connect(edge=Edge.model_validate(edge)), seq)

    @rx.event
    async def remove(self, seq: int, names: list[str], edges: list[dict[str, str]]) -> EventSpec | None:
        """Delete nodes and edges; edges of a deleted node go with it."""
        gone = [Edge.model_validate(edge) for edge in edges]
        apart = tuple(edge for edge in gone if edge.source not in names and edge.target not in names)
        return await self._edit(Remove(nodes=tuple(names), edges=apart), seq)

    @rx.event
    def misplaced(self, type: str) -> EventSpec:
        """Say why a node of `type` did not go into the container on which it was dropped."""
        said: EventSpec = rx.toast.info(
            f"{nodes.get(type).title} nodes do not stand in containers, so it was put below.",
            description="Inside, read {{ inputs.NAME }}; what a pass gives is the setting Result.",
        )
        return said

    @rx.event
    async def add(self, type: str, place: dict[str, float], after: str, parent: str) -> EventSpec | None:
        """Add a node of `type` to a container, "" for none, and select it."""
        spot = Position.model_validate(place)
        return await self._add(fragments.new_node(self.document, type, spot, after, parent or None))

    @rx.event
    async def duplicate(self, names: list[str]) -> EventSpec | None:
        """Add copies of nodes beside them."""
        return await self._add(fragments.duplicate(self.document, names))

    @rx.event
    def copy(self, names: list[str]) -> EventSpec:
        """Put nodes into the clipboard."""
        self._copied = fragments.cut_out(self.document, names).model_dump_json()
        return rx.set_clipboard(self._copied)

    @rx.event
    async def paste(self, text: str, place: dict[str, float], parent: str) -> EventSpec | None:
        """Add what the clipboard holds, if it is a piece of a workflow, to a container, "" for none."""
        fragment = fragments.read(text) or fragments.read(self._copied)
        if fragment is None:
            return None
        spot = Position.model_validate(place)
        return await self._add(fragments.put_in(self.document, fragment, spot, parent or None))

    @rx.event
    async def undo(self) -> EventSpec | None:
        """Take the last edit back."""
        return await self._take(drafts.undo(self.principal, self.graph.id))

    @rx.event
    async def redo(self) -> EventSpec | None:
        """Make the last edit that was taken back again."""
        return await self._take(drafts.redo(self.principal, self.graph.id))

    @rx.event
    async def reveal(self, node: str, field: str) -> None:
        """Go to a problem: select its node, or nothing for the workflow's own, and mark its field."""
        inspector = await self.get_state(InspectorState)
        inspector.selected, inspector.field = [node] if node else [], field
        inspector.closed, inspector.settings, inspector.tab = False, not node, "settings"
        inspector.unasked = False
        inspector._show(self.document, self.problems)
        self._point_at(*filter(None, [node]), centre=True)

    @rx.event
    async def publish(self) -> EventSpec:
        """Make an immutable version of the draft; runs that name no version use it from now on."""
        version = await workflows.publish(self.principal, self.graph.id)
        await self._read_versions(self.graph.id)
        triggers = await self.get_state(TriggersState)
        await triggers._reload(self.graph.id)
        triggers._show(self.document, self.problems)
        said: EventSpec = rx.toast.success(f"Version {version.number} is published.")
        return said

    @rx.event
    async def take_theirs(self) -> None:
        """Settle a conflict by giving up what was about to be done here."""
        self._refused = None
        self.conflict = None
        await self._show(await workflows.get_workflow(self.principal, self.graph.id))

    @rx.event
    async def keep_mine(self) -> EventSpec | None:
        """Settle a conflict by doing it again on top of what happened elsewhere."""
        operation: Operation | None = self.get_value("_refused")
        self._refused, self.conflict = None, None
        await self._show(await workflows.get_workflow(self.principal, self.graph.id))
        return await self._edit(operation) if operation else None

    async def _load(self, workflow_id: str) -> None:
        """Show the draft as it is stored. Raises NotFound."""
        detail = await workflows.get_workflow(self.principal, workflow_id)
        if workflow_id != self.graph.id:
            inspector = await self.get_state(InspectorState)
            inspector.selected, inspector.settings = [], not detail.document.nodes
            inspector.unasked = inspector.settings
        self.conflict = None
        await self._read_versions(workflow_id)
        await (await self.get_state(TriggersState))._reload(workflow_id)
        await self._show(detail)

    async def _read_versions(self, workflow_id: str) -> None:
        """Find out which number comes next, and whether the draft is what is live."""
        versions = (await workflows.list_versions(self.principal, workflow_id)).items
        self.next_version = versions[0].number + 1 if versions else 1
        self._live_hash = next((version.version_hash for version in versions if version.live), "")
        self.is_live = self.document.content_hash() == self._live_hash

    async def _edit(self, operation: Operation, seq: int = 0) -> EventSpec | None:
        """Apply `operation`, the browser's change number `seq`, to the draft this tab knows."""
        self._ack = max(self._ack, seq)
        apply = drafts.apply(self.principal, self.graph.id, operation=operation, revision=self.revision)
        try:
            return await self._take(apply)
        except StaleRevision as stale:
            await self._stale(operation, stale)
            return None

    async def _add(self, operation: Add) -> EventSpec | None:
        """Add nodes, and select them."""
        said = await self._edit(operation)
        if said is None and self.conflict is None:
            added = {node.id for node in operation.nodes}
            self._point_at(*(node.id for node in operation.nodes if node.parent not in added))
        return said

    async def _take(self, change: Awaitable[WorkflowDetail]) -> EventSpec | None:
        """Show the draft after `change`; a refusal puts the graph back as it was and says why."""
        try:
            await self._show(await change)
        except StaleRevision:
            raise
        except WorkbenchError as error:
            self.graph = replace(self.graph, ack=self._ack)
            return toast_error(error)
        return None

    async def _stale(self, operation: Operation, stale: StaleRevision) -> None:
        theirs = await workflows.get_workflow(self.principal, self.graph.id)
        self._refused = operation
        self.conflict = ConflictView(
            changes.in_words(operation),
            changes.differences(self.document, theirs.document),
            stale.based_on,
            stale.current,
        )

    async def _show(self, detail: WorkflowDetail) -> None:
        document = detail.document
        self._stored = document
        self.name, self.revision = detail.name, detail.revision
        self.can_undo, self.can_redo = detail.can_undo, detail.can_redo
        self.is_live = document.content_hash() == self._live_hash
        self.problems = [ProblemView.of(problem) for problem in detail.problems]
        self.graph = graph_view(document, id=detail.id, rev=detail.revision, ack=self._ack)
        (await self.get_state(InspectorState))._show(document, self.problems)
        (await self.get_state(TriggersState))._show(document, self.problems)
        await (await self.get_state(NotebookState))._read(detail.id, document)

    def _point_at(self, *names: str, centre: bool = False) -> None:
        self.focus = Focus(list(names), self.focus.n + 1, centre)
