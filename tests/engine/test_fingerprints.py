"""Fingerprints: what changes one, what does not, and how far a change reaches."""

import re
from typing import Any

import pytest

from engine import compiler
from engine.contracts import NodeRecord
from engine.fingerprints import Dependencies, fingerprints, of_value
from engine.graph import Document, Edge, Node, Policy, Position, Retry

INPUTS = {"url": "https://a.example", "page": 1, "unused": 1}


def node(node_id: str, type: str = "transform", **more: Any) -> Node:
    return Node(id=node_id, type=type, **more)


def document() -> Document:
    """`fetch` reads an input, `title` reads `fetch`, `last` only stands behind `title`; `other` is apart."""
    return Document(
        name="Pages",
        nodes=[
            node("start", "input"),
            node("fetch", "http", config={"url": "{{ inputs.url }}"}),
            node("title", config={"value": "{{ nodes.fetch.output.title }}"}),
            node("last", config={"value": 1}),
            node("other", config={"value": "{{ nodes.start.output.page }}"}),
            node("words", "note", config={"text": "Hello"}),
        ],
        edges=[
            Edge(source="start", target="fetch"),
            Edge(source="title", target="last"),
            Edge(source="start", target="other"),
        ],
    )


def changed(
    after: Document | None = None, inputs: dict[str, Any] | None = None, **given: NodeRecord
) -> set[str]:
    """Return the nodes whose fingerprint another document, other inputs or given values change."""
    before = fingerprints(document(), INPUTS)
    values = {name: of_value(record) for name, record in given.items()}
    now = fingerprints(after or document(), INPUTS if inputs is None else inputs, values)
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def with_node(node_id: str, **changes: Any) -> Document:
    whole = document()
    nodes = [one.model_copy(update=changes) if one.id == node_id else one for one in whole.nodes]
    return whole.model_copy(update={"nodes": nodes})


def test_every_node_that_is_executed_has_one() -> None:
    found = fingerprints(document(), INPUTS)
    assert found.keys() == {"start", "fetch", "title", "last", "other"}
    assert len(set(found.values())) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"url": "https://b.example"}},
        {"config": {"url": "{{ inputs.url }}", "method": "POST"}},
        {"type_version": 2},
        {"type": "transform"},
    ],
    ids=str,
)
def test_a_change_of_settings_or_type_reaches_what_follows(change: dict[str, Any]) -> None:
    assert changed(with_node("fetch", **change)) == {"fetch", "title", "last"}


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Fetch the page"},
        {"position": Position(x=10, y=20)},
        {"policy": Policy(retry=Retry(attempts=3), timeout_s=5)},
        {"policy": Policy(cache=False)},
    ],
    ids=str,
)
def test_what_a_node_is_called_and_how_patient_it_is_changes_nothing(change: dict[str, Any]) -> None:
    assert changed(with_node("fetch", **change)) == set()


def test_the_name_of_the_workflow_and_its_notes_change_nothing() -> None:
    renamed = with_node("words", config={"text": "Goodbye"}).model_copy(update={"name": "Other"})
    assert changed(renamed) == set()


def test_the_order_of_the_nodes_and_of_their_settings_changes_nothing() -> None:
    whole = document()
    assert changed(whole.model_copy(update={"nodes": whole.nodes[::-1]})) == set()
    both = [{"url": "https://a", "method": "GET"}, {"method": "GET", "url": "https://a"}]
    first, second = (fingerprints(with_node("fetch", config=config), INPUTS) for config in both)
    assert first == second


def test_an_input_reaches_the_nodes_that_read_it_and_no_others() -> None:
    assert changed(inputs={**INPUTS, "url": "https://b.example"}) == {"start", "fetch", "title", "last"}
    assert changed(inputs={**INPUTS, "page": 2}) == {"start", "other"}
    assert changed(inputs={**INPUTS, "unused": 2}) == {"start"}


def test_a_missing_input_is_not_an_empty_one() -> None:
    missing = fingerprints(document(), {})
    assert missing["fetch"] != fingerprints(document(), {"url": None})["fetch"]


def test_all_inputs_count_where_all_are_read() -> None:
    whole = with_node("other", config={"value": "{{ inputs }}"})
    before, after = (fingerprints(whole, {**INPUTS, "unused": n}) for n in (1, 2))
    assert before["other"] != after["other"]


def test_a_merge_reads_the_inputs_that_are_drawn_to_it() -> None:
    whole = with_node("other", type="merge", config={})
    before, after = (fingerprints(whole, {**INPUTS, "unused": n}) for n in (1, 2))
    assert before["other"] != after["other"]


def test_an_edge_and_the_port_it_leaves_by_count() -> None:
    whole = document()
    cut = whole.model_copy(update={"edges": [edge for edge in whole.edges if edge.target != "last"]})
    assert changed(cut) == {"last"}
    moved = [
        edge.model_copy(update={"source_port": "error"}) for edge in whole.edges if edge.target == "last"
    ]
    assert changed(cut.model_copy(update={"edges": [*cut.edges, *moved]})) == {"last"}


def test_a_node_that_undoes_another_stands_beside_the_flow() -> None:
    whole = with_node("fetch", policy=Policy(compensate="last"))
    assert "last" not in fingerprints(whole, INPUTS)


