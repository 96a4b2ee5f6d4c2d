"""Which node stands in which container, and from where a node can be read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.compiler._nodes import CheckedNode
from engine.compiler._problems import Problems
from engine.graph import Node

MOST_NESTED = 20
"""Containers in each other: what people can follow, and what keeps every way upwards short."""


@dataclass
class Tree:
    """The containers that nodes stand in; whatever has no usable parent stands at the top.

    `dropped` are the nodes whose parent is a problem. `outer` are, by container, the nodes outside its body
    that something in the body reads: they are noted as references are looked at.
    """

    parents: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    outer: dict[str, dict[str, None]] = field(default_factory=dict)

    def around(self, home: str | None) -> list[str]:
        """Return a container and those around it, from the inside; nothing at the top."""
        found = []
        while home is not None:
            found.append(home)
            home = self.parents.get(home)
        return found

    def is_astray(self, node_id: str) -> bool:
        """Whether it is unknown where a node stands: its parent, or that of one around it, is a problem."""
        return self.around(node_id)[-1] in self.dropped

    def reach(self, source: str, home: str | None) -> tuple[str, ...] | None:
        """Return the containers out of which an expression at `home` reads a node, from the inside.

        The last of them stands beside the node, or is the node. None when the node cannot be read from there.
        """
        beside = self.parents.get(source)
        if beside == home:
            return ()
        ways: list[str] = []
        while home is not None:
            ways.append(home)
            home = self.parents.get(home)
            if home == beside:
                return tuple(ways)
        return None

    def closed(self, source: str, home: str | None) -> str:
        """Return the outermost container around a node that hides it from an expression at `home`."""
        open_to = set(self.around(home))
        return [container for container in self.around(self.parents[source]) if container not in open_to][-1]


def check_containers(
    nodes: Iterable[Node], checked: Mapping[str, CheckedNode], ids: frozenset[str], problems: Problems
) -> Tree:
    """Add what is wrong with where nodes stand; return where they do. O(nodes)."""
    tree, filled = Tree(), set[str]()
    for node in nodes:
        if node.parent is None or node.id in tree.parents or node.id in tree.dropped:
            continue
        if node.id not in checked or checked[node.id].type.executed:
            filled.add(node.parent)
        if _can_hold(node, node.parent, checked, ids, problems):
            tree.parents[node.id] = node.parent
        else:
            tree.dropped.add(node.id)
    if tree.parents:
        _check_nesting(tree, problems)
    for node_id, place in checked.items():
        if place.type.container and node_id not in filled:
            hint = "Drag a node into it, or remove it."
            problems.add("empty-container", f"There is no step in “{node_id}”.", node=node_id, hint=hint)
    return tree


def _can_hold(
    node: Node, parent: str, checked: Mapping[str, CheckedNode], ids: frozenset[str], problems: Problems
) -> bool:
    """Return whether a node can stand in its parent; add a problem when it cannot."""
    own = checked.get(node.id)
    if parent not in ids:
        message = f"“{node.id}” stands in “{parent}”, which is not there."
        problems.add("unknown-parent", message, node=node.id, field="parent", hint="Take it out.")
        return False
    if parent not in checked:
        return False
    if not checked[parent].type.container:
        message = f"“{node.id}” stands in “{parent}”, which cannot hold other nodes."
        problems.add("no-container", message, node=node.id, field="parent", hint="Take it out.")
        return False
    if own is not None and not own.type.anywhere:
        message = f"“{node.id}” stands in “{parent}”, but a node of type {node.type} stands only outside."
        hint = (
            "Take it out. Inputs are read as inputs.NAME; an output outside reads what the container gives."
        )
        problems.add("not-in-container", message, node=node.id, field="parent", hint=hint)
        return False
    return True


def _check_nesting(tree: Tree, problems: Problems) -> None:
    """Add a problem for each circle and each nest that is too deep; take what is affected out of the tree."""
    depths: dict[str, int] = {}
    for node_id in list(tree.parents):
        trail, at = dict[str, None](), node_id
        while at in tree.parents and at not in depths and at not in trail:
            trail[at] = None
            at = tree.parents[at]
        if at in trail:
            way = list(trail)
            _break_circle(way[way.index(at) :], tree, problems)
            depths[at] = 0
        depth = depths.get(at, 0)
        for inner in reversed(trail):
            depth = depths[inner] = depth + 1 if inner in tree.parents else 0
    holding = set(tree.parents.values())
    for node_id, depth in depths.items():
        if depth == MOST_NESTED and node_id in holding:
            message = f"“{node_id}” stands in {MOST_NESTED} containers; it cannot hold nodes too."
            problems.add("too-deep", message, node=node_id, field="parent", hint="Use fewer containers.")
        elif depth > MOST_NESTED:
            tree.dropped.add(node_id)
            del tree.parents[node_id]


def _break_circle(circle: list[str], tree: Tree, problems: Problems) -> None:
    shown = [*circle, circle[0]] if len(circle) <= 10 else [*circle[:9], "…", circle[0]]
    problems.add(
        "container-in-itself",
        f"These containers stand in each other: {' in '.join(shown)}."
        if len(circle) > 1
        else f"“{circle[0]}” stands in itself.",
        node=circle[0],
        field="parent",
        hint="Take one of them out.",
    )
    for node_id in circle:
        tree.dropped.add(node_id)
        del tree.parents[node_id]
