"""Pieces of a document: fresh nodes, copies, and what the clipboard brings."""

from engine.graph import Document, Edge, Node, Position
from workbench.services.edits import apply
from workbench.state import fragments


def document(*nodes: Node, edges: tuple[tuple[str, str], ...] = ()) -> Document:
    return Document(
        name="A", nodes=list(nodes), edges=[Edge(source=source, target=target) for source, target in edges]
    )


def transform(name: str, value: str = "1", x: float = 0, y: float = 0) -> Node:
    return Node(id=name, type="transform", position=Position(x=x, y=y), config={"value": value})


PAIR = document(
    transform("read", x=10, y=20),
    transform("write", "{{ nodes.read.output }}", x=310, y=20),
    edges=(("read", "write"),),
)


def test_a_new_node_gets_a_free_id_its_types_title_and_its_place() -> None:
    added = fragments.new_node(document(transform("transform")), "transform", Position(x=4, y=8))
    (node,) = added.nodes
    assert (node.id, node.title, node.position) == ("transform_2", "Transform", Position(x=4, y=8))


def test_a_node_added_behind_another_is_connected_to_it() -> None:
    added = fragments.new_node(PAIR, "condition", Position(), after="write")
    assert added.edges == (Edge(source="write", target="condition"),)


def test_nothing_is_connected_to_a_node_without_ports() -> None:
    notes = document(Node(id="words", type="note"))
    assert fragments.new_node(notes, "transform", Position(), after="words").edges == ()


def test_a_duplicate_stands_beside_the_original_and_names_its_own_copy() -> None:
    grown, _ = apply(PAIR, fragments.duplicate(PAIR, ["read", "write"]))
    copy = next(node for node in grown.nodes if node.id == "write_2")
    assert copy.config == {"value": "{{ nodes.read_2.output }}"}
    assert copy.position == Position(x=342, y=52)
    assert Edge(source="read_2", target="write_2") in grown.edges


def test_a_copy_of_one_end_keeps_the_reference_but_not_the_edge() -> None:
    added = fragments.duplicate(PAIR, ["write"])
    assert added.nodes[0].config == {"value": "{{ nodes.read.output }}"}
    assert added.edges == ()


def test_names_that_shift_by_one_do_not_run_into_each_other() -> None:
    here = document(transform("step"))
    there = document(
        transform("step"), transform("step_2", "{{ nodes.step.output }}{{ nodes.step_2.output }}")
    )
    pasted = fragments.put_in(here, fragments.cut_out(there, ["step", "step_2"]), Position())
    assert [node.id for node in pasted.nodes] == ["step_2", "step_3"]
    assert pasted.nodes[1].config == {"value": "{{ nodes.step_2.output }}{{ nodes.step_3.output }}"}


EACH = Document(
    name="A",
    nodes=[
        Node(id="each", type="map", position=Position(x=100, y=50), config={"items": [1, 2]}),
        transform("step", "{{ nodes.each.index }}", x=24, y=64).model_copy(update={"parent": "each"}),
        transform("then", "{{ nodes.step.output }}", x=24, y=264).model_copy(update={"parent": "each"}),
    ],
    edges=[Edge(source="step", target="then")],
)


def test_a_copied_container_brings_its_body_which_keeps_its_places_and_names_its_own() -> None:
    added = fragments.duplicate(EACH, ["each"])
    assert [(node.id, node.parent) for node in added.nodes] == [
        ("each_2", None),
        ("step_2", "each_2"),
        ("then_2", "each_2"),
    ]
    assert [node.position for node in added.nodes] == [
        Position(x=100, y=50 + 264 + 176 + 44 + 32),
        Position(x=24, y=64),
        Position(x=24, y=264),
    ]
    assert [node.config["value"] for node in added.nodes[1:]] == [
        "{{ nodes.each_2.index }}",
        "{{ nodes.step_2.output }}",
    ]
    assert added.edges == (Edge(source="step_2", target="then_2"),)


def test_a_duplicate_of_a_step_stands_in_the_same_container() -> None:
    (node,) = fragments.duplicate(EACH, ["step"]).nodes
    assert (node.id, node.parent, node.position) == ("step_2", "each", Position(x=56, y=96))


def test_a_piece_is_pasted_into_a_container_or_out_of_it() -> None:
    piece = fragments.cut_out(EACH, ["step"])
    outside, inside = (fragments.put_in(EACH, piece, Position(), parent) for parent in (None, "each"))
    assert [added.nodes[0].parent for added in (outside, inside)] == [None, "each"]


def test_a_new_node_in_a_container_is_not_connected_to_one_outside() -> None:
    after = [
        fragments.new_node(EACH, "transform", Position(), after, "each").edges for after in ("then", "each")
    ]
    assert after == [(Edge(source="then", target="transform"),), ()]


def test_a_node_is_put_into_a_container_below_what_stands_there_and_out_beside_it() -> None:
    document = EACH.model_copy(update={"nodes": [*EACH.nodes, transform("apart")]})
    into = fragments.relocate(document, "apart", "each")
    assert (into.positions, into.parents) == ({"apart": Position(x=24, y=440)}, {"apart": "each"})
    out = fragments.relocate(document, "then", None)
    assert (out.positions, out.parents) == ({"then": Position(x=100, y=-126)}, {"then": None})


def test_instead_of_an_edge_across_a_border_there_is_a_name() -> None:
    document = EACH.model_copy(update={"nodes": [*EACH.nodes, transform("apart")]})
    assert "nodes.apart.output" in fragments.way_across(document, "apart", "step")
    assert "nodes.each.output" in fragments.way_across(document, "step", "apart")


def test_a_piece_travels_through_the_clipboard_as_text() -> None:
    text = fragments.cut_out(PAIR, ["read", "write"]).model_dump_json()
    piece = fragments.read(text)
    assert piece is not None
    assert [node.id for node in fragments.put_in(document(), piece, Position(x=0, y=0)).nodes] == [
        "read",
        "write",
    ]


def test_what_is_pasted_never_hides_what_stands_there() -> None:
    piece = fragments.cut_out(PAIR, ["read"])
    assert fragments.put_in(PAIR, piece, Position(x=10, y=20)).nodes[0].position == Position(x=42, y=52)


def test_other_text_in_the_clipboard_is_no_piece() -> None:
    assert fragments.read("hello") is None
    assert fragments.read('{"nodes": []}') is None
    assert fragments.read('{"format": "other/1", "nodes": [{"id": "a", "type": "note"}]}') is None
