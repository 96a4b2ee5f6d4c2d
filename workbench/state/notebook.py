"""The draft as a notebook: which outputs hold, where older ones came from, what is pinned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.graph import Document
from workbench import routes
from workbench.services import notebook, pins
from workbench.services.shapes import NodeOutput, NodeRun, NodeStanding, Pin
from workbench.state.base import AppState
from workbench.state.cell_views import CellView, cell_view
from workbench.state.run_views import MOST_BYTES


@dataclass(frozen=True)
class NoteView:
    """How a cell stands: `older` is its output of an earlier run, made by the run `run`."""

    stale: bool = False
    pinned: bool = False
    run: str = ""
    older: CellView | None = None


class NotebookState(AppState):
    """How the cells of the draft in the editor stand. Empty elsewhere."""

    cells: dict[str, NoteView] = {}
    waiting: int = 0
    _workflow_id: str = ""
    _nodes: dict[str, NodeStanding] = {}
    _seen: Any = None

    async def _read(self, workflow_id: str, document: Document | None = None) -> None:
        """Find out how the draft stands; with `document`, only if something changed in it that counts."""
        seen = _what_counts(document) if document else None
        if seen is not None and workflow_id == self._workflow_id and seen == self.get_value("_seen"):
            return
        found = await notebook.read(self.principal, workflow_id)
        self._workflow_id, self._seen = workflow_id, seen or self._seen
        self._nodes = {node.node_id: node for node in found.nodes}
        self.cells = {node.node_id: _view(node) for node in found.nodes}
        self.waiting = sum(node.standing == "stale" for node in found.nodes)

    async def _read_again(self, workflow_id: str) -> None:
        """Find out how the draft stands now, if it is the one that is open."""
        if workflow_id and workflow_id == self._workflow_id:
            await self._read(workflow_id)

    def _clear(self) -> None:
        """Forget the draft."""
        self.cells, self.waiting, self._workflow_id, self._nodes, self._seen = {}, 0, "", {}, None

    def _latest(self, node_id: str) -> tuple[str, NodeRun] | None:
        """Return a node's output of an earlier run, with the run that made it."""
        nodes: Mapping[str, NodeStanding] = self.get_value("_nodes")
        node = nodes.get(node_id)
        return (node.run_id, node.latest) if node and node.run_id and node.latest else None

    async def _pinned_value(self, node_id: str) -> NodeOutput | None:
        """Return the value that is pinned to a node, unless it is too large for the page."""
        nodes: Mapping[str, NodeStanding] = self.get_value("_nodes")
        pin = nodes[node_id].pin if node_id in nodes else None
        if pin is None or pin.output_bytes > MOST_BYTES:
            return None
        return await pins.read_pin(self.principal, self._workflow_id, node_id)

    @property
    def _has_run(self) -> bool:
        """Whether some test run has come to something, so that its inputs can be taken again."""
        nodes: Mapping[str, NodeStanding] = self.get_value("_nodes")
        return any(node.latest for node in nodes.values())


def _view(node: NodeStanding) -> NoteView:
    older = None
    if node.pin:
        older = cell_view(_pinned(node.pin), artifact="")
    elif node.latest and node.run_id:
        older = cell_view(node.latest, artifact=routes.artifact(node.run_id, node.latest.node_id))
    return NoteView(node.standing == "stale", node.pin is not None, node.run_id or "", older)


def _pinned(pin: Pin) -> NodeRun:
    """Return a pinned value as if a run had come to it; a picture by its name."""
    return NodeRun(
        node_id=pin.node_id,
        status="succeeded",
        attempt=1,
        started_at=None,
        finished_at=None,
        duration_ms=None,
        port=None,
        media_type="text/plain" if pin.media_type.startswith("image/") else pin.media_type,
        preview=pin.preview,
        output_bytes=pin.output_bytes,
        error=None,
    )


def _what_counts(document: Document) -> Any:
    """Return the parts of a document on which the standing of its outputs depends."""
    nodes = [
        (node.id, node.type, node.type_version, node.parent, node.config, node.policy.cache)
        for node in document.nodes
    ]
    return nodes, [edge.model_dump() for edge in document.edges]
