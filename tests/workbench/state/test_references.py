"""What the inspector offers to insert: the inputs, and only nodes that can have run before."""

from engine.graph import Document, Edge, Node
from workbench.state.references import references_for


def transform(name: str, value: str = "1") -> Node:
    return Node(id=name, type="transform", title=name.title(), config={"value": value})


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
