"""The inspector's form: each node type gets one, and what is typed comes back as the value that was meant."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine import nodes
from engine.graph import Document, Edge, Node
from workbench.state.form_fields import NodeField
from workbench.state.inspector_views import node_form
from workbench.state.node_form import (
    ANY,
    as_text,
    config_fields,
    from_input,
    grouped,
    with_field,
)
from workbench.state.policy_form import policy_fields
from workbench.state.views import Choice, ProblemView

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def http(**config: Any) -> Node:
    return Node(id="fetch", type="http", config=config)


def field(node: Node, name: str, *problems: ProblemView) -> NodeField:
    kind = nodes.get(node.type)
    found = {
        one.path: one for one in (*config_fields(node, kind, problems), *policy_fields(node, kind, problems))
    }
    return found[name]


@pytest.mark.parametrize("kind", nodes.NODE_TYPES, ids=lambda kind: kind.type)
def test_every_node_type_has_a_field_with_a_known_widget_for_each_setting(kind: nodes.NodeType) -> None:
    fields = config_fields(Node(id="one", type=kind.type), kind, ())
    known = {
        "people",
        "options",
        "hours",
        "expression",
        "code",
        "python",
        "text",
        "markdown",
        "json",
        "keyvalue",
        "cases",
        "workflow",
        "version",
        "select",
        "number",
        "switch",
    }
    assert [one.path for one in fields] == [f"config.{name}" for name in kind.config.model_fields]
    assert {one.widget for one in fields} <= known


def test_a_choice_is_read_in_words_and_stored_as_it_is() -> None:
    format_ = field(Node(id="one", type="transform", config={"value": 1}), "config.format")
    assert [(one.value, one.label) for one in format_.options][:2] == [("json", "JSON"), ("text", "Text")]


def test_a_stored_value_that_is_no_choice_is_shown_as_it_is() -> None:
    node = Node(id="one", type="transform", config={"value": 1, "format": "xml"})
    format_ = field(node, "config.format")
    assert (format_.text, format_.options[-1].value) == ("xml", "xml")


def test_cases_are_rows_in_their_order_and_come_back_as_cases() -> None:
    cases = [{"name": "b", "when": "{{ 1 }}"}, {"name": "a", "when": ""}]
    way = Node(id="way", type="switch", config={"cases": cases})
    rows = field(way, "config.cases").pairs
    assert [(row.key, row.value) for row in rows] == [("b", "{{ 1 }}"), ("a", "")]
    typed = [{"key": row.key, "value": row.value} for row in rows]
    assert with_field(way, nodes.get("switch"), "config.cases", typed) == {"config": {"cases": cases}}


def test_cases_that_are_something_else_are_edited_as_json() -> None:
    for cases in (3, ["a"], [{"name": 1}], [{"name": "a", "more": "b"}]):
        shown = field(Node(id="way", type="switch", config={"cases": cases}), "config.cases")
        assert (shown.widget, shown.pairs) == ("json", [])


def test_a_setting_that_is_not_set_shows_its_default() -> None:
    assert field(http(), "config.method").text == "GET"
    assert field(http(), "config.follow_redirects").checked


def test_a_problem_stands_at_its_field_also_when_it_is_deeper_inside() -> None:
    problem = ProblemView("bad", "fetch", "config.headers.Accept", "Not like this.", "")
    assert field(http(), "config.headers", problem).problem == "Not like this."
    assert field(http(), "config.url", problem).problem == ""


def test_what_is_typed_into_a_text_field_stays_text() -> None:
    assert with_field(http(), nodes.HTTP, "config.url", "5")["config"] == {"url": "5"}


def test_an_empty_field_is_left_out_of_the_document() -> None:
    node = http(url="https://example.com", body="x")
    assert with_field(node, nodes.HTTP, "config.body", "  ")["config"] == {"url": "https://example.com"}


def test_what_cannot_be_read_as_the_type_is_kept_as_it_was_typed() -> None:
    changed = with_field(http(), nodes.HTTP, "config.expected_status", '["2xx", ')
    assert changed["config"] == {"expected_status": '["2xx", '}


def test_a_number_is_a_number_where_a_number_may_stand() -> None:
    node = Node(id="pause", type="delay")
    assert with_field(node, nodes.DELAY, "config.seconds", "60")["config"] == {"seconds": 60}
    assert with_field(node, nodes.DELAY, "config.seconds", "{{ inputs.s }}")["config"] == {
        "seconds": "{{ inputs.s }}"
    }


def test_rows_become_an_object_without_those_that_have_no_name() -> None:
    rows = [
        {"key": "Accept", "value": "text/csv"},
        {"key": " ", "value": "lost"},
        {"key": "X-Empty", "value": ""},
    ]
    changed = with_field(http(), nodes.HTTP, "config.headers", rows)
    assert changed["config"] == {"headers": {"Accept": "text/csv", "X-Empty": ""}}


def test_settings_keep_the_order_of_the_node_type_whatever_is_set_first() -> None:
    node = http(response="json")
    assert list(with_field(node, nodes.HTTP, "config.url", "https://a")["config"]) == ["url", "response"]


def test_a_node_says_that_its_output_is_never_reused() -> None:
    policy = with_field(http(), nodes.HTTP, "policy.cache", "false")["policy"]
    assert policy.cache is False
    node = http().model_copy(update={"policy": policy})
    shown = {one.path: one.text for one in policy_fields(node, nodes.HTTP, [])}
    assert shown["policy.cache"] == "false"


def test_a_policy_is_changed_and_emptied_back_to_its_default() -> None:
    node = http()
    policy = with_field(node, nodes.HTTP, "policy.retry.attempts", "3")["policy"]
    assert policy.retry.attempts == 3
    again = with_field(node.model_copy(update={"policy": policy}), nodes.HTTP, "policy.retry.attempts", "")
    assert again["policy"].retry.attempts == 1


def test_final_kinds_of_failure_are_a_list_of_words() -> None:
    policy = with_field(http(), nodes.HTTP, "policy.retry.not_on", "http.status, timeout")["policy"]
    assert policy.retry.not_on == ["http.status", "timeout"]
    node = http().model_copy(update={"policy": policy})
    assert field(node, "policy.retry.not_on").text == "http.status, timeout"


def test_a_concurrency_group_begins_with_a_limit_of_one_and_ends_with_its_name() -> None:
    policy = with_field(http(), nodes.HTTP, "policy.concurrency.group", "printer")["policy"]
    assert (policy.concurrency.group, policy.concurrency.limit, policy.concurrency.across) == (
        "printer",
        1,
        "run",
    )
    node = http().model_copy(update={"policy": policy})
    policy = with_field(node, nodes.HTTP, "policy.concurrency.across", "all")["policy"]
    assert policy.concurrency.across == "all"
    node = http().model_copy(update={"policy": policy})
    assert with_field(node, nodes.HTTP, "policy.concurrency.group", "")["policy"].concurrency is None


def test_a_limit_that_is_typed_before_the_groups_name_makes_a_group_of_the_node_alone() -> None:
    policy = with_field(http(), nodes.HTTP, "policy.concurrency.limit", "2")["policy"]
    assert (policy.concurrency.group, policy.concurrency.limit) == (http().id, 2)


def test_a_node_is_undone_by_one_of_those_that_may_undo_it() -> None:
    document = Document(
        name="Trip",
        nodes=[
            Node(id="book", type="http", title="Book a room"),
            Node(id="give_back", type="http", title="Give it back"),
            Node(id="pay", type="http"),
            Node(id="done", type="output"),
            Node(id="each", type="map"),
            Node(id="inside", type="http", parent="each"),
            Node(id="undo_inside", type="http", parent="each"),
        ],
        edges=[Edge(source="book", target="pay")],
    )
    fields = {one.path: one for one in node_form(document, document.nodes[0], []).policy}
    assert fields["policy.compensate"].widget == "select"
    assert fields["policy.compensate"].options == [Choice("", "Nothing"), Choice("give_back", "Give it back")]
    fields = {one.path: one for one in node_form(document, document.nodes[5], []).policy}
    assert [one.value for one in fields["policy.compensate"].options] == ["", "undo_inside"]


def test_who_decides_is_asked_of_a_node_that_waits_for_a_decision() -> None:
    assert not any(one.path.startswith("policy.pause") for one in policy_fields(http(), nodes.HTTP, []))
    policy = with_field(http(), nodes.HTTP, "policy.on_error", "pause")["policy"]
    node = http().model_copy(update={"policy": policy})
    policy = with_field(node, nodes.HTTP, "policy.pause.people", "ada@example.org, The board")["policy"]
    assert policy.pause.people == ["ada@example.org", "The board"]
    node = http().model_copy(update={"policy": policy})
    assert field(node, "policy.pause.people").text == "ada@example.org, The board"
    assert with_field(node, nodes.HTTP, "policy.pause.people", "")["policy"].pause is None


def test_an_impossible_policy_is_refused() -> None:
    with pytest.raises(ValidationError):
        with_field(http(), nodes.HTTP, "policy.retry.attempts", "many")


@pytest.mark.parametrize("path", ["config.color", "policy.color", "policy.retry.color"])
def test_a_field_that_the_node_type_does_not_have_is_refused(path: str) -> None:
    with pytest.raises(KeyError):
        with_field(http(), nodes.HTTP, path, "red")


@given(JSON)
def test_any_value_survives_being_shown_as_text_and_read_back(value: Any) -> None:
    shown = as_text(value, ANY)
    if shown.strip():
        assert from_input(shown, {}) == value


def test_an_empty_field_says_so_and_a_slip_names_what_was_meant() -> None:
    empty = ProblemView("missing-config", "fetch", "config.url", "“url” is missing.", "Where it goes.")
    slip = ProblemView("unknown-node", "fetch", "config.url", "There is no “fech”.", "Did you mean “fetch”?")
    assert field(http(), "config.url", empty).problem == "Fill this in."
    assert field(http(), "config.url", slip).problem == "There is no “fech”. Did you mean “fetch”?"


def test_the_rules_of_a_step_that_asks_people_stand_in_groups() -> None:
    kind = nodes.get("approval")
    node = Node.model_validate(
        {"id": "ask", "type": "approval", "config": {"assignees": ["a@b.c"], "apart": ["starter"]}}
    )
    alone, groups = grouped(config_fields(node, kind, ()), kind)
    assert [group.title for group in groups] == ["Who decides", "Times"]
    by_path = {one.path: one for one in (*alone, *groups[0].fields, *groups[1].fields)}
    assert (by_path["config.assignees"].listed, by_path["config.assignees"].written) == (["a@b.c"], False)
    assert [option.value for option in by_path["config.apart"].options] == ["starter", "editor"]
    assert by_path["config.decisions"].listed == ["approve", "reject"]


def test_people_can_be_named_by_an_expression() -> None:
    node = Node.model_validate(
        {"id": "ask", "type": "form", "config": {"title": "?", "assignees": "{{ inputs.who }}"}}
    )
    fields = config_fields(node, nodes.get("form"), ())
    [one] = [one for one in fields if one.path == "config.assignees"]
    assert (one.written, one.text, one.listed) == (True, "{{ inputs.who }}", [])
