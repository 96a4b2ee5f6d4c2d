"""Pieces of a document that travel: new nodes from the palette, and copies by way of the clipboard.

A copied piece is plain JSON in the document's own format, so that it can be pasted into another workflow,
another window or a text editor. Reading one executes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import nodes
from engine.graph import Document, Edge, Node, Position
from workbench.services.edit_parts import with_children
from workbench.services.edits import Add, Move, free_id
from workbench.services.references import rename_in_config

MOST_CHARACTERS = 5_000_000
BESIDE = Position(x=32, y=32)
"""How far a duplicate stands from its original."""

FIRST = Position(x=24, y=88)
"""Where the first node of a container stands: below its head."""

FOOT = 44
"""What a container keeps free below its body."""

ROW = 176
"""How far below another node there is room for one, also when a run has filled that."""


class Fragment(BaseModel):
    """Nodes and the edges between them. `format` keeps foreign JSON from being taken for one.

    A container comes with its body. Nodes whose own container is not here stand on top.
    """

    model_config = ConfigDict(extra="forbid")

    format: Literal["workbench/fragment/1"] = "workbench/fragment/1"
    nodes: list[Node] = Field(min_length=1)
    edges: list[Edge] = Field(default_factory=list)

    def top(self) -> list[Node]:
        """Return the nodes that stand in no other node of the fragment."""
        ids = {node.id for node in self.nodes}
        return [node for node in self.nodes if node.parent not in ids]

    def corner(self) -> Position:
        """Return the top left corner of the nodes on top together."""
        places = [node.position for node in self.top()]
        return Position(x=min(place.x for place in places), y=min(place.y for place in places))


def new_node(
    document: Document, type: str, place: Position, after: str = "", parent: str | None = None
) -> Add:
    """Return the addition of a fresh node of `type` at `place` in the container `parent`, or outside of all.

    It is connected behind `after` if that stands there too and both have ports.
    """
    kind = nodes.get(type)
    node = Node(
        id=free_id(document, type),
        type=type,
        type_version=kind.version,
        title=kind.title,
        position=place,
        parent=parent,
    )
    before = next((other for other in document.nodes if other.id == after and other.parent == parent), None)
    return Add(nodes=(node,), edges=_joined(before, node))


def cut_out(document: Document, ids: Sequence[str]) -> Fragment:
    """Return the nodes `ids` of `document`, with the bodies of containers, and the edges between them."""
    all_ids = with_children(document, set(ids))
    chosen = [node for node in document.nodes if node.id in all_ids]
    edges = [edge for edge in document.edges if edge.source in all_ids and edge.target in all_ids]
    return Fragment(nodes=chosen, edges=edges)


def read(text: str) -> Fragment | None:
    """Return the fragment that the clipboard's `text` holds; None when it is something else."""
    if not text.lstrip().startswith("{") or len(text) > MOST_CHARACTERS:
        return None
    try:
        return Fragment.model_validate_json(text)
    except ValidationError:
        return None


def put_in(document: Document, fragment: Fragment, corner: Position, parent: str | None = None) -> Add:
    """Return the addition of `fragment` with its top left at `corner` of the container `parent`, or outside.

    Ids that are taken are changed, also in the expressions by which the pasted nodes name each other.
    """
    return _copies(document, fragment, corner, {node.id: parent for node in fragment.top()})


def duplicate(document: Document, ids: Sequence[str]) -> Add:
    """Return the addition of copies of the nodes `ids` beside the originals, in the same containers.

    Copies of containers stand below them: frames on top of each other could not be read.
    """
    fragment = cut_out(document, ids)
    corner = fragment.corner()
    beside = Position(x=corner.x + BESIDE.x, y=corner.y + BESIDE.y)
    if fragment.top() != fragment.nodes:
        lowest = max(node.position.y + _height(fragment, node.id) for node in fragment.top())
        beside = Position(x=corner.x, y=lowest + BESIDE.y)
    return _copies(document, fragment, beside, {node.id: node.parent for node in fragment.top()})


