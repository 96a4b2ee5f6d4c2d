"""What an expression in one node may name: the inputs, and outputs of nodes that can have run before it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from engine import nodes
from engine.compiler import implied_edges
from engine.graph import Document


@dataclass(frozen=True)
class Reference:
    """Something that can be named. `path` is what is inserted, `title` whose it is."""

    path: str
    title: str
    icon: str


def references_for(document: Document, node_id: str) -> list[Reference]:
    """Return what `node_id`'s expressions may name: its own sources first, then all that can run earlier."""
    found = [
        Reference(f"inputs.{name}", str(part.get("title") or part.get("type") or ""), "log-in")
        for name, part in (document.inputs.get("properties") or {}).items()
        if isinstance(part, dict)
    ]
    later = downstream(document, node_id)
    before = upstream(document, node_id)
    order = sorted(document.nodes, key=lambda node: (node.id not in before, node.position.x))
    for node in order:
        kind = _kind(node.type)
        if kind is None or not kind.executed or node.type == "input" or node.id in later:
            continue
        found.append(Reference(f"nodes.{node.id}.output", node.title or kind.title, kind.icon))
    return found


def sources_of(document: Document, node_id: str) -> list[str]:
    """Return the ids whose outputs reach `node_id` directly, drawn or implied."""
    return list(dict.fromkeys(source for source, target in _edges(document) if target == node_id))


def upstream(document: Document, node_id: str) -> set[str]:
    """Return the ids that `node_id` depends on, drawn or implied."""
    return _reach(node_id, ((target, source) for source, target in _edges(document)))


def downstream(document: Document, node_id: str) -> set[str]:
    """Return `node_id` and the ids that depend on it, drawn or implied."""
    return _reach(node_id, _edges(document)) | {node_id}


def _edges(document: Document) -> list[tuple[str, str]]:
    drawn = [(edge.source, edge.target) for edge in document.edges]
    return [*drawn, *implied_edges(document)]


def _reach(start: str, edges: Iterable[tuple[str, str]]) -> set[str]:
    following = defaultdict(list)
    for source, target in edges:
        following[source].append(target)
    seen: set[str] = set()
    open_ids = [start]
    while open_ids:
        for other in following[open_ids.pop()]:
            if other not in seen:
                seen.add(other)
                open_ids.append(other)
    return seen


def _kind(type: str) -> nodes.NodeType | None:
    try:
        return nodes.get(type)
    except KeyError:
        return None
