"""Checking the drawn edges against the nodes they connect."""

from collections.abc import Mapping

from engine.compiler._nodes import CheckedNode
from engine.compiler._problems import Problems
from engine.contracts import Incoming
from engine.graph import Edge
from engine.nodes import Port
from engine.nodes.merge import MergeConfig


def check_edges(
    edges: list[Edge],
    ids: frozenset[str],
    checked: Mapping[str, CheckedNode],
    parents: Mapping[str, str],
    problems: Problems,
) -> dict[str, list[Incoming]]:
    """Add what is wrong with the edges; return the usable ones by their target, in the document's order.

    `parents` are the containers that nodes stand in.
    """
    incoming: dict[str, list[Incoming]] = {}
    seen: set[tuple[str, str, str, str]] = set()
    for index, edge in enumerate(edges):
        key = (edge.source, edge.source_port, edge.target, edge.target_port)
        if key in seen:
            message = f"The edge from “{edge.source}” to “{edge.target}” stands twice."
            problems.add("duplicate-edge", message, node=edge.target, field=f"edges.{index}")
            continue
        seen.add(key)
        if _connects(index, edge, ids, checked, problems) and (
            not parents or _stays(index, edge, parents, problems)
        ):
            incoming.setdefault(edge.target, []).append(Incoming(source=edge.source, port=edge.source_port))
    _check_joins(incoming, checked, problems)
    return incoming


def _check_joins(
    incoming: Mapping[str, list[Incoming]], checked: Mapping[str, CheckedNode], problems: Problems
) -> None:
    """Add a problem for each merge that waits for more branches than lead to it."""
    for node_id, place in checked.items():
        needs = place.config.needs() if isinstance(place.config, MergeConfig) else None
        sources = {edge.source for edge in incoming.get(node_id, ())}
        if isinstance(needs, int) and sources and needs > len(sources):
            problems.add(
                "too-few-branches",
                f"“{node_id}” waits for {needs} branches, and {len(sources)} lead to it.",
                node=node_id,
                field="config.at_least",
                hint="Wait for fewer, or connect more branches.",
            )


def _connects(
    index: int, edge: Edge, ids: frozenset[str], checked: Mapping[str, CheckedNode], problems: Problems
) -> bool:
    """Return whether an edge can be used; add a problem when it cannot."""
    missing = [
        (end, name) for end, name in (("source", edge.source), ("target", edge.target)) if name not in ids
    ]
    for end, name in missing:
        other = edge.target if end == "source" else edge.source
        problems.add(
            "edge-to-nowhere",
            f"An edge {'starts' if end == 'source' else 'ends'} at “{name}”, which is not there.",
            node=other if other in ids else None,
            field=f"edges.{index}.{end}",
            hint="Remove the edge, or connect it to a node.",
        )
    if missing:
        return False
    if edge.source == edge.target:
        message = f"An edge of “{edge.source}” ends where it starts."
        problems.add(
            "edge-to-itself", message, node=edge.source, field=f"edges.{index}", hint="Remove the edge."
        )
        return False
    source, target = checked.get(edge.source), checked.get(edge.target)
    if source is not None:
        _check_port(index, "source", edge.source_port, source, source.outputs, problems)
    if target is not None:
        _check_port(index, "target", edge.target_port, target, target.type.inputs, problems)
    return True


def _stays(index: int, edge: Edge, parents: Mapping[str, str], problems: Problems) -> bool:
    """Return whether an edge connects nodes of one container; add a problem when it does not."""
    start, end = parents.get(edge.source), parents.get(edge.target)
    if start == end:
        return True
    container = end if (end is not None and start != parents.get(end)) or start is None else start
    inner, outer = (edge.target, edge.source) if container == end else (edge.source, edge.target)
    problems.add(
        "edge-across-border",
        f"An edge connects “{inner}”, which stands in “{container}”, with “{outer}”, which does not.",
        node=edge.target,
        field=f"edges.{index}",
        hint=f"Connect “{outer}” with “{container}” itself; inside, read nodes.{outer}.output."
        if inner == edge.target
        else f"Connect “{container}” itself with “{outer}”, and read nodes.{container}.output there.",
    )
    return False


def _check_port(
    index: int, end: str, name: str, place: CheckedNode, ports: tuple[Port, ...], problems: Problems
) -> None:
    node = place.node
    if name not in [port.name for port in ports]:
        kind = "output" if end == "source" else "input"
        names = ", ".join(port.name for port in ports)
        hint = (
            f"“{place.type.title}” has the {kind}s {names}."
            if names
            else f"“{place.type.title}” has no {kind}s."
        )
        message = f"“{node.id}” has no {kind} “{name}”."
        problems.add("unknown-port", message, node=node.id, field=f"edges.{index}.{end}_port", hint=hint)
    elif end == "source" and name == "error" and node.policy.on_error != "continue":
        problems.add(
            "closed-error-port",
            f"An edge leaves “{node.id}” by its error port, but an error there fails the run.",
            node=node.id,
            field="policy.on_error",
            hint="Set “on error” to continue, or remove the edge.",
        )
