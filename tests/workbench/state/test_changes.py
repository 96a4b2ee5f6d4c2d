"""Edits in words, as the two sides of a conflict show them."""

import pytest

from engine.graph import Document, Edge, Node, Position
from workbench.services import edits
from workbench.state.changes import differences, in_words

A, B = Node(id="a", type="transform"), Node(id="b", type="transform")
EDGE = Edge(source="a", target="b")


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (edits.Add(nodes=(A,)), "Add a"),
        (edits.Add(edges=(EDGE,)), "Connect a and b"),
        (edits.Connect(edge=EDGE), "Connect a and b"),
        (edits.Remove(nodes=("a", "b")), "Delete a, b"),
        (edits.Remove(nodes=("a", "b", "c", "d", "e")), "Delete a, b, c and 2 more"),
        (edits.Remove(edges=(EDGE,)), "Disconnect a and b"),
        (edits.Move(positions={"a": Position()}), "Move a"),
        (edits.Move(sizes={"a": None}), "Resize a"),
        (edits.Configure(id="a", config={"value": 1}), "Change the settings of a"),
        (edits.Configure(id="a", title="A", config={}), "Change the title and the settings of a"),
        (edits.Rename(id="a", new_id="b"), "Rename a to b"),
        (edits.Describe(name="New"), "Change the workflow's name"),
        (edits.Replace(document=Document(name="New")), "Replace the whole workflow"),
        (edits.Batch(operations=(edits.Remove(nodes=("a",)), edits.Add(nodes=(B,)))), "Delete a; Add b"),
    ],
)
def test_an_operation_is_one_phrase(operation: edits.Operation, words: str) -> None:
    assert in_words(operation) == words


def test_what_changed_between_two_states_is_named_part_by_part() -> None:
    before = Document(name="Old", nodes=[A, B], edges=[EDGE])
    moved = A.model_copy(update={"position": Position(x=4), "config": {"value": 2}})
    after = Document(name="New", nodes=[moved, Node(id="c", type="note")])
    assert differences(before, after) == [
        "Added c",
        "Changed the connections",
        "Changed the settings and the place of a",
        "Changed the workflow's name",
        "Deleted b",
    ]


def test_a_long_list_of_differences_ends_with_a_count() -> None:
    after = Document(name="A", nodes=[Node(id=f"n{number}", type="note") for number in range(20)])
    assert differences(Document(name="A"), after)[-1] == "and 8 more"
