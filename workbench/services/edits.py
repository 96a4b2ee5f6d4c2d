"""Applying edits to a document: pure functions, each of which also returns the operation that takes it back.

Two tabs that send operations do not overwrite each other, and undo is the inverse, kept in the database.
`apply(apply(d, o)[0], inverse)[0] == d`, order of nodes and edges included, for every operation that applies.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, assert_never

from engine import nodes
from engine.errors import Problem
from engine.graph import Document, Edge, Node
from workbench.errors import Invalid
from workbench.services.operations import (
    OPERATION,
    Add,
    Batch,
    Configure,
    Connect,
    Describe,
    Move,
    Operation,
    Remove,
    Rename,
    Replace,
)
from workbench.services.references import rename_in_value

__all__ = [
    "OPERATION",
    "Add",
    "Batch",
    "Configure",
    "Connect",
    "Describe",
    "Move",
    "Operation",
    "Remove",
    "Rename",
    "Replace",
    "apply",
    "free_id",
    "require_unique",
]

T = TypeVar("T")
RELOAD = "The draft was changed elsewhere; reload it."


def apply(document: Document, operation: Operation) -> tuple[Document, Operation]:
    """Return `document` after `operation`, and the operation that takes it back. The argument is not changed.

    Raises Invalid, naming the node, for what does not apply: an unknown node or edge, an id or an edge
    that is there already.
    """
    match operation:
        case Add():
            return _add(document, operation)
        case Remove():
            return _remove(document, operation)
        case Connect(edge=edge):
            return _add(document, Add(edges=(edge,)))
        case Move():
            return _move(document, operation)
        case Configure():
            return _configure(document, operation)
        case Rename():
            return _rename(document, operation)
        case Describe():
            return _describe(document, operation)
        case Replace(document=new):
            require_unique(new.nodes)
            return new, Replace(document=document)
        case Batch(operations=operations):
            return _batch(document, operations)
        case _:
            assert_never(operation)


def free_id(document: Document, base: str) -> str:
    """Return an id that no node of `document` has, made from `base` (a title or an id): `fetch_feed_2`."""
    slug = re.sub(r"[^a-z0-9]+", "_", base.lower()).strip("_")[:56] or "node"
    slug = slug if slug[0].isalpha() else f"n_{slug}"
    taken = {node.id for node in document.nodes}
    if slug not in taken:
        return slug
    stem = re.sub(r"_\d+$", "", slug)
    return next(name for number in range(2, len(taken) + 3) if (name := f"{stem}_{number}") not in taken)


def require_unique(nodes: Iterable[Node]) -> None:
    """Raise Invalid when two of `nodes` share an id; every operation relies on unique ids."""
    twice = [name for name, count in Counter(node.id for node in nodes).items() if count > 1]
    if twice:
        hint = "Give each node an id of its own."
        found = [
            _problem("duplicate-node-id", name, f"Two nodes have the id {name!r}.", hint) for name in twice
        ]
        raise Invalid(found[0].message, tuple(found))


def _add(document: Document, operation: Add) -> tuple[Document, Operation]:
    nodes = _insert(document.nodes, operation.nodes, operation.node_places)
    require_unique(nodes)
    ids = {node.id for node in nodes}
    present = {_key(edge) for edge in document.edges}
    for edge in operation.edges:
        _require_ends(edge, ids)
        if _key(edge) in present:
            raise _refused("edge-exists", edge.target, f"{_text(edge)} is drawn already.", "")
        present.add(_key(edge))
    edges = _insert(document.edges, operation.edges, operation.edge_places)
    inverse = Remove(nodes=tuple(node.id for node in operation.nodes), edges=operation.edges)
    return document.model_copy(update={"nodes": nodes, "edges": edges}), inverse


def _remove(document: Document, operation: Remove) -> tuple[Document, Operation]:
    _require_nodes(document, operation.nodes)
    gone = _with_children(document, set(operation.nodes))
    named = {_key(edge) for edge in operation.edges}
    missing = named - {_key(edge) for edge in document.edges}
    if missing:
        source, _, target, _ = sorted(missing)[0]
        raise _refused("no-such-edge", target, f"There is no edge from {source!r} to {target!r}.", RELOAD)
    nodes, lost_nodes, node_places = _split(document.nodes, lambda node: node.id in gone)
    edges, lost_edges, edge_places = _split(
        document.edges, lambda edge: _key(edge) in named or edge.source in gone or edge.target in gone
    )
    inverse = Add(nodes=lost_nodes, edges=lost_edges, node_places=node_places, edge_places=edge_places)
    return document.model_copy(update={"nodes": nodes, "edges": edges}), inverse


def _move(document: Document, operation: Move) -> tuple[Document, Operation]:
    _require_nodes(document, operation.positions)
    before = {node.id: node.position for node in document.nodes if node.id in operation.positions}
    nodes = [
        node.model_copy(update={"position": operation.positions[node.id]}) if node.id in before else node
        for node in document.nodes
    ]
    return document.model_copy(update={"nodes": nodes}), Move(positions=before)


def _configure(document: Document, operation: Configure) -> tuple[Document, Operation]:
    _require_nodes(document, (operation.id,))
    node = next(node for node in document.nodes if node.id == operation.id)
    new = {name: getattr(operation, name) for name in ("title", "config", "policy")}
    new = {name: value for name, value in new.items() if value is not None}
    changed = node.model_copy(update=new)
    edges = _with_port(document.edges, node.id, _renamed_port(node, changed)) if operation.edges else None
    inverse = Configure(id=node.id, edges=bool(edges), **{name: getattr(node, name) for name in new})
    document = _with_node(document, node.id, changed)
    return document.model_copy(update={"edges": edges}) if edges else document, inverse


def _renamed_port(before: Node, after: Node) -> tuple[str, str] | None:
    """Return the old and the new name of the one output port that new settings rename, if any."""
    if before.config == after.config:
        return None
    try:
        node_type = nodes.get(before.type)
    except KeyError:
        return None
    old = [port.name for port in node_type.outputs_of(before.config)]
    new = [port.name for port in node_type.outputs_of(after.config)]
    pairs = [pair for pair in zip(old, new, strict=False) if pair[0] != pair[1]]
    only = len(pairs) == 1 and len(old) == len(new)
    return pairs[0] if only and pairs[0][0] not in new and pairs[0][1] not in old else None


def _with_port(edges: Sequence[Edge], node_id: str, renamed: tuple[str, str] | None) -> list[Edge] | None:
    """Return the edges with a port renamed; None when none leaves by it, or one by the new name."""
    ports = {edge.source_port for edge in edges if edge.source == node_id}
    if renamed is None or renamed[0] not in ports or renamed[1] in ports:
        return None
    old, new = renamed
    return [
        edge.model_copy(update={"source_port": new})
        if (edge.source, edge.source_port) == (node_id, old)
        else edge
        for edge in edges
    ]


def _describe(document: Document, operation: Describe) -> tuple[Document, Operation]:
    new = {name: getattr(operation, name) for name in ("name", "description", "inputs", "outputs")}
    new = {name: value for name, value in new.items() if value is not None}
    return document.model_copy(update=new), Describe(**{name: getattr(document, name) for name in new})


def _rename(document: Document, operation: Rename) -> tuple[Document, Operation]:
    old, new = operation.id, operation.new_id
    _require_nodes(document, (old,))
    if old != new and any(node.id == new for node in document.nodes):
        raise _refused("duplicate-node-id", new, f"There is a node {new!r} already.", "Choose another id.")
    renamed = _rename_only(document, old, new)
    if not operation.references:
        return renamed, Rename(id=new, new_id=old, references=False)
    return _rewrite_references(renamed, old, new)


def _rename_only(document: Document, old: str, new: str) -> Document:
    def named(name: str | None) -> str | None:
        return new if name == old else name

    nodes = [
        node.model_copy(update={"id": named(node.id), "parent": named(node.parent)})
        if old in (node.id, node.parent)
        else node
        for node in document.nodes
    ]
    edges = [
        edge.model_copy(update={"source": named(edge.source), "target": named(edge.target)})
        for edge in document.edges
    ]
    return document.model_copy(update={"nodes": nodes, "edges": edges})


def _rewrite_references(document: Document, old: str, new: str) -> tuple[Document, Operation]:
    """Rewrite what names `old`. The inverse restores the texts: `nodes.new` may have stood there before."""
    undo: list[Operation] = []
    nodes: list[Node] = []
    for node in document.nodes:
        config = rename_in_value(node.config, old, new)
        if config != node.config:
            undo.append(Configure(id=node.id, config=node.config))
            node = node.model_copy(update={"config": config})
        nodes.append(node)
    outputs = rename_in_value(document.outputs, old, new)
    if outputs != document.outputs:
        undo.append(Describe(outputs=document.outputs))
    undo.append(Rename(id=new, new_id=old, references=False))
    return document.model_copy(update={"nodes": nodes, "outputs": outputs}), Batch(operations=tuple(undo))


def _batch(document: Document, operations: Sequence[Operation]) -> tuple[Document, Operation]:
    inverses: list[Operation] = []
    for operation in operations:
        document, inverse = apply(document, operation)
        inverses.append(inverse)
    return document, Batch(operations=tuple(reversed(inverses)))


def _insert(present: Sequence[T], new: Sequence[T], places: Sequence[int] | None) -> list[T]:
    items = list(present)
    if places is None:
        return [*items, *new]
    for place, item in sorted(zip(places, new, strict=True), key=lambda pair: pair[0]):
        items.insert(place, item)
    return items


def _split(items: Sequence[T], gone: Callable[[T], bool]) -> tuple[list[T], tuple[T, ...], tuple[int, ...]]:
    """Return what stays, what goes, and where what goes stood."""
    places = tuple(place for place, item in enumerate(items) if gone(item))
    stays = [item for item in items if not gone(item)]
    return stays, tuple(items[place] for place in places), places


def _with_node(document: Document, node_id: str, new: Node) -> Document:
    nodes = [new if node.id == node_id else node for node in document.nodes]
    return document.model_copy(update={"nodes": nodes})


def _with_children(document: Document, ids: set[str]) -> set[str]:
    while inside := {node.id for node in document.nodes if node.parent in ids} - ids:
        ids = ids | inside
    return ids


def _require_nodes(document: Document, ids: Iterable[str]) -> None:
    present = {node.id for node in document.nodes}
    missing = [name for name in ids if name not in present]
    if missing:
        raise _refused("no-such-node", missing[0], f"There is no node {missing[0]!r} in the draft.", RELOAD)


def _require_ends(edge: Edge, ids: set[str]) -> None:
    for end in (edge.source, edge.target):
        if end not in ids:
            raise _refused("no-such-node", end, f"{_text(edge)} ends at {end!r}: not there.", RELOAD)


def _key(edge: Edge) -> tuple[str, str, str, str]:
    return edge.source, edge.source_port, edge.target, edge.target_port


def _text(edge: Edge) -> str:
    return f"The edge from {edge.source!r} to {edge.target!r}"


def _problem(code: str, node: str | None, message: str, hint: str) -> Problem:
    return Problem(code=code, node=node, field=None, message=message, hint=hint)


def _refused(code: str, node: str | None, message: str, hint: str) -> Invalid:
    return Invalid(message, (_problem(code, node, message, hint),))
