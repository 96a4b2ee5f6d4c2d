"""Edits: every operation that applies can be taken back exactly, in any order and mixture."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph import Document, Edge, Node, Policy, Position, Size, Trigger
from workbench.errors import Invalid
from workbench.services import edits
from workbench.services.edits import (
    OPERATION,
    Add,
    Batch,
    Configure,
    Connect,
    Describe,
    Move,
    Operation,
    Remove,
    Rename,
    Replace,
)

IDS = ["a", "b", "c", "d", "e"]


def diamond() -> Document:
    """a → b → d, a → c → d, where d reads b and the outputs read d."""
    return Document(
        name="Diamond",
        outputs={"result": "{{ nodes.d.output }}"},
        nodes=[
            Node(id="a", type="input"),
            Node(id="b", type="transform", config={"value": "{{ nodes.a.output.x }}"}),
            Node(id="c", type="transform", config={"value": {"deep": ["{{ nodes['a'].output }}"]}}),
            Node(id="d", type="transform", config={"value": "{{ nodes.b.output ~ nodes.c.output }}"}),
        ],
        edges=[
            Edge(source="a", target="b"),
            Edge(source="a", target="c"),
            Edge(source="b", target="d"),
            Edge(source="c", target="d"),
        ],
    )


def there_and_back(document: Document, operation: Operation) -> Document:
    """Return `document` after `operation`, having seen that its inverse, stored and read, takes it back."""
    before = document.model_copy(deep=True)
    after, inverse = edits.apply(document, operation)
    stored = OPERATION.validate_python(inverse.model_dump(mode="json"))
    back, _ = edits.apply(after, stored)
    assert back == before
    assert back.content_hash() == before.content_hash()
    assert document == before, "the argument was changed"
    return after


def ids(document: Document) -> list[str]:
    return [node.id for node in document.nodes]


def test_adding_puts_nodes_and_edges_at_the_end() -> None:
    new = Add(nodes=(Node(id="e", type="output"),), edges=(Edge(source="d", target="e"),))
    after = there_and_back(diamond(), new)
    assert ids(after) == ["a", "b", "c", "d", "e"]
    assert after.edges[-1] == Edge(source="d", target="e")


def test_removing_a_node_takes_its_edges_along_and_undo_puts_all_back_in_place() -> None:
    after = there_and_back(diamond(), Remove(nodes=("b",)))
    assert ids(after) == ["a", "c", "d"]
    assert [(edge.source, edge.target) for edge in after.edges] == [("a", "c"), ("c", "d")]


def test_removing_a_container_takes_its_inside_along() -> None:
    document = diamond()
    document.nodes += [
        Node(id="inner", type="note", parent="b"),
        Node(id="innermost", type="note", parent="inner"),
    ]
    assert ids(there_and_back(document, Remove(nodes=("b",)))) == ["a", "c", "d"]


def test_removing_an_edge_leaves_its_nodes() -> None:
    after = there_and_back(diamond(), Remove(edges=(Edge(source="a", target="c"),)))
    assert (len(after.nodes), len(after.edges)) == (4, 3)


def test_moving_changes_positions_only() -> None:
    after = there_and_back(diamond(), Move(positions={"a": Position(x=5, y=6), "d": Position(x=1)}))
    assert after.nodes[0].position == Position(x=5, y=6)
    assert after.nodes[1] == diamond().nodes[1]


def nested() -> Document:
    """first → each (a → b, where each holds inner, which holds c), and last apart."""
    return Document(
        name="Nested",
        nodes=[
            Node(id="first", type="transform"),
            Node(id="each", type="map"),
            Node(id="a", type="transform", parent="each"),
            Node(id="b", type="transform", parent="each", config={"value": "{{ nodes.each.item }}"}),
            Node(id="inner", type="loop", parent="each"),
            Node(id="c", type="transform", parent="inner", config={"value": "{{ nodes.each.index }}"}),
            Node(id="last", type="transform"),
        ],
        edges=[Edge(source="first", target="each"), Edge(source="a", target="b")],
    )


def parents(document: Document) -> dict[str, str | None]:
    return {node.id: node.parent for node in document.nodes if node.parent}


def test_a_node_is_added_into_a_container() -> None:
    after = there_and_back(nested(), Add(nodes=(Node(id="d", type="note", parent="inner"),)))
    assert parents(after)["d"] == "inner"


def test_moving_a_node_out_removes_the_edges_that_would_cross_the_border() -> None:
    place = Position(x=7)
    after = there_and_back(nested(), Move(positions={"b": place}, parents={"b": None}))
    assert (after.nodes[3].parent, after.nodes[3].position) == (None, place)
    assert after.edges == [Edge(source="first", target="each")]


def test_a_container_is_pulled_larger_and_undo_gives_it_its_own_size_back() -> None:
    after = there_and_back(nested(), Move(sizes={"each": Size(width=900, height=400)}))
    assert next(node for node in after.nodes if node.id == "each").size == Size(width=900, height=400)


def test_moving_nodes_together_keeps_the_edges_between_them() -> None:
    after = there_and_back(nested(), Move(parents={"a": None, "b": None}))
    assert Edge(source="a", target="b") in after.edges


def test_a_container_moves_with_its_body() -> None:
    after = there_and_back(nested(), Move(parents={"inner": None}))
    assert parents(after) == {"a": "each", "b": "each", "c": "inner"}


def test_a_container_cannot_be_moved_into_its_own_body() -> None:
    with pytest.raises(Invalid, match="'each' cannot stand inside itself"):
        edits.apply(nested(), Move(parents={"each": "inner"}))


def test_deleting_a_container_takes_the_bodies_in_it_along_and_undo_brings_all_back() -> None:
    after = there_and_back(nested(), Remove(nodes=("each",)))
    assert (ids(after), after.edges) == (["first", "last"], [])


def test_renaming_a_container_renames_it_for_its_body_too() -> None:
    after = there_and_back(nested(), Rename(id="each", new_id="every"))
    assert parents(after) == {"a": "every", "b": "every", "inner": "every", "c": "inner"}
    assert [after.nodes[place].config["value"] for place in (3, 5)] == [
        "{{ nodes.every.item }}",
        "{{ nodes.every.index }}",
    ]


def test_an_edge_across_the_border_of_a_container_is_refused() -> None:
    for source, target in (("first", "a"), ("a", "last"), ("a", "c")):
        with pytest.raises(Invalid, match="would cross the border of a container"):
            edits.apply(nested(), Connect(edge=Edge(source=source, target=target)))


def test_configuring_replaces_what_is_given_and_leaves_the_rest() -> None:
    after = there_and_back(diamond(), Configure(id="b", title="Pick", policy=Policy(on_error="continue")))
    assert (after.nodes[1].title, after.nodes[1].policy.on_error) == ("Pick", "continue")
    assert after.nodes[1].config == diamond().nodes[1].config


def test_describing_replaces_what_is_given() -> None:
    after = there_and_back(diamond(), Describe(name="New", outputs={}))
    assert (after.name, after.outputs, after.inputs) == ("New", {}, diamond().inputs)


def test_triggers_are_replaced_together() -> None:
    trigger = Trigger(id="hook", type="webhook")
    assert there_and_back(diamond(), Describe(triggers=(trigger,))).triggers == [trigger]


def test_replacing_puts_the_whole_document_in_place() -> None:
    assert there_and_back(diamond(), Replace(document=Document(name="Other"))) == Document(name="Other")


def test_renaming_rewrites_edges_and_references_everywhere() -> None:
    after = there_and_back(diamond(), Rename(id="a", new_id="start"))
    assert ids(after) == ["start", "b", "c", "d"]
    assert {edge.source for edge in after.edges} == {"start", "b", "c"}
    assert after.nodes[1].config == {"value": "{{ nodes.start.output.x }}"}
    assert after.nodes[2].config == {"value": {"deep": ["{{ nodes['start'].output }}"]}}
    assert there_and_back(diamond(), Rename(id="d", new_id="end")).outputs == {
        "result": "{{ nodes.end.output }}"
    }


def test_renaming_is_taken_back_exactly_though_the_new_name_was_referred_to_before() -> None:
    document = diamond()
    document.nodes[3].config = {"value": "{{ nodes.start.output }} {{ nodes.a.output }}"}
    after = there_and_back(document, Rename(id="a", new_id="start"))
    assert after.nodes[3].config == {"value": "{{ nodes.start.output }} {{ nodes.start.output }}"}


def test_a_batch_is_one_step() -> None:
    batch = Batch(
        operations=(
            Add(nodes=(Node(id="e", type="note"),)),
            Connect(edge=Edge(source="d", target="e")),
            Rename(id="e", new_id="f"),
            Remove(nodes=("a",)),
        )
    )
    assert ids(there_and_back(diamond(), batch)) == ["b", "c", "d", "f"]


@pytest.mark.parametrize(
    ("operation", "node"),
    [
        (Add(nodes=(Node(id="a", type="note"),)), "a"),
        (Add(nodes=(Node(id="n", type="note"), Node(id="n", type="note"))), "n"),
        (Add(edges=(Edge(source="a", target="nowhere"),)), "nowhere"),
        (Connect(edge=Edge(source="a", target="b")), "b"),
        (Remove(nodes=("nobody",)), "nobody"),
        (Remove(edges=(Edge(source="a", target="d"),)), "d"),
        (Move(positions={"nobody": Position()}), "nobody"),
        (Move(parents={"a": "nobody"}), "nobody"),
        (Add(nodes=(Node(id="e", type="note", parent="nobody"),)), "e"),
        (Add(nodes=(Node(id="e", type="map", parent="e"),)), "e"),
        (Configure(id="nobody", title="x"), "nobody"),
        (Rename(id="nobody", new_id="x"), "nobody"),
        (Rename(id="a", new_id="b"), "b"),
        (Batch(operations=(Remove(nodes=("a",)), Configure(id="a", title="x"))), "a"),
    ],
)
def test_what_does_not_apply_is_refused_with_the_nodes_name(operation: Operation, node: str) -> None:
    with pytest.raises(Invalid) as refusal:
        edits.apply(diamond(), operation)
    assert [problem.node for problem in refusal.value.problems] == [node]


def test_an_operation_with_an_unknown_field_or_name_is_not_read() -> None:
    for wrong in (
        {"op": "explode"},
        {"op": "move", "positions": {}, "fast": True},
        {"op": "rename", "id": "a"},
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - pydantic's own
            OPERATION.validate_python(wrong)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("Fetch the feed!", "fetch_the_feed"),
        ("a", "a_2"),
        ("", "node"),
        ("!!!", "node"),
        ("2nd try", "n_2nd_try"),
        ("Ünïcode", "n_code"),
        ("x" * 100, "x" * 56),
    ],
)
def test_a_free_id_is_made_from_a_title(base: str, expected: str) -> None:
    free = edits.free_id(diamond(), base)
    assert free == expected
    assert Node(id=free, type="note").id not in ids(diamond())


def test_free_ids_count_on() -> None:
    document = Document(
        name="D", nodes=[Node(id=name, type="note") for name in ("fetch", "fetch_2", "fetch_3")]
    )
    assert edits.free_id(document, "fetch") == "fetch_4"
    assert edits.free_id(document, "fetch_2") == "fetch_4"


def references(target: str) -> str:
    live = f"{{{{ nodes.{target}.output }}}} {{{{ nodes['{target}'].status }}}}"
    return f"{live} nodes.{target} {{{{ 'nodes.{target}' }}}}"


node_ids = st.sampled_from(IDS)
configs = st.fixed_dictionaries({"value": st.one_of(st.integers(), node_ids.map(references))})
positions = st.builds(Position, x=st.integers(-99, 99).map(float), y=st.integers(-99, 99).map(float))
containers = st.none() | node_ids
nodes = st.builds(
    Node,
    id=node_ids,
    type=st.just("transform"),
    config=configs,
    position=positions,
    parent=containers,
)
edges = st.builds(Edge, source=node_ids, target=node_ids, source_port=st.sampled_from(["out", "error"]))
simple: st.SearchStrategy[Any] = st.one_of(
    st.builds(
        Add, nodes=st.lists(nodes, max_size=2).map(tuple), edges=st.lists(edges, max_size=2).map(tuple)
    ),
    st.builds(
        Remove, nodes=st.lists(node_ids, max_size=2).map(tuple), edges=st.lists(edges, max_size=1).map(tuple)
    ),
    st.builds(Connect, edge=edges),
    st.builds(
        Move,
        positions=st.dictionaries(node_ids, positions, max_size=3),
        parents=st.dictionaries(node_ids, containers, max_size=2),
    ),
    st.builds(Configure, id=node_ids, title=st.none() | st.just("T"), config=st.none() | configs),
    st.builds(Rename, id=node_ids, new_id=node_ids),
    st.builds(Describe, name=st.none() | st.just("N"), outputs=st.none() | st.just({"x": references("a")})),
)
operations = st.one_of(simple, st.builds(Batch, operations=st.lists(simple, max_size=3).map(tuple)))


@given(st.lists(operations, max_size=12))
@settings(deadline=None, max_examples=200)
def test_any_history_of_edits_can_be_undone_to_the_beginning(history: list[Operation]) -> None:
    document, undo, states = diamond(), [], [diamond()]
    for operation in history:
        try:
            document, inverse = edits.apply(document, operation)
        except Invalid:
            continue
        undo.append(inverse)
        states.append(document)
    while undo:
        assert document == states.pop()
        document, _ = edits.apply(document, undo.pop())
    assert document == diamond()


def switch(*names: str, port: str = "a") -> Document:
    """Return a switch with cases of these names, and an edge that leaves it by `port`."""
    cases = [{"name": name, "when": "{{ true }}"} for name in names]
    nodes = [Node(id="way", type="switch", config={"cases": cases}), Node(id="end", type="transform")]
    return Document(name="Way", nodes=nodes, edges=[Edge(source="way", source_port=port, target="end")])


@pytest.mark.parametrize(
    ("before", "after", "port"),
    [
        (switch("a", "b"), switch("c", "b"), "c"),
        (switch("a", "b"), switch("b", "a"), "a"),
        (switch("a", "b"), switch("b"), "a"),
        (switch("a", "b", port="c"), switch("c", "b"), "c"),
        (switch("a", "b", port="default"), switch("c", "b"), "default"),
    ],
)
def test_renaming_a_case_moves_the_edges_that_leave_by_it(
    before: Document, after: Document, port: str
) -> None:
    changed = there_and_back(before, Configure(id="way", config=after.nodes[0].config))
    assert [edge.source_port for edge in changed.edges] == [port]


def test_a_renamed_node_goes_on_undoing_the_other() -> None:
    after = there_and_back(
        diamond().model_copy(
            update={
                "nodes": [
                    node.model_copy(update={"policy": Policy(compensate="d")}) if node.id == "a" else node
                    for node in diamond().nodes
                ]
            }
        ),
        Rename(id="d", new_id="undo"),
    )
    assert after.nodes[0].policy.compensate == "undo"
