"""Every node type is complete: palette, inspector, schema, docs and compiler can rely on what it declares."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from engine import nodes
from engine.contracts import ActivityStep, DelayStep, TransformStep
from engine.errors import ExpressionError
from engine.graph import Node
from engine.nodes import NODE_TYPES, NodeType, PlanContext
from engine.nodes.__main__ import readme

WIDGETS = {
    "people",
    "options",
    "hours",
    "workflow",
    "version",
    "expression",
    "code",
    "text",
    "markdown",
    "json",
    "keyvalue",
    "python",
    "cases",
    "select",
    "number",
    "switch",
}
EVERY = pytest.mark.parametrize("node_type", NODE_TYPES, ids=lambda node_type: node_type.type)

GOOD: dict[str, dict[str, Any]] = {
    "input": {},
    "output": {"name": "report", "value": "{{ nodes.a.output }}"},
    "transform": {"value": "{{ inputs.a }}"},
    "condition": {"expression": "{{ inputs.a > 3 }}"},
    "merge": {},
    "delay": {"seconds": 3},
    "wait_for_event": {"name": "order.paid", "key": "{{ inputs.order }}"},
    "send_event": {"name": "order.paid", "data": {"amount": 3}},
    "switch": {"cases": [{"name": "urgent", "when": "{{ inputs.a > 3 }}"}]},
    "fail": {"message": "Order {{ inputs.id }} is empty"},
    "subworkflow": {"workflow": "w", "version": 3, "inputs": {"name": "{{ inputs.name }}"}},
    "http": {"url": "https://example.org"},
    "map": {"items": "{{ inputs.orders }}"},
    "loop": {"until": "{{ result > 3 }}"},
    "python": {"code": "def main():\n    return 1"},
    "note": {},
    "approval": {"title": "Approve {{ inputs.name }}", "assignees": ["ada@example.org"], "quorum": 2},
    "review": {"title": "Look at it", "data": "{{ inputs.text }}"},
    "form": {"title": "Tell us", "data_schema": {"type": "object"}},
    "notify": {"to": ["ada@example.org"], "subject": "{{ inputs.name }} is ready"},
}


def problems_of(type: str, config: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        nodes.get(type).config.model_validate(config)
    return str(caught.value)


def step(type: str, config: dict[str, Any], **more: Any) -> Any:
    node = Node.model_validate({"id": "n", "type": type, "config": config, **more})
    node_type = nodes.get(type)
    return node_type.plan(node, PlanContext(config=node_type.config.model_validate(config)))


def test_there_is_one_type_of_each_name() -> None:
    names = [node_type.type for node_type in NODE_TYPES]
    assert sorted(names) == sorted(GOOD)
    assert len(set(names)) == len(names)


def test_an_unknown_type_is_named_beside_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no node type 'htpp'.*transform"):
        nodes.get("htpp")


@EVERY
def test_it_can_be_shown_in_the_palette(node_type: NodeType) -> None:
    assert node_type.title
    assert node_type.summary.endswith(".")
    assert "\n" not in node_type.summary
    assert len(node_type.help) > 40
    assert node_type.icon == node_type.icon.lower()


@EVERY
def test_every_setting_can_be_edited_in_the_inspector(node_type: NodeType) -> None:
    for name, info in node_type.config.model_fields.items():
        assert info.title, name
        assert info.description, name
        assert isinstance(info.json_schema_extra, dict)
        assert info.json_schema_extra["widget"] in WIDGETS


@EVERY
def test_each_choice_of_its_settings_has_words(node_type: NodeType) -> None:
    for name, part in nodes.config_schema(node_type)["properties"].items():
        if "enum" in part and name != "method":  # a method of HTTP is its own word
            assert set(part["words"]) == set(part["enum"]), name


@EVERY
def test_its_settings_have_a_closed_schema(node_type: NodeType) -> None:
    schema = nodes.config_schema(node_type)
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False


@EVERY
def test_a_good_node_becomes_a_step_of_its_own(node_type: NodeType) -> None:
    made = step(node_type.type, GOOD[node_type.type])
    assert (made is None) == (not node_type.executed)
    assert made is None or (made.id, made.type) == ("n", node_type.type)


@EVERY
def test_its_summary_survives_any_draft(node_type: NodeType) -> None:
    for config in ({}, GOOD[node_type.type], dict.fromkeys(node_type.config.model_fields)):
        line = node_type.summarise(config)
        assert line
        assert "\n" not in line


@pytest.mark.parametrize(
    ("type", "config", "line"),
    [
        ("http", {"url": "{{ inputs.url }}"}, "GET {{ inputs.url }}"),
        ("http", {"method": "POST", "url": "https://example.org"}, "POST https://example.org"),
        ("output", {"name": "report", "value": "{{ nodes.a.output }}"}, "report = {{ nodes.a.output }}"),
        ("condition", {"expression": "{{ a }}"}, "{{ a }}"),
        ("delay", {"seconds": 60}, "Wait 60 s"),
        ("delay", {"seconds": "{{ inputs.s }}"}, "Wait {{ inputs.s }}"),
        ("delay", {"until": "2030-01-31T09:00:00Z"}, "Wait until 2030-01-31T09:00:00Z"),
        ("merge", {"mode": "list"}, "List of the branches that were taken"),
        ("merge", {"wait_for": "any"}, "Goes on with the first branch"),
        ("merge", {"wait_for": "at_least", "at_least": 2}, "Goes on with 2 branches"),
        ("switch", {"cases": [{"name": "a"}, {"name": "b"}]}, "First of a · b"),
        ("switch", {"cases": [{"name": "a"}], "matches": "all"}, "All of a"),
        ("fail", {"message": "{{ inputs.why }}"}, "{{ inputs.why }}"),
        ("python", {"code": "def main(a):\n    return a", "inputs": {"a": 1}}, "main(a)"),
        ("python", {"code": 'def main():\n    """Adds up."""\n    return 1'}, "Adds up."),
        ("python", {"code": "def main("}, "main()"),
        ("subworkflow", {"workflow": "w", "version": 3}, "Version 3"),
        ("subworkflow", {"version": "a" * 64}, "Version aaaaaaaaaaaa"),
        ("subworkflow", {}, "No workflow yet"),
        ("note", {"text": "\n## Title\nmore"}, "Title"),
        ("transform", {"value": {"ok": True, "name": "Zoë"}}, '{"ok": true, "name": "Zoë"}'),
        ("transform", {"value": "a\n  b" * 100}, None),
    ],
)
def test_the_line_in_the_cell_says_what_it_does(type: str, config: dict[str, Any], line: str | None) -> None:
    found = nodes.get(type).summarise(config)
    assert found == line if line else len(found) == 120 and found.endswith("…")


@pytest.mark.parametrize(
    ("type", "config", "said"),
    [
        ("condition", {"expression": "inputs.count > 3"}, "exactly one expression"),
        ("condition", {"expression": "{{ inputs.count }} > 3"}, "exactly one expression"),
        ("condition", {"expression": ""}, "at least 1 character"),
        ("delay", {}, "exactly one of seconds and until"),
        ("delay", {"seconds": 1, "until": "{{ inputs.due }}"}, "exactly one of seconds and until"),
        ("delay", {"seconds": -1}, "greater than or equal to 0"),
        ("delay", {"seconds": "soon"}, "a number or an expression"),
        ("delay", {"until": "tomorrow"}, "an instant such as"),
        ("delay", {"until": "2030-01-31T09:00:00"}, "its offset"),
        ("http", {}, "Field required"),
        ("http", {"url": "ftp://example.org"}, "http:// or https://"),
        ("http", {"url": "http://a", "expected_status": ["9xx"]}, "a class such as 2xx"),
        ("http", {"url": "http://a", "expected_status": []}, "at least 1 item"),
        ("http", {"url": "http://a", "headers": {"a b": "c"}}, "header names"),
        ("http", {"url": "http://a", "body_kind": "form", "body": [1]}, "object of names and values"),
        ("http", {"url": "http://a", "retries": 3}, "Extra inputs are not permitted"),
        ("output", {"name": "{{ x }}", "value": 1}, "String should match pattern"),
        ("transform", {"value": [1, 2], "format": "table"}, "a list of objects"),
        ("transform", {"value": "text", "format": "table"}, "a list of objects"),
        ("transform", {}, "Field required"),
        ("switch", {"cases": []}, "at least 1 item"),
        ("switch", {"cases": [{"name": "a", "when": "inputs.a"}]}, "exactly one expression"),
        ("switch", {"cases": [{"name": "a b", "when": "{{ 1 }}"}]}, "String should match pattern"),
        ("switch", {"cases": [{"name": "default", "when": "{{ 1 }}"}]}, "Two ports would be named default"),
        ("switch", {"cases": [{"name": "a", "when": "{{ 1 }}"}] * 2}, "Two ports would be named a"),
        ("fail", {"message": ""}, "at least 1 character"),
        ("subworkflow", {"workflow": "w", "version": 0}, "greater than or equal to 1"),
        ("subworkflow", {"workflow": "w", "version": "latest"}, "number of a published version"),
        ("subworkflow", {"version": 3}, "name the workflow whose version"),
        ("fail", {"message": "no", "kind": "Not A Kind"}, "String should match pattern"),
        ("merge", {"wait_for": "at_least", "at_least": 0}, "greater than or equal to 1"),
        ("python", {}, "Field required"),
        ("python", {"code": "x = 1"}, "write def main(): and return a value"),
        ("python", {"code": "x = 1", "inputs": {"b": 1, "a": 2}}, "write def main(a, b):"),
        ("python", {"code": "def main():\n    return ("}, "Line 2: '(' was never closed"),
        ("python", {"code": "def main():\n    return '\0'"}, "cannot contain null bytes"),
        ("python", {"code": "-" * 90_000}, "nested too deeply"),
        ("python", {"code": "#" * 100_001}, "at most 100000 characters"),
        ("python", {"code": "\nasync def main():\n    return 1"}, "Line 2: main must be a plain function"),
        ("python", {"code": "def main(a):\n    return a"}, "Line 1: there is no input a"),
        ("python", {"code": "def main(*, a):\n    return a"}, "Line 1: there is no input a"),
        ("python", {"code": "def main(a, /):\n    return a", "inputs": {"a": 1}}, "leave out the /"),
        ("python", {"code": "def main():\n    return 1", "inputs": {"a": 1}}, "the input a is no parameter"),
        ("python", {"code": "def main():\n    print(1)"}, "main returns nothing"),
        ("python", {"code": "def main():\n    def f():\n        return 1"}, "main returns nothing"),
        ("python", {"code": "def main():\n    return 1", "inputs": {"a b": 1}}, "names that Python can use"),
        (
            "python",
            {"code": "def main():\n    return 1", "inputs": {"class": 1}},
            "names that Python can use",
        ),
        ("python", {"code": "def main():\n    return 1", "memory_mb": 1}, "greater than or equal to 32"),
        ("approval", {"title": ""}, "at least 1 character"),
        ("approval", {"title": "t", "decisions": ["accept"]}, "'approve', 'reject', 'edit' or 'respond'"),
        ("approval", {"title": "t", "escalate_s": 60}, "after how long and to whom"),
        ("approval", {"title": "t", "on_expiry": "default"}, "one of those permitted: approve, reject"),
        ("review", {"title": "t", "on_expiry": "default", "default_decision": "approve"}, "those permitted"),
        ("approval", {"title": "t", "quorum": 0}, "greater than or equal to 1"),
        ("approval", {"title": "t", "expire_s": "soon"}, "2 days or 8 working hours"),
        ("form", {"title": "t"}, "Field required"),
        ("form", {"title": "t", "data_schema": {}, "on_expiry": "default"}, "no default decision"),
        ("form", {"title": "t", "data_schema": {}, "apart": ["editor"]}, "only the starter"),
        ("merge", {"mode": "any"}, "'first', 'list' or 'object'"),
    ],
)
def test_settings_that_cannot_work_are_refused(type: str, config: dict[str, Any], said: str) -> None:
    assert said in problems_of(type, config)


@pytest.mark.parametrize(
    "cases",
    [None, "text", [None, 3], [{"when": "{{ 1 }}"}], [{"name": ""}], [{"name": 3}], [{"name": "default"}]],
)
def test_an_unfinished_switch_has_the_default_port(cases: Any) -> None:
    assert [port.name for port in nodes.get("switch").outputs_of({"cases": cases})] == ["default"]


def test_a_switch_has_a_port_for_each_case_in_their_order() -> None:
    ports = nodes.get("switch").outputs_of({"cases": [{"name": "b"}, {"name": "a"}, {"name": "b"}]})
    assert [port.name for port in ports] == ["b", "a", "default"]


def test_a_fail_node_ends_the_run_whatever_its_policy_says() -> None:
    assert step("fail", {"message": "no"}, policy={"on_error": "continue"}).on_error == "fail"


@pytest.mark.parametrize(
    ("config", "needs"),
    [({}, None), ({"wait_for": "any", "at_least": 3}, 1), ({"wait_for": "at_least", "at_least": 3}, 3)],
)
def test_a_merge_needs_as_many_branches_as_it_waits_for(config: dict[str, Any], needs: int | None) -> None:
    assert step("merge", config).needs == needs


def test_a_number_of_seconds_may_be_written_as_text() -> None:
    made = step("delay", {"seconds": "2.5"})
    assert isinstance(made, DelayStep)
    assert made.seconds == 2.5


@pytest.mark.parametrize(
    ("policy", "local"),
    [
        ({}, True),
        ({"timeout_s": 10}, True),
        ({"timeout_s": 11}, False),
        ({"retry": {"attempts": 3, "delay_s": 5}}, True),
        ({"retry": {"attempts": 3, "delay_s": 30}}, False),
        ({"retry": {"attempts": 1, "delay_s": 30}}, True),
    ],
)
def test_only_short_requests_are_local(policy: dict[str, Any], local: bool) -> None:
    made = step("http", {"url": "http://a"}, policy=policy)
    assert isinstance(made, ActivityStep)
    assert made.local is local


@pytest.mark.parametrize(
    ("code", "inputs"),
    [
        ("def main(a, b=2, *rest, c, d=4):\n    return a", {"a": 1, "c": 3}),
        ("def main(**given):\n    return given", {"a": 1, "b": 2}),
        ("def main():\n    try:\n        return {'{{': 1}\n    finally:\n        pass", {}),
        ("def main(a):\n    return a\ndef main():\n    return 1", {}),
    ],
)
def test_main_may_have_any_parameters_that_its_inputs_fill(code: str, inputs: dict[str, Any]) -> None:
    made = step("python", {"code": code, "inputs": inputs})
    assert isinstance(made, ActivityStep)
    assert (made.local, made.literal_fields) == (False, ("code", "output_schema"))


@pytest.mark.parametrize(
    ("format", "media_type"),
    [
        ("json", "application/json"),
        ("text", "text/plain"),
        ("markdown", "text/markdown"),
        ("table", nodes.TABLE_MEDIA_TYPE),
    ],
)
def test_a_format_is_a_media_type(format: str, media_type: str) -> None:
    made = step("transform", {"value": [{"a": 1}], "format": format})
    assert isinstance(made, TransformStep)
    assert made.media_type == media_type


def test_a_transform_has_the_shape_of_its_format() -> None:
    assert nodes.shaped({"a": 1}, "text/plain") == '{"a": 1}'
    assert nodes.shaped([{"a": 1}], nodes.TABLE_MEDIA_TYPE) == [{"a": 1}]
    with pytest.raises(ExpressionError, match="list of objects"):
        nodes.shaped([1], nodes.TABLE_MEDIA_TYPE)


def test_secrets_may_stand_where_an_activity_renders_them() -> None:
    assert nodes.get("http").secret_fields == {"url", "headers", "query", "body"}
    assert all(not kind.secret_fields for kind in NODE_TYPES if kind.type != "http")


def test_the_readme_is_up_to_date() -> None:
    assert (Path(nodes.__file__).parent / "README.md").read_text() == readme()
