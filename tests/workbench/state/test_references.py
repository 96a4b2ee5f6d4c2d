"""What the inspector offers to insert: the inputs, and only nodes that can have run before."""

from engine.graph import Document, Edge, Node
from workbench.state.references import references_for, sources_of


def transform(name: str, value: str = "1") -> Node:
    return Node(id=name, type="transform", title=name.title(), config={"value": value})


def offered(document: Document, node: str) -> list[str]:
    return [reference.path for reference in references_for(document, node)]


LINE = Document(
    name="A",
    inputs={"type": "object", "properties": {"url": {"type": "string", "title": "Address"}}},
    nodes=[
        Node(id="start", type="input"),
        transform("apart"),
        transform("first"),
        transform("second"),
        transform("third", "{{ nodes.second.output }}"),
        Node(id="words", type="note"),
    ],
    edges=[Edge(source="start", target="first"), Edge(source="first", target="second")],
)


def paths(node: str) -> list[str]:
    return [reference.path for reference in references_for(LINE, node)]


def test_inputs_come_first_then_its_own_sources_then_what_stands_apart() -> None:
    assert paths("second") == ["inputs.url", "nodes.first.output", "nodes.apart.output"]


def test_what_depends_on_the_node_is_not_offered_also_when_only_an_expression_says_so() -> None:
    assert "nodes.third.output" not in paths("first")
    assert "nodes.second.output" in paths("third")


def test_a_reference_carries_its_title() -> None:
    titles = {reference.path: reference.title for reference in references_for(LINE, "second")}
    assert titles["inputs.url"] == "Address"
    assert titles["nodes.first.output"] == "First"


NEST = Document(
    name="A",
    nodes=[
        transform("before"),
        Node(id="each", type="map", title="Each order", config={"items": "{{ nodes.before.output }}"}),
        Node(id="ask", type="transform", parent="each"),
        Node(id="again", type="loop", parent="each"),
        Node(id="deep", type="transform", parent="again", config={"value": "{{ nodes.ask.output }}"}),
        transform("after", "{{ nodes.each.output }}"),
    ],
)


def test_in_a_container_its_pass_comes_first_and_what_waits_for_the_container_is_not_offered() -> None:
    assert offered(NEST, "ask") == ["item", "index", "nodes.before.output"]


def test_deeper_inside_the_passes_around_are_offered_by_their_container() -> None:
    assert offered(NEST, "deep") == [
        "index", "last", "nodes.each.item", "nodes.each.index", "nodes.before.output", "nodes.ask.output"
    ]  # fmt: skip


def test_a_container_is_offered_what_stands_in_it_for_the_end_of_a_pass() -> None:
    assert offered(NEST, "each") == [
        "item", "index", "result", "nodes.before.output", "nodes.ask.output", "nodes.again.output"
    ]  # fmt: skip


def test_outside_nothing_in_a_container_is_offered() -> None:
    assert offered(NEST, "after") == ["nodes.before.output", "nodes.each.output"]


def test_a_circle_of_containers_is_not_followed_for_ever() -> None:
    circle = [Node(id="a", type="loop", parent="b"), Node(id="b", type="loop", parent="a")]
    assert "nodes.b.index" in offered(Document(name="A", nodes=circle), "a")


def test_a_reference_out_of_a_container_is_a_source_of_its_reader() -> None:
    inner = Node(id="inner", type="transform", parent="each", config={"value": "{{ nodes.before.output }}"})
    document = NEST.model_copy(update={"nodes": [*NEST.nodes, inner]})
    assert sources_of(document, "inner") == ["before"]
