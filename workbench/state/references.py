"""What an expression in one node may name: its pass, the inputs, and outputs of nodes that can have run."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from engine import nodes
from engine.compiler import Analysis, analyse, implied_edges
from engine.graph import Document, Node


@dataclass(frozen=True)
class Reference:
    """Something that can be named. `path` is what is inserted, `title` whose it is."""

    path: str
    title: str
    icon: str


def references_for(document: Document, node_id: str) -> list[Reference]:
    """Return what `node_id`'s expressions may name: its own sources first, then all that can run earlier.

    In a container that is its pass, and what stands there or around it. Of a container it is also what stands
    in it, which the settings read that are evaluated at the end of a pass.
    """
    around = _around(document, node_id)
    found = _of_passes(document, node_id, around)
    found += [
        Reference(f"inputs.{name}", str(part.get("title") or part.get("type") or ""), "log-in")
        for name, part in (document.inputs.get("properties") or {}).items()
        if isinstance(part, dict)
    ]
    waiting = (node_id, *around)
    later = {name for each in waiting for name in downstream(document, each)}
    before = {name for each in waiting for name in upstream(document, each)}
    visible = {None, node_id, *around}
    order = sorted(document.nodes, key=lambda node: (node.id not in before, node.position.x))
    for node in order:
        kind = _kind(node.type)
        if kind is None or not kind.executed or node.type == "input":
            continue
        if node.id in later or node.parent not in visible:
            continue
        found.append(Reference(f"nodes.{node.id}.output", node.title or kind.title, kind.icon))
    return found


def _around(document: Document, node_id: str) -> list[str]:
    """Return the containers around a node, from the inside; those in a circle once."""
    parents = {node.id: node.parent for node in document.nodes}
    found: list[str] = []
    at = parents.get(node_id)
    while at in parents and at not in (node_id, *found):
        found.append(at)
        at = parents[at]
    return found


def _of_passes(document: Document, node_id: str, around: list[str]) -> list[Reference]:
    """Return the names of the passes that a node stands in, and of its own passes when it is a container."""
    known = {node.id: node for node in document.nodes}
    own = _names(known.get(node_id))
    found = [Reference(name, f"{title}, inside", icon) for name, title, icon in own]
    found += [Reference(nodes.RESULT, f"{own[0][1]}, at the end of a pass", own[0][2])] if own else []
    for place, container in enumerate(around):
        for name, title, icon in _names(known[container]):
            short = place == 0 and not own
            found.append(Reference(name if short else f"nodes.{container}.{name}", title, icon))
    return found


def _names(node: Node | None) -> list[tuple[str, str, str]]:
    """Return (name, title, icon) of what a container lets the nodes in it read of a pass."""
    kind = _kind(node.type) if node else None
    if node is None or kind is None or kind.container is None:
        return []
    return [(name, node.title or kind.title, kind.icon) for name in kind.container.names]


def sources_of(document: Document, node_id: str) -> list[str]:
    """Return the ids whose outputs reach `node_id` directly: drawn, implied, from around its container."""
    crossing = [(source, reader) for source, reader, crosses in reads(analyse(document)) if crosses]
    edges = [*_edges(document), *crossing]
    return list(dict.fromkeys(source for source, target in edges if target == node_id))


def reads(analysis: Analysis) -> list[tuple[str, str, bool]]:
    """Return (source, reader, crossing) of each reference from one node to another, each pair once.

    A crossing one leads out of a container that the reader stands in, to a node around it.
    """
    found: dict[tuple[str, str], bool] = {}
    for reader, checked in analysis.checked.items():
        home = analysis.tree.parents.get(reader)
        for read in checked.reads.values():
            for _, path in read:
                source = str(path[1]) if path[0] == "nodes" and len(path) > 1 else ""
                ways = analysis.tree.reach(source, home) if source in analysis.checked else None
                if ways is not None and source not in ways:
                    found[source, reader] = bool(ways)
    return [(source, reader, crossing) for (source, reader), crossing in found.items()]


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
