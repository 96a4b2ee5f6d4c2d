"""Nodes that undo what another has done: they stand beside the flow and are run when the run fails."""

from collections.abc import Iterable, Mapping

from engine.compiler._nodes import CheckedNode
from engine.compiler._problems import Problems
from engine.graph import Document, Node
from engine.nodes import NODE_TYPES

Use = tuple[str, str, object]


def check_compensations(
    document: Document,
    checked: Mapping[str, CheckedNode],
    referred: Mapping[str, Mapping[str, Iterable[Use]]],
    problems: Problems,
) -> dict[str, str]:
    """Add what is wrong with compensations; return the usable ones, by the node that each undoes.

    `referred` are the references: by the node that waits and by the node that is read, who reads and where.
    """
    found: dict[str, str] = {}
    ends = {end for edge in document.edges for end in (edge.source, edge.target)}
    for node in document.nodes:
        if node.policy.compensate is None or node.id not in checked:
            continue
        wrong = _wrong(node.id, node.policy.compensate, checked, ends, taken=set(found.values()))
        if wrong:
            hint = "Name a node that stands beside it, in the same container if any, with no connections."
            problems.add("bad-compensation", wrong, node=node.id, field="policy.compensate", hint=hint)
        else:
            found[node.id] = node.policy.compensate
    _check_readers(set(found.values()), referred, problems)
    return found


def may_undo(document: Document, node: Node) -> list[Node]:
    """Return the nodes that `node` may name as the one that undoes it, in the document's order."""
    types = {kind.type: kind for kind in NODE_TYPES}
    checked = {
        one.id: CheckedNode(one, types[one.type], None, {}) for one in document.nodes if one.type in types
    }
    if node.id not in checked:
        return []
    ends = {end for edge in document.edges for end in (edge.source, edge.target)}
    taken = {one.policy.compensate or "" for one in document.nodes if one.id != node.id}
    return [one.node for one in checked.values() if not _wrong(node.id, one.node.id, checked, ends, taken)]


def _wrong(
    node_id: str, name: str, checked: Mapping[str, CheckedNode], ends: set[str], taken: set[str]
) -> str:
    """Return why the node `name` cannot undo what `node_id` does; empty when it can."""
    other = checked.get(name)
    if other is None:
        return f"“{node_id}” is to be undone by “{name}”, which is not there."
    if name == node_id:
        return f"“{node_id}” cannot undo itself."
    if checked[node_id].node.parent != other.node.parent:
        return f"“{name}” cannot undo “{node_id}”: they do not stand in the same container."
    if not checked[node_id].type.executed:
        return f"“{node_id}” is never executed, so there is nothing to undo."
    if other.type.default_timeout_s is None and other.type.type != "transform":
        return f"“{name}” cannot undo anything: it has to be a step that works, such as an HTTP request."
    if other.node.policy.compensate is not None:
        return f"“{name}” undoes “{node_id}”, and cannot be undone itself."
    if name in ends:
        return f"“{name}” undoes “{node_id}”, so no connection may lead to it or from it."
    if name in taken:
        return f"“{name}” undoes another node already."
    return ""


def _check_readers(
    undoing: set[str], referred: Mapping[str, Mapping[str, Iterable[Use]]], problems: Problems
) -> None:
    """Add a problem for each reference from the flow to a node that is only run when the run fails."""
    for target, read in referred.items():
        for source in undoing.intersection(read) if target not in undoing else ():
            for node_id, field, _ in read[source]:
                message = f"“{source}” is only run to undo something, so “{node_id}” cannot read it."
                problems.add("bad-compensation", message, node=node_id, field=field)
