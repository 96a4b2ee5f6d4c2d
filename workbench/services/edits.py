"""Applying edits to a document: pure functions, each of which also returns the operation that takes it back.

Two tabs that send operations do not overwrite each other, and undo is the inverse, kept in the database.
`apply(apply(d, o)[0], inverse)[0] == d`, order of nodes and edges included, for every operation that applies.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import assert_never

from engine.graph import Document, Edge, Node
from workbench.errors import Invalid
from workbench.services.edit_parts import (
    RELOAD,
    insert,
    key,
    problem,
    refused,
    require_nodes,
    split,
    text,
    with_children,
    with_node,
)
from workbench.services.moving import move, require_no_circle
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
from workbench.services.renaming import rename, renamed_port, with_port

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
            _require_same_side(document, edge)
            return _add(document, Add(edges=(edge,)))
        case Move():
            return move(document, operation)
        case Configure():
            return _configure(document, operation)
        case Rename():
            return rename(document, operation)
        case Describe():
            return _describe(document, operation)
        case Replace(document=new):
            require_unique(new.nodes)
            _require_parents(new.nodes)
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
            problem("duplicate-node-id", name, f"Two nodes have the id {name!r}.", hint) for name in twice
        ]
        raise Invalid(found[0].message, tuple(found))


def _add(document: Document, operation: Add) -> tuple[Document, Operation]:
    nodes = insert(document.nodes, operation.nodes, operation.node_places)
    require_unique(nodes)
    _require_parents(nodes)
    ids = {node.id for node in nodes}
    present = {key(edge) for edge in document.edges}
    for edge in operation.edges:
        _require_ends(edge, ids)
        if key(edge) in present:
            raise refused("edge-exists", edge.target, f"{text(edge)} is drawn already.", "")
        present.add(key(edge))
    edges = insert(document.edges, operation.edges, operation.edge_places)
    inverse = Remove(nodes=tuple(node.id for node in operation.nodes), edges=operation.edges)
    return document.model_copy(update={"nodes": nodes, "edges": edges}), inverse


def _remove(document: Document, operation: Remove) -> tuple[Document, Operation]:
    require_nodes(document, operation.nodes)
    gone = with_children(document, set(operation.nodes))
    named = {key(edge) for edge in operation.edges}
    missing = named - {key(edge) for edge in document.edges}
    if missing:
        source, _, target, _ = sorted(missing)[0]
        raise refused("no-such-edge", target, f"There is no edge from {source!r} to {target!r}.", RELOAD)
    nodes, lost_nodes, node_places = split(document.nodes, lambda node: node.id in gone)
    edges, lost_edges, edge_places = split(
        document.edges, lambda edge: key(edge) in named or edge.source in gone or edge.target in gone
    )
    inverse = Add(nodes=lost_nodes, edges=lost_edges, node_places=node_places, edge_places=edge_places)
    return document.model_copy(update={"nodes": nodes, "edges": edges}), inverse


def _configure(document: Document, operation: Configure) -> tuple[Document, Operation]:
    require_nodes(document, (operation.id,))
    node = next(node for node in document.nodes if node.id == operation.id)
    new = {name: getattr(operation, name) for name in ("title", "config", "policy")}
    new = {name: value for name, value in new.items() if value is not None}
    changed = node.model_copy(update=new)
    edges = with_port(document.edges, node.id, renamed_port(node, changed)) if operation.edges else None
    inverse = Configure(id=node.id, edges=bool(edges), **{name: getattr(node, name) for name in new})
    document = with_node(document, node.id, changed)
    return document.model_copy(update={"edges": edges}) if edges else document, inverse


def _describe(document: Document, operation: Describe) -> tuple[Document, Operation]:
    names = ("name", "description", "inputs", "outputs", "output_schema", "limits", "triggers")
    new = {name: value for name in names if (value := getattr(operation, name)) is not None}
    if operation.triggers is not None:
        new["triggers"] = list(operation.triggers)
    return document.model_copy(update=new), Describe(**{name: getattr(document, name) for name in new})


def _batch(document: Document, operations: Sequence[Operation]) -> tuple[Document, Operation]:
    inverses: list[Operation] = []
    for operation in operations:
        document, inverse = apply(document, operation)
        inverses.append(inverse)
    return document, Batch(operations=tuple(reversed(inverses)))


def _require_parents(nodes: Iterable[Node]) -> None:
    parents = {node.id: node.parent for node in nodes}
    for name, parent in parents.items():
        if parent is not None and parent not in parents:
            message = f"{name!r} stands in {parent!r}, which is not there."
            raise refused("unknown-parent", name, message, "Take the container along, or take the node out.")
    require_no_circle(parents, parents)


def _require_same_side(document: Document, edge: Edge) -> None:
    """Raise Invalid when `edge` would cross the border of a container."""
    parents = {node.id: node.parent for node in document.nodes}
    if parents.get(edge.source) == parents.get(edge.target):
        return
    hint = "Edges stay on one side of it. To use data from outside, name it in an expression."
    message = f"{text(edge)} would cross the border of a container."
    raise refused("edge-across-border", edge.target, message, hint)


def _require_ends(edge: Edge, ids: set[str]) -> None:
    for end in (edge.source, edge.target):
        if end not in ids:
            raise refused("no-such-node", end, f"{text(edge)} ends at {end!r}: not there.", RELOAD)
