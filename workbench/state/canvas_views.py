"""What the canvas draws: cells, wires and nothing else of the document; small, because it is sent whole."""

from dataclasses import dataclass, field
from typing import Any

from engine import nodes
from engine.compiler import analyse
from engine.graph import Document, Edge, Node, Position
from workbench.state.placing import placed
from workbench.state.references import reads

NOTE_LENGTH = 1_000
"""Characters of a note's Markdown that are drawn on the canvas; the inspector has them all."""


@dataclass(frozen=True)
class PortView:
    """A place where wires start."""

    name: str
    title: str


@dataclass(frozen=True)
class NodeView:
    """A cell: where it stands, what it is called, and the line that says what it does.

    `outputs` are the node's own output ports, empty where they are those of its type in the catalogue.
    `parent` is the container in which it stands, empty outside of all, and where it stands is measured from
    there; `empty` says of a container that nothing stands in it. `width` and `height` are those that somebody
    gave it, else 0.
    """

    id: str
    type: str
    title: str
    summary: str
    x: float
    y: float
    outputs: list[PortView] = field(default_factory=list)
    parent: str = ""
    empty: bool = False
    width: float = 0
    height: float = 0


@dataclass(frozen=True)
class EdgeView:
    """A wire. An implied one comes from a reference: nobody drew it, so nobody can delete it."""

    id: str
    source: str
    source_port: str
    target: str
    target_port: str
    implied: bool = False


@dataclass(frozen=True)
class GraphView:
    """All cells and wires of the document `id` at `rev`.

    `ack` is the number of the last change of this browser tab that the graph holds, so that an answer to an
    earlier change never undoes a later one on the screen. `unplaced` are the ids of nodes that stand where
    the document does not say (`placing`).
    """

    id: str = ""
    rev: int = 0
    ack: int = 0
    nodes: list[NodeView] = field(default_factory=list)
    edges: list[EdgeView] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Focus:
    """Cells to be selected, the first one looked at if `centre`. `n` grows with each wish."""

    ids: list[str] = field(default_factory=list)
    n: int = 0
    centre: bool = False


def graph_view(document: Document, *, id: str, rev: int, ack: int = 0) -> GraphView:
    """Return what the canvas draws of `document`."""
    drawn = [_edge_view(edge) for edge in document.edges]
    joined = {(edge.source, edge.target) for edge in document.edges}
    implied = [
        EdgeView(f"{source}~{target}", source, "", target, "", implied=True)
        for source, target in [*_implied(document), *_undoing(document)]
        if (source, target) not in joined
    ]
    full = {node.parent for node in document.nodes}
    places = placed(document, [*joined, *((edge.source, edge.target) for edge in implied)])
    cells = [node_view(node, places.get(node.id), empty=node.id not in full) for node in document.nodes]
    return GraphView(id, rev, ack, cells, drawn + implied, list(places))


def _implied(document: Document) -> list[tuple[str, str]]:
    """Return the references that are drawn: to the reader, not to the container that waits in its place."""
    analysis = analyse(document)
    implied = [(source, target) for target, sources in analysis.implied.items() for source in sources]
    read = reads(analysis)
    direct = {(source, reader) for source, reader, crosses in read if not crosses}
    across = [(source, reader) for source, reader, crosses in read if crosses]
    return [edge for edge in implied if edge in direct] + across


def _undoing(document: Document) -> list[tuple[str, str]]:
    """Return the nodes with those that undo them, where no reference joins the two anyway."""
    ids = {node.id for node in document.nodes}
    pairs = [(node.id, node.policy.compensate) for node in document.nodes]
    read = set(_implied(document)) if any(name for _, name in pairs) else set()
    return [(source, name) for source, name in pairs if name in ids and name and (source, name) not in read]


def node_view(node: Node, place: Position | None = None, *, empty: bool = False) -> NodeView:
    """Return the cell of `node`, at `place` if it is drawn elsewhere than it says.

    A node of an unknown type is drawn too, with what it says of itself.
    """
    place = place or node.position
    return NodeView(
        node.id,
        node.type,
        _title(node),
        _line(node),
        place.x,
        place.y,
        _outputs(node),
        parent=node.parent or "",
        empty=empty and holds_others(node.type),
        width=node.size.width if node.size else 0,
        height=node.size.height if node.size else 0,
    )


def holds_others(type: str) -> bool:
    """Return whether nodes of this type are containers."""
    try:
        return nodes.get(type).container is not None
    except KeyError:
        return False


def _title(node: Node) -> str:
    return node.title if node.title or node.type == "note" else node.id


def _outputs(node: Node) -> list[PortView]:
    try:
        node_type = nodes.get(node.type)
    except KeyError:
        return []
    own = node_type.ports_of(node.config) if node_type.ports_of else ()
    return [PortView(port.name, port.title) for port in own]


def _line(node: Node) -> str:
    try:
        node_type = nodes.get(node.type)
    except KeyError:
        return f"Unknown node type {node.type}"
    if not node_type.executed:
        return str(node.config.get("text") or "")[:NOTE_LENGTH]
    return node_type.summarise(node.config)


def _edge_view(edge: Edge) -> EdgeView:
    return EdgeView(
        f"{edge.source}.{edge.source_port}>{edge.target}.{edge.target_port}",
        edge.source,
        edge.source_port,
        edge.target,
        edge.target_port,
    )


def catalogue() -> dict[str, dict[str, Any]]:
    """Return the node types as the canvas knows them, in the palette's order."""
    return {
        kind.type: {
            "type": kind.type,
            "title": kind.title,
            "summary": kind.summary,
            "category": kind.category,
            "container": kind.container is not None,
            "anywhere": kind.anywhere,
            "inputs": [{"name": port.name, "title": port.title} for port in kind.inputs],
            "outputs": [{"name": port.name, "title": port.title} for port in kind.outputs],
        }
        for kind in nodes.NODE_TYPES
    }
