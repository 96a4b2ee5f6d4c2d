"""What the edits of a document are made of: taking items out and putting them back, and refusing."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from engine.errors import Problem
from engine.graph import Document, Edge, Node
from workbench.errors import Invalid

T = TypeVar("T")
RELOAD = "The draft was changed elsewhere; reload it."


def insert(present: Sequence[T], new: Sequence[T], places: Sequence[int] | None) -> list[T]:
    items = list(present)
    if places is None:
        return [*items, *new]
    for place, item in sorted(zip(places, new, strict=True), key=lambda pair: pair[0]):
        items.insert(place, item)
    return items


def split(items: Sequence[T], gone: Callable[[T], bool]) -> tuple[list[T], tuple[T, ...], tuple[int, ...]]:
    """Return what stays, what goes, and where what goes stood."""
    places = tuple(place for place, item in enumerate(items) if gone(item))
    stays = [item for item in items if not gone(item)]
    return stays, tuple(items[place] for place in places), places


def with_node(document: Document, node_id: str, new: Node) -> Document:
    nodes = [new if node.id == node_id else node for node in document.nodes]
    return document.model_copy(update={"nodes": nodes})


def with_children(document: Document, ids: set[str]) -> set[str]:
    while inside := {node.id for node in document.nodes if node.parent in ids} - ids:
        ids = ids | inside
    return ids


def require_nodes(document: Document, ids: Iterable[str]) -> None:
    present = {node.id for node in document.nodes}
    missing = [name for name in ids if name not in present]
    if missing:
        raise refused("no-such-node", missing[0], f"There is no node {missing[0]!r} in the draft.", RELOAD)


def key(edge: Edge) -> tuple[str, str, str, str]:
    return edge.source, edge.source_port, edge.target, edge.target_port


def text(edge: Edge) -> str:
    return f"The edge from {edge.source!r} to {edge.target!r}"


def problem(code: str, node: str | None, message: str, hint: str) -> Problem:
    return Problem(code=code, node=node, field=None, message=message, hint=hint)


def refused(code: str, node: str | None, message: str, hint: str) -> Invalid:
    return Invalid(message, (problem(code, node, message, hint),))
