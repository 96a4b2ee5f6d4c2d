"""In which order nodes can run, and who waits for whom in a circle when there is none."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping


def topological(ids: Iterable[str], sources: Mapping[str, Collection[str]]) -> tuple[list[str], set[str]]:
    """Return the ids with every source before its target, and those that no order exists for.

    `sources` maps a target to its distinct sources. O(nodes + edges); ties keep the order of `ids`.
    """
    waiting = {node_id: len(sources.get(node_id, ())) for node_id in ids}
    targets: dict[str, list[str]] = {}
    for target in waiting:
        for source in sources.get(target, ()):
            targets.setdefault(source, []).append(target)
    ready = deque(node_id for node_id, count in waiting.items() if count == 0)
    order = []
    while ready:
        node_id = ready.popleft()
        order.append(node_id)
        for target in targets.get(node_id, ()):
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return order, waiting.keys() - set(order)


def cycles(ids: Collection[str], sources: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Return the shortest cycle through the first id of every knot; its last id leads to its first."""
    import networkx

    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_edges_from(
        (source, target) for target in ids for source in sources.get(target, ()) if source in ids
    )
    position = {node_id: place for place, node_id in enumerate(ids)}
    knots = [knot for knot in networkx.strongly_connected_components(graph) if len(knot) > 1]
    firsts = [(min(knot, key=position.__getitem__), knot) for knot in knots]
    found = [_cycle_through(first, knot, sources) for first, knot in firsts]
    return sorted(found, key=lambda cycle: position[cycle[0]])


def _cycle_through(first: str, knot: set[str], sources: Mapping[str, Collection[str]]) -> list[str]:
    """Return the shortest cycle that begins at a node, found backwards along its sources."""
    next_of: dict[str, str] = {}
    waiting = deque([first])
    while first not in next_of:
        target = waiting.popleft()
        for source in sorted(knot.intersection(sources.get(target, ()))):
            if source not in next_of:
                next_of[source] = target
                waiting.append(source)
    cycle = [first]
    while (following := next_of[cycle[-1]]) != first:
        cycle.append(following)
    return cycle
