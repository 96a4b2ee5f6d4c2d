"""Where nodes are drawn that nobody has put anywhere: from left to right, as their edges go.

A document that was written by hand or by a program often names no places, and all of its nodes would lie on
one heap. What is drawn here is not stored; the canvas stores it with the first node that somebody moves.
The measures are the canvas's own (`components/canvas/metrics.js`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from engine.graph import Document, Node, Position

WIDTH, HEIGHT, GAP, BELOW = 260, 176, 80, 40
HEAD, LEFT, RIGHT, FOOT = 84, 24, 64, 44
LEAST = (400.0, 208.0)
NOWHERE = Position()

Size = tuple[float, float]


def placed(document: Document, edges: Iterable[tuple[str, str]]) -> dict[str, Position]:
    """Return places for the nodes that have none; `edges` are the drawn and the implied, as (source, target).

    Nodes have none that stand at the origin with another one, or there in a container, under its head.
    """
    homes: dict[str, list[Node]] = defaultdict(list)
    for node in document.nodes:
        homes[node.parent or ""].append(node)
    heaps = {home: heap for home, nodes in homes.items() if (heap := _heap(home, nodes))}
    if not heaps:
        return {}
    parents = {node.id: node.parent or "" for node in document.nodes}
    before = _before(edges, parents)
    found: dict[str, Position] = {}
    sizes: dict[str, Size] = {}
    for home in _inside_out(homes, parents):
        places, sizes[home] = _laid(home, homes[home], before, sizes)
        found.update({name: places[name] for name in heaps.get(home, ())})
    return found


def _heap(home: str, nodes: list[Node]) -> list[str]:
    heap = [node.id for node in nodes if node.position == NOWHERE]
    return heap if home or len(heap) > 1 else []


def _inside_out(homes: Mapping[str, list[Node]], parents: Mapping[str, str]) -> list[str]:
    """Return the containers, "" for the canvas, each before the one in which it stands."""
    return sorted(homes, key=lambda home: -_depth(home, parents))


def _depth(home: str, parents: Mapping[str, str]) -> int:
    return len(_way_up(home, parents))


def _way_up(name: str, parents: Mapping[str, str]) -> list[str]:
    """Return a node and the containers around it, the innermost first; circles end."""
    way: dict[str, None] = {}
    while name and name not in way:
        way[name] = None
        name = parents.get(name, "")
    return list(way)


def _before(edges: Iterable[tuple[str, str]], parents: Mapping[str, str]) -> dict[str, set[str]]:
    """Return who comes right before whom in the same body; an edge into another body is its container's."""
    before: dict[str, set[str]] = defaultdict(set)
    for source, target in edges:
        beside = {parents.get(name, ""): name for name in _way_up(source, parents)}
        for name in _way_up(target, parents):
            if other := beside.get(parents.get(name, "")):
                before[name].update({other} - {name})
                break
    return before


def _laid(
    home: str, nodes: list[Node], before: Mapping[str, set[str]], sizes: Mapping[str, Size]
) -> tuple[dict[str, Position], Size]:
    """Return the places of a body's nodes, column by column, and the size of the frame that holds it."""
    columns: dict[int, list[str]] = defaultdict(list)
    for name, column in _columns([node.id for node in nodes], before).items():
        columns[column].append(name)
    x = left = LEFT if home else 0.0
    top = HEAD if home else 0.0
    places: dict[str, Position] = {}
    lowest = top
    for column in sorted(columns):
        y, widest = top, 0.0
        for name in columns[column]:
            width, height = sizes.get(name, (WIDTH, HEIGHT))
            places[name] = Position(x=x, y=y)
            y, widest = y + height + BELOW, max(widest, width)
        lowest, left, x = max(lowest, y - BELOW), x + widest, x + widest + GAP
    return places, (max(LEAST[0], left + RIGHT), max(LEAST[1], lowest + FOOT))


def _columns(names: list[str], before: Mapping[str, set[str]]) -> dict[str, int]:
    """Return how many nodes come before each at most; circles, which the check names, are let go."""
    column = dict.fromkeys(names, 0)
    open_ = {name: len(before.get(name, set()) & column.keys()) for name in names}
    after: dict[str, list[str]] = defaultdict(list)
    for name in names:
        for other in before.get(name, ()):
            after[other].append(name)
    ready = [name for name in names if not open_[name]]
    for name in ready:  # it grows while it is walked
        for other in after[name]:
            column[other] = max(column[other], column[name] + 1)
            open_[other] -= 1
            if not open_[other]:
                ready.append(other)
    return column
