"""Other names: a node's id and an output port, with everything that names them."""

from collections.abc import Sequence

from engine import nodes
from engine.graph import Document, Edge, Node
from workbench.services.edit_parts import refused, require_nodes
from workbench.services.operations import Batch, Configure, Describe, Operation, Rename
from workbench.services.references import rename_in_config, rename_in_value


def rename(document: Document, operation: Rename) -> tuple[Document, Operation]:
    """Give a node another id: in its edges, in what stands inside it and, if wished, in all expressions."""
    old, new = operation.id, operation.new_id
    require_nodes(document, (old,))
    if old != new and any(node.id == new for node in document.nodes):
        raise refused("duplicate-node-id", new, f"There is a node {new!r} already.", "Choose another id.")
    renamed = _rename_only(document, old, new)
    if not operation.references:
        return renamed, Rename(id=new, new_id=old, references=False)
    return _rewrite_references(renamed, old, new)


def _rename_only(document: Document, old: str, new: str) -> Document:
    def named(name: str | None) -> str | None:
        return new if name == old else name

    nodes = [
        node.model_copy(
            update={
                "id": named(node.id),
                "parent": named(node.parent),
                "policy": node.policy.model_copy(update={"compensate": named(node.policy.compensate)}),
            }
        )
        if old in (node.id, node.parent, node.policy.compensate)
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
        config = rename_in_config(node, old, new)
        if config != node.config:
            undo.append(Configure(id=node.id, config=node.config))
            node = node.model_copy(update={"config": config})
        nodes.append(node)
    outputs = rename_in_value(document.outputs, old, new)
    if outputs != document.outputs:
        undo.append(Describe(outputs=document.outputs))
    undo.append(Rename(id=new, new_id=old, references=False))
    return document.model_copy(update={"nodes": nodes, "outputs": outputs}), Batch(operations=tuple(undo))


def renamed_port(before: Node, after: Node) -> tuple[str, str] | None:
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


def with_port(edges: Sequence[Edge], node_id: str, renamed: tuple[str, str] | None) -> list[Edge] | None:
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
