"""Which branches a node stands on: a result on the other branch cannot be there when the node runs."""

from collections.abc import Mapping, Sequence

from engine.contracts import Incoming

Branches = frozenset[tuple[str, str]]
"""The (node, port) pairs by which every drawn way to a node leaves: all of them were taken when it runs."""

MOST = 16
"""Deeper nests are not looked at: the check is a help, and its cost stays linear."""

_NONE: Branches = frozenset()


def branches(
    order: Sequence[str], incoming: Mapping[str, Sequence[Incoming]], forks: frozenset[str]
) -> dict[str, Branches]:
    """Return the branches of every node; `forks` are the nodes with more than one output."""
    found: dict[str, Branches] = {}
    for node_id in order:
        ways = [_way(edge, found, forks) for edge in incoming.get(node_id, ())]
        taken = ways[0].intersection(*ways[1:]) if len(ways) > 1 else ways[0] if ways else _NONE
        found[node_id] = taken if len(taken) <= MOST else _NONE
    return found


def _way(edge: Incoming, found: Mapping[str, Branches], forks: frozenset[str]) -> Branches:
    before = found.get(edge.source, _NONE)
    return before | {(edge.source, edge.port)} if edge.source in forks else before


def excluded(ports: Mapping[str, str], source: Branches) -> tuple[str, str, str] | None:
    """Return (fork, the reader's port, the source's port) when one fork separates them, else None.

    `ports` are those of the reader's branches, by the fork.
    """
    apart = [(fork, ports[fork], port) for fork, port in source if ports.get(fork, port) != port]
    return min(apart) if apart else None
