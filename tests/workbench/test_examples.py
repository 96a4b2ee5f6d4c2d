"""The shipped examples are documents without problems, laid out tidily, each with sample input and a note."""

from itertools import combinations
from pathlib import Path

import pytest

from engine import compiler
from engine.graph import Document, Node
from engine.nodes import NODE_TYPES
from workbench.services.inputs import check

FOLDER = Path(__file__).parents[2] / "workbench/examples"
FILES = sorted(FOLDER.glob("*.json"))
COLUMN, HEIGHT = 320, 150
"""A node is 260 pixels wide and up to 150 high; columns are 320 apart."""

EXAMPLES = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def document(file: Path) -> Document:
    found, problems = compiler.parse(file.read_bytes())
    assert found, problems
    return found


def test_there_are_enough_to_choose_from() -> None:
    assert len(FILES) >= 6
    assert {"hello", "feed-report"} <= {file.stem for file in FILES}


@EXAMPLES
def test_it_has_no_problems(file: Path) -> None:
    assert compiler.check(document(file)) == ()


@EXAMPLES
def test_it_brings_sample_input_for_every_required_input(file: Path) -> None:
    inputs = document(file).inputs
    sample = inputs["examples"][0]
    assert set(inputs["required"]) <= set(sample) <= set(inputs["properties"])


@EXAMPLES
def test_its_sample_input_is_accepted_for_a_run(file: Path) -> None:
    inputs = document(file).inputs
    assert check(inputs, inputs["examples"][0]) == ()


@EXAMPLES
def test_every_input_is_labelled_for_the_run_form(file: Path) -> None:
    assert all("title" in part for part in document(file).inputs["properties"].values())


@EXAMPLES
def test_it_explains_itself(file: Path) -> None:
    example = document(file)
    notes = [node.config["text"] for node in example.nodes if node.type == "note"]
    assert example.description
    assert any(len(text) > 40 for text in notes)


@EXAMPLES
def test_every_step_has_a_title(file: Path) -> None:
    assert all(node.title for node in document(file).nodes)


@EXAMPLES
def test_no_node_covers_another(file: Path) -> None:
    nodes = document(file).nodes
    for one, other in combinations(nodes, 2):
        if one.parent == other.parent:
            left, right = sorted((one, other), key=lambda node: node.position.x)
            upper, lower = sorted((one, other), key=lambda node: node.position.y)
            apart = right.position.x - left.position.x >= extent(left, nodes)[0]
            assert apart or lower.position.y - upper.position.y >= extent(upper, nodes)[1]


def extent(node: Node, nodes: list[Node]) -> tuple[float, float]:
    """Return the room that a node needs with what stands in it: places in a container are counted from it."""
    inner = [other for other in nodes if other.parent == node.id]
    sizes = [(other.position, extent(other, nodes)) for other in inner]
    width = max((at.x + size[0] for at, size in sizes), default=COLUMN)
    return width, max((at.y + size[1] for at, size in sizes), default=HEIGHT)


@EXAMPLES
def test_every_edge_goes_to_the_right(file: Path) -> None:
    example = document(file)
    x = {node.id: node.position.x for node in example.nodes}
    assert all(x[edge.source] < x[edge.target] for edge in example.edges)


@EXAMPLES
def test_the_file_is_what_exporting_it_writes(file: Path) -> None:
    assert document(file).canonical() == file.read_text()


def test_together_they_show_every_node_type_that_runs_everywhere() -> None:
    shown = {node.type for file in FILES for node in document(file).nodes}
    needs_docker = {"python"}
    assert shown == {node_type.type for node_type in NODE_TYPES} - needs_docker