def test_a_given_value_stands_for_the_node() -> None:
    pinned = NodeRecord(node_id="fetch", status="succeeded", ports=("out",), output={"title": "Pinned"})
    assert changed(fetch=pinned) == {"fetch", "title", "last"}
    elsewhere = with_node("fetch", config={"url": "https://b.example"})
    values = {"fetch": of_value(pinned)}
    first, second = (fingerprints(whole, INPUTS, values) for whole in (document(), elsewhere))
    assert first == second  # whatever the node's settings are, the value is what it is
    other = pinned.model_copy(update={"output": {"title": "Other"}})
    values = {"fetch": of_value(other)}
    assert fingerprints(document(), INPUTS, values)["title"] != first["title"]


def test_nodes_in_a_circle_and_behind_it_have_none() -> None:
    whole = document()
    edges = [*whole.edges, Edge(source="last", target="title")]
    assert fingerprints(whole.model_copy(update={"edges": edges}), INPUTS).keys() == {
        "start",
        "fetch",
        "other",
    }


def container(value: str = "{{ item }}", text: str = "note") -> Document:
    return Document(
        name="Each",
        nodes=[
            node("rate", "http", config={"url": "{{ inputs.url }}"}),
            node("each", "map", config={"items": "{{ inputs.rows }}"}),
            node("one", parent="each", config={"value": value}),
            node("two", parent="each", config={"value": "{{ nodes.one.output * nodes.rate.output }}"}),
            node("words", "note", parent="each", config={"text": text}),
            node("after", config={"value": "{{ nodes.each.output.results }}"}),
        ],
        edges=[Edge(source="one", target="two")],
    )


def test_a_container_includes_its_body() -> None:
    before, after = (fingerprints(container(value), INPUTS) for value in ("{{ item }}", "{{ index }}"))
    assert {name for name in before if before[name] != after[name]} == {"one", "two", "each", "after"}
    assert fingerprints(container(text="other"), INPUTS) == before


def test_what_a_body_reads_outside_reaches_the_container() -> None:
    before, after = (fingerprints(container(), {"url": url}) for url in ("a", "b"))
    assert {name for name in before if before[name] != after[name]} == {"rate", "two", "each", "after"}
    assert Dependencies(container()).sources["each"] == ("rate",)


def test_a_body_may_read_its_own_pass() -> None:
    found = fingerprints(container("{{ nodes.each.item }}"), INPUTS)
    assert found.keys() == {"rate", "each", "one", "two", "after"}


def renamed(whole: Document, name: str) -> set[str]:
    """Return the nodes whose fingerprint is another when one has another id, in all that names it."""
    text = re.sub(
        rf'(nodes\.|"(?:id|source|target|parent)":"){name}\b', r"\1another", whole.model_dump_json()
    )
    before, after = fingerprints(whole, INPUTS), fingerprints(Document.model_validate_json(text), INPUTS)
    assert "another" in after
    return {one for one in before if before[one] != after["another" if one == name else one]}


@pytest.mark.parametrize("name", ["start", "fetch", "title", "other"])
def test_what_a_node_is_called_is_no_part_of_it(name: str) -> None:
    assert renamed(document(), name) == set()


@pytest.mark.parametrize("name", ["rate", "each", "one", "two"])
def test_what_a_container_and_those_in_it_are_called_is_no_part_of_it(name: str) -> None:
    assert renamed(container("{{ nodes.each.item }}"), name) == set()


def test_names_count_where_the_output_has_them() -> None:
    joined = node("joined", "merge", config={"mode": "object"})
    edges = [Edge(source=name, target="joined") for name in ("title", "other")]
    whole = document().model_copy(update={"nodes": [*document().nodes, joined], "edges": edges})
    assert renamed(whole, "title") == {"joined"}
    two_ends = container()
    two_ends.nodes[3] = node("two", parent="each", config={"value": 1})
    assert renamed(two_ends.model_copy(update={"edges": []}), "two") == {"each", "after"}


def test_which_of_two_nodes_is_read_where_is_told() -> None:
    texts = ("{{ nodes.fetch.output ~ nodes.other.output }}", "{{ nodes.other.output ~ nodes.fetch.output }}")
    before, after = (fingerprints(with_node("last", config={"value": text}), INPUTS) for text in texts)
    assert {name for name in before if before[name] != after[name]} == {"last"}


def chain() -> Document:
    return Document(
        name="Chain",
        inputs={"type": "object", "properties": {"n": {"type": "integer"}}},
        outputs={"end": "{{ nodes.c.output }}", "early": "{{ nodes.a.output }}"},
        nodes=[
            node("a", config={"value": "{{ inputs.n }}"}),
            node("b", config={"value": "{{ nodes.a.output + 1 }}"}),
            node("c", config={"value": "{{ nodes.b.output + 1 }}"}),
        ],
    )


def test_a_part_of_a_plan_keeps_what_runs_and_what_it_needs() -> None:
    part = compiler.part_of(compiler.compile(chain()), run={"c"}, settled={"b"})
    assert [(step.id, step.after) for step in part.steps] == [("b", ()), ("c", ("b",))]
    assert part.outputs == {"end": "{{ nodes.c.output }}"}


def test_a_part_in_which_something_is_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="c waits for b"):
        compiler.part_of(compiler.compile(chain()), run={"c"}, settled={"a"})
