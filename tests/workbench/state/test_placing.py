"""Nodes that nobody has put anywhere are drawn beside each other, in the order of their edges."""

from engine.graph import Document, Edge, Node, Position
from workbench.state.placing import placed


def document(*nodes: Node, edges: tuple[tuple[str, str], ...] = ()) -> Document:
    return Document(
        name="Heap", nodes=list(nodes), edges=[Edge(source=one, target=other) for one, other in edges]
    )


def places(found: Document) -> dict[str, tuple[float, float]]:
    drawn = placed(found, [(edge.source, edge.target) for edge in found.edges])
    return {name: (place.x, place.y) for name, place in drawn.items()}


def nodes(*names: str, parent: str | None = None) -> list[Node]:
    return [Node(id=name, type="transform", parent=parent) for name in names]


def test_a_heap_is_laid_out_from_left_to_right() -> None:
    found = places(document(*nodes("c", "a", "b"), edges=(("a", "b"), ("b", "c"))))
    assert found["a"][0] < found["b"][0] < found["c"][0]
    assert {y for _, y in found.values()} == {0}


def test_branches_stand_below_each_other() -> None:
    found = places(document(*nodes("a", "b", "c"), edges=(("a", "b"), ("a", "c"))))
    assert found["b"][0] == found["c"][0]
    assert found["c"][1] - found["b"][1] >= 176


def test_what_has_a_place_keeps_it() -> None:
    at = Node(id="b", type="transform", position=Position(x=40, y=40))
    assert places(document(*nodes("a"), at)) == {}  # a single node may well stand at the origin
    assert "b" not in places(document(*nodes("a", "c"), at))


def test_in_a_container_nothing_lies_under_its_head() -> None:
    loop = Node(id="loop", type="loop", position=Position(x=10, y=10))
    assert places(document(loop, *nodes("a", parent="loop"))) == {"a": (24, 84)}


def test_a_container_takes_the_room_that_its_body_needs() -> None:
    body = nodes("a", "b", "c", parent="loop")
    found = document(
        Node(id="loop", type="loop"), *body, *nodes("after"), edges=(("a", "b"), ("b", "c"), ("c", "after"))
    )
    drawn = places(found)
    assert drawn["after"][0] > drawn["loop"][0] + drawn["c"][0] + 260


def test_a_circle_is_drawn_too() -> None:
    found = places(document(*nodes("a", "b", "c"), edges=(("a", "b"), ("b", "a"))))
    assert len(found) == 3
