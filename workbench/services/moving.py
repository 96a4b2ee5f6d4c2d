"""Moving nodes: on the canvas, into containers and out of them."""

from collections.abc import Iterable, Mapping

from engine.graph import Document, Node
from workbench.services.edit_parts import refused, require_nodes, split
from workbench.services.operations import Add, Batch, Move, Operation


def move(document: Document, operation: Move) -> tuple[Document, Operation]:
    """Put nodes elsewhere, or draw them in another size.

    An edge that would cross the border of a container goes, and comes back by undo.
    Raises Invalid for an unknown node or container, and for a container that would stand inside itself.
    """
    require_nodes(document, (*operation.positions, *operation.parents, *operation.sizes))
    require_nodes(document, (parent for parent in operation.parents.values() if parent is not None))
    before = {node.id: node for node in document.nodes}
    nodes = [_moved(node, operation) for node in document.nodes]
    parents = {node.id: node.parent for node in nodes}
    require_no_circle(operation.parents, parents)
    edges, lost, places = split(
        document.edges,
        lambda edge: (
            bool({edge.source, edge.target} & operation.parents.keys())
            and parents[edge.source] != parents[edge.target]
        ),
    )
    back = Move(
        positions={name: before[name].position for name in operation.positions},
        parents={name: before[name].parent for name in operation.parents},
        sizes={name: before[name].size for name in operation.sizes},
    )
    inverse = Batch(operations=(back, Add(edges=lost, edge_places=places))) if lost else back
    return document.model_copy(update={"nodes": nodes, "edges": edges}), inverse


def _moved(node: Node, operation: Move) -> Node:
    changed: dict[str, object] = {}
    if node.id in operation.positions:
        changed["position"] = operation.positions[node.id]
    if node.id in operation.parents:
        changed["parent"] = operation.parents[node.id]
    if node.id in operation.sizes:
        changed["size"] = operation.sizes[node.id]
    return node.model_copy(update=changed) if changed else node


def require_no_circle(moved: Iterable[str], parents: Mapping[str, str | None]) -> None:
    """Refuse that one of these nodes stands, over however many containers, inside itself."""
    clear: set[str | None] = {None}
    for name in moved:
        seen, at = {name}, parents.get(name)
        while at not in clear and at not in seen:
            seen.add(str(at))
            at = parents.get(str(at))
        if at in seen:
            hint = "Choose a container that does not stand in it."
            raise refused("no-container", name, f"{name!r} cannot stand inside itself.", hint)
        clear |= seen