def relocate(document: Document, node_id: str, parent: str | None) -> Move:
    """Return the move of a node into a container, below what stands there, or out, beside the container."""
    places = {node.id: node for node in document.nodes}
    left = places[node_id].parent
    inside = [node.position for node in document.nodes if node.parent == parent]
    if parent is not None:
        below = max((place.y + ROW for place in inside), default=FIRST.y)
        place = Position(x=min((place.x for place in inside), default=FIRST.x), y=below)
    else:
        corner = places[left].position if left in places else places[node_id].position
        place = _clear(document, Position(x=corner.x, y=corner.y - ROW), None)
    return Move(positions={node_id: place}, parents={node_id: parent})


def way_across(document: Document, source: str, target: str) -> str:
    """Return what to do instead of an edge across the border of a container."""
    home = next((node.parent for node in document.nodes if node.id == source), None)
    if home is None or target in with_children(document, {home}):
        return f"Where the data is needed, name it: {{{{ nodes.{source}.output }}}}."
    return f"Outside, read what the container gives: {{{{ nodes.{home}.output }}}}."


def _copies(
    document: Document, fragment: Fragment, corner: Position, parents: Mapping[str, str | None]
) -> Add:
    """Return the addition of `fragment` at `corner`; `parents` has the container of each node on top."""
    shift = fragment.corner()
    corner = _clear(document, corner, next(iter(parents.values())))
    names = _fresh_names(document, fragment)
    move = Position(x=corner.x - shift.x, y=corner.y - shift.y)
    pasted = [
        _placed(_renamed(node, names), move, parents[node.id])
        if node.id in parents
        else _renamed(node, names)
        for node in fragment.nodes
    ]
    edges = [
        edge.model_copy(update={"source": names[edge.source], "target": names[edge.target]})
        for edge in fragment.edges
        if edge.source in names and edge.target in names
    ]
    return Add(nodes=tuple(pasted), edges=tuple(edges))


def _height(fragment: Fragment, node_id: str) -> float:
    """Return how far down a node reaches, as far as it is known before it is drawn."""
    inside = [
        node.position.y + _height(fragment, node.id) for node in fragment.nodes if node.parent == node_id
    ]
    return max(inside) + FOOT if inside else ROW


def _clear(document: Document, corner: Position, parent: str | None) -> Position:
    """Return `corner`, or the next place beside it where no node of the same container has its own corner."""
    taken = {(node.position.x, node.position.y) for node in document.nodes if node.parent == parent}
    while (corner.x, corner.y) in taken:
        corner = Position(x=corner.x + BESIDE.x, y=corner.y + BESIDE.y)
    return corner


def _joined(before: Node | None, node: Node) -> tuple[Edge, ...]:
    if before is None:
        return ()
    outputs, inputs = nodes.get(before.type).outputs_of(before.config), nodes.get(node.type).inputs
    if not outputs or not inputs:
        return ()
    return (Edge(source=before.id, source_port=outputs[0].name, target=node.id, target_port=inputs[0].name),)


def _fresh_names(document: Document, fragment: Fragment) -> dict[str, str]:
    names: dict[str, str] = {}
    grown = document
    for node in fragment.nodes:
        names[node.id] = free_id(grown, node.id)
        grown = grown.model_copy(
            update={"nodes": [*grown.nodes, node.model_copy(update={"id": names[node.id]})]}
        )
    return names


def _renamed(node: Node, names: dict[str, str]) -> Node:
    renamed = node
    for old, new in reversed(names.items()):  # a new name can be a later node's old one, never an earlier's
        if old != new:
            renamed = renamed.model_copy(update={"config": rename_in_config(renamed, old, new)})
    return renamed.model_copy(update={"id": names[node.id], "parent": names.get(node.parent or "")})


def _placed(node: Node, move: Position, parent: str | None) -> Node:
    place = Position(x=node.position.x + move.x, y=node.position.y + move.y)
    return node.model_copy(update={"position": place, "parent": parent})
