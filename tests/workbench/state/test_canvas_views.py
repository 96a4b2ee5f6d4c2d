"""What the canvas is sent: cells and wires, small enough to be sent whole."""

from engine.graph import Document, Edge, Node, Position
from workbench.state.canvas_views import EdgeView, PortView, catalogue, graph_view, node_view


def test_a_cell_says_what_its_node_does() -> None:
    node = Node(id="fetch", type="http", position=Position(x=4, y=8), config={"url": "{{ inputs.url }}"})
    cell = node_view(node)
    assert (cell.title, cell.summary, cell.x, cell.y) == ("fetch", "GET {{ inputs.url }}", 4, 8)


def test_a_note_is_drawn_with_its_words_and_without_its_id() -> None:
    cell = node_view(Node(id="note", type="note", config={"text": "# Why\nBecause."}))
    assert (cell.title, cell.summary) == ("", "# Why\nBecause.")


def test_a_node_of_an_unknown_type_is_drawn_all_the_same() -> None:
    assert node_view(Node(id="odd", type="teleport")).summary == "Unknown node type teleport"


def test_a_reference_without_an_edge_is_an_implied_wire_one_with_an_edge_is_not() -> None:
    reads = {"value": "{{ nodes.a.output }}"}
    document = Document(
        name="A",
        nodes=[
            Node(id="a", type="transform", config={"value": 1}),
            Node(id="drawn", type="transform", config=reads),
            Node(id="implied", type="transform", config=reads),
        ],
        edges=[Edge(source="a", target="drawn")],
    )
    graph = graph_view(document, id="w", rev=3)
    assert graph.edges == [
        EdgeView("a.out>drawn.in", "a", "out", "drawn", "in"),
        EdgeView("a~implied", "a", "", "implied", "", implied=True),
    ]


def test_a_container_says_whether_it_is_empty_and_its_body_where_it_stands() -> None:
    document = Document(
        name="A",
        nodes=[
            Node(id="each", type="map"),
            Node(id="inner", type="loop", parent="each"),
            Node(id="step", type="transform"),
        ],
    )
    cells = {cell.id: cell for cell in graph_view(document, id="w", rev=1).nodes}
    assert [cells[name].empty for name in ("each", "inner", "step")] == [False, True, False]
    assert cells["inner"].parent == "each"


def test_a_reference_out_of_a_container_is_drawn_to_its_reader() -> None:
    reads = {"value": "{{ nodes.a.output }}"}
    document = Document(
        name="A",
        nodes=[
            Node(id="a", type="transform", config={"value": 1}),
            Node(id="each", type="map", config={"items": [1]}),
            Node(id="reader", type="transform", parent="each", config=reads),
        ],
    )
    assert [edge.id for edge in graph_view(document, id="w", rev=1).edges] == ["a~reader"]


def test_a_cell_has_the_ports_that_its_own_settings_make() -> None:
    cases = [{"name": "urgent", "when": "{{ inputs.urgent }}"}]
    cell = node_view(Node(id="way", type="switch", config={"cases": cases}))
    assert cell.outputs == [PortView("urgent", "urgent"), PortView("default", "Default")]
    assert node_view(Node(id="c", type="condition")).outputs == []


def test_every_node_type_is_in_the_palette_with_its_ports() -> None:
    types = catalogue()
    assert [port["name"] for port in types["condition"]["outputs"]] == ["true", "false"]
    assert types["note"]["inputs"] == []
