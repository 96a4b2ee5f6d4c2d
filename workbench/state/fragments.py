"""Pieces of a document that travel: new nodes from the palette, and copies by way of the clipboard.

A copied piece is plain JSON in the document's own format, so that it can be pasted into another workflow,
another window or a text editor. Reading one executes nothing.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import nodes
from engine.graph import Document, Edge, Node, Position
from workbench.services.edits import Add, free_id
from workbench.services.references import rename_in_value

MOST_CHARACTERS = 5_000_000
BESIDE = Position(x=32, y=32)
"""How far a duplicate stands from its original."""


class Fragment(BaseModel):
    """Nodes and the edges between them. `format` keeps foreign JSON from being taken for one."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["workbench/fragment/1"] = "workbench/fragment/1"
    nodes: list[Node] = Field(min_length=1)
    edges: list[Edge] = Field(default_factory=list)

    def corner(self) -> Position:
        """Return the top left corner of the nodes together."""
        return Position(
            x=min(node.position.x for node in self.nodes), y=min(node.position.y for node in self.nodes)
        )


def new_node(document: Document, type: str, place: Position, after: str = "") -> Add:
    """Return the addition of a fresh node of `type` at `place`, connected behind `after` if possible."""
    kind = nodes.get(type)
    node = Node(
        id=free_id(document, type), type=type, type_version=kind.version, title=kind.title, position=place
    )
    before = next((other for other in document.nodes if other.id == after), None)
    return Add(nodes=(node,), edges=_joined(before, node))


def cut_out(document: Document, ids: Sequence[str]) -> Fragment:
    """Return the nodes `ids` of `document` and the edges between them."""
    chosen = [node for node in document.nodes if node.id in ids]
    edges = [edge for edge in document.edges if edge.source in ids and edge.target in ids]
    return Fragment(nodes=chosen, edges=edges)


def read(text: str) -> Fragment | None:
    """Return the fragment that the clipboard's `text` holds; None when it is something else."""
    if not text.lstrip().startswith("{") or len(text) > MOST_CHARACTERS:
        return None
    try:
        return Fragment.model_validate_json(text)
    except ValidationError:
        return None


def put_in(document: Document, fragment: Fragment, corner: Position) -> Add:
    """Return the addition of `fragment` with its top left at `corner`.

    Ids that are taken are changed, also in the expressions by which the pasted nodes name each other.
    """
    shift = fragment.corner()
    corner = _clear(document, corner)
    names = _fresh_names(document, fragment)
    pasted = [_renamed(node, names, corner.x - shift.x, corner.y - shift.y) for node in fragment.nodes]
    edges = [
        edge.model_copy(update={"source": names[edge.source], "target": names[edge.target]})
        for edge in fragment.edges
        if edge.source in names and edge.target in names
    ]
    return Add(nodes=tuple(pasted), edges=tuple(edges))


def duplicate(document: Document, ids: Sequence[str]) -> Add:
    """Return the addition of copies of the nodes `ids` beside the originals."""
    fragment = cut_out(document, ids)
    corner = fragment.corner()
    return put_in(document, fragment, Position(x=corner.x + BESIDE.x, y=corner.y + BESIDE.y))


def _clear(document: Document, corner: Position) -> Position:
    """Return `corner`, or the next place beside it where no node has its own corner."""
    taken = {(node.position.x, node.position.y) for node in document.nodes}
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


def _renamed(node: Node, names: dict[str, str], x: float, y: float) -> Node:
    config = node.config
    for old, new in reversed(names.items()):  # a new name can be a later node's old one, never an earlier's
        if old != new:
            config = rename_in_value(config, old, new)
    place = Position(x=node.position.x + x, y=node.position.y + y)
    return node.model_copy(
        update={
            "id": names[node.id],
            "parent": names.get(node.parent or ""),
            "position": place,
            "config": config,
        }
    )
