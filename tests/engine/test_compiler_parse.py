"""Reading documents that nobody vouches for: every problem named, nothing executed, nothing for long."""

import json
from typing import Any

import pytest

from engine import compiler
from engine.compiler import CODES
from engine.errors import Problem
from engine.graph import Document
from tests.engine import documents as d


def problems(data: Any) -> tuple[Problem, ...]:
    document, found = compiler.parse(data)
    assert document is None
    assert all(problem.code in CODES and problem.message for problem in found)
    return found


def codes(data: Any) -> list[str]:
    return [problem.code for problem in problems(data)]


def places(data: Any) -> list[tuple[str, str | None, str | None]]:
    return [(problem.code, problem.node, problem.field) for problem in problems(data)]


class TestText:
    """JSON, YAML, and what only looks like them."""

    def test_json_and_yaml_say_the_same(self) -> None:
        raw = d.raw(d.start(), d.transform("a", "{{ inputs.x }}"), edges=("start > a",))
        yaml = """
            format: workbench/1
            name: Test
            inputs: {type: object, additionalProperties: true}
            nodes:
              - {id: start, type: input}
              - id: a
                type: transform
                config:
                  value: "{{ inputs.x }}"
            edges:
              - {source: start, target: a}
        """
        from_yaml, _ = compiler.parse(yaml)
        from_json, _ = compiler.parse(json.dumps(raw))
        assert from_yaml
        assert from_yaml == from_json == Document.model_validate(raw)

    def test_bytes_with_a_byte_order_mark_are_read(self) -> None:
        assert compiler.parse(b"\xef\xbb\xbf" + json.dumps(d.raw()).encode())[0]

    def test_a_decoded_document_is_read(self) -> None:
        assert compiler.parse(d.raw(d.start()))[0]

    def test_yaml_has_no_more_types_than_json(self) -> None:
        text = (
            "name: 2030-01-31\ndescription: on\nnodes: []\noutputs: {a: 1, b: 1.5, c: true, d: null, e: 0x1F}"
        )
        document, _ = compiler.parse(text)
        assert document
        assert (document.name, document.description) == ("2030-01-31", "on")
        assert document.outputs == {"a": 1, "b": 1.5, "c": True, "d": None, "e": "0x1F"}

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            ("", "empty"),
            (" \n", "empty"),
            ("{", "not-json"),
            ('{"name": "a",}', "not-json"),
            ('{"name": NaN}', "not-json"),
            ('{"name": 1e999}', "not-json"),
            ('{"name": ' + "1" * 5_000 + "}", "not-json"),
            ('{"name": "a", "name": "b"}', "duplicate-key"),
            ('{"name": "\\ud800", "nodes": []}', "bad-character"),
            ('{"name": "a\\u0000", "nodes": []}', "bad-character"),
            ('{"a\\u0000": 1}', "bad-character"),
            (b"\xff\xfe{}", "not-utf-8"),
            ("[" * 100_000, "too-deep"),
            ('{"a":' * 5_000 + "1" + "}" * 5_000, "too-deep"),
            ("a: [1", "not-yaml"),
            ("a: 'never ends", "not-yaml"),
            ("\tname: a", "not-yaml"),
            ("a: \x01", "not-yaml"),
            ("a: 1\n---\nb: 2", "not-yaml"),
            ("1: 2", "not-yaml"),
            ("name: a\nname: b", "duplicate-key"),
            ("name: !!set {a}", "not-json"),
            ("name: !!binary aGk=", "not-json"),
            ("!!python/object/apply:os.system ['true']", "not-yaml"),
            ("a: " + "[" * 5_000 + "]" * 5_000, "too-deep"),
            ("? " * 5_000, "too-deep"),
            ("a: &x [1]\nb: *x", "yaml-alias"),
            ("a: &a [l, l]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]", "yaml-alias"),
            ("a" * 5_000_001, "too-large"),
            ({"name": float("nan"), "nodes": []}, "not-json"),
            ({"name": {1, 2}, "nodes": []}, "not-json"),
            ({1: 2}, "not-json"),
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_what_cannot_be_read(self, data: Any, code: str) -> None:
        assert codes(data) == [code]

    @pytest.mark.parametrize("data", [b" " * 50_000_001, "{" * 50_000_001])
    def test_more_than_fifty_megabytes_are_not_even_looked_at(self, data: str | bytes) -> None:
        (problem,) = problems(data)
        assert problem.code == "too-large"
        assert "50 MB" in problem.message

    def test_an_escaped_backslash_is_no_null_character(self) -> None:
        assert compiler.parse('{"name": "a\\\\u0000", "nodes": []}')[0]


class TestForeign:
    """Documents of other programs are named, not taken apart."""

    @pytest.mark.parametrize(
        ("data", "program"),
        [
            ({"name": "x", "nodes": [{"type": "n8n-nodes-base.if"}], "connections": {}}, "n8n"),
            ({"app": {}, "kind": "app", "workflow": {}}, "Dify"),
            ({"data": {"nodes": [], "edges": []}, "name": "x"}, "Langflow"),
            ({"nodes": [], "edges": [], "viewport": {}}, "Flowise"),
            ({"on": "push", "jobs": {}}, "CI"),
        ],
    )
    def test_it_says_whose_it_is(self, data: Any, program: str) -> None:
        (problem,) = problems(data)
        assert problem.code == "foreign-document"
        assert program in problem.message
        assert "workbench/1" in problem.hint

    def test_a_list_of_node_red_nodes(self) -> None:
        assert codes('[{"id": "a", "type": "tab", "z": ""}]') == ["foreign-document"]

    @pytest.mark.parametrize("data", ["[1]", "[]", '"text"', "just words", "42", '{"foo": 1}', "{}"])
    def test_something_else(self, data: str) -> None:
        assert codes(data) == ["not-a-document"]

    def test_another_version_of_the_format(self) -> None:
        (problem,) = problems(d.raw() | {"format": "workbench/2"})
        assert (problem.code, problem.field) == ("unknown-format", "format")
        assert "workbench/2" in problem.message

    @pytest.mark.parametrize("format", [1, None, "other/1", ["workbench/1"]])
    def test_no_format_of_ours(self, format: Any) -> None:
        assert codes(d.raw() | {"format": format}) == ["unknown-format"]


class TestForm:
    """Problems of form: all at once, each at its node and field."""

    def test_every_problem_is_named_with_its_place(self) -> None:
        data = {
            "format": "workbench/1",
            "name": 3,
            "extra": 1,
            "inputs": [],
            "nodes": [
                {"id": "A b", "type": 3, "position": "left", "bogus": 1},
                {"id": "slow", "type": "http", "policy": {"timeout_s": -1, "retry": {"attempts": 0}}},
                {"type": "http"},
                5,
            ],
            "edges": [{"source": "A b"}, "slow > A b"],
        }
        assert set(places(data)) >= {
            ("bad-field", None, "name"),
            ("unknown-field", None, "extra"),
            ("bad-field", None, "inputs"),
            ("bad-field", "A b", "id"),
            ("bad-field", "A b", "type"),
            ("bad-field", "A b", "position"),
            ("unknown-field", "A b", "bogus"),
            ("bad-field", "slow", "policy.timeout_s"),
            ("bad-field", "slow", "policy.retry.attempts"),
            ("missing-field", None, "nodes.2.id"),
            ("bad-field", None, "nodes.3"),
            ("missing-field", None, "edges.0.target"),
            ("bad-field", None, "edges.1"),
        }

    def test_the_parts_that_have_the_right_form_are_checked_too(self) -> None:
        data = d.raw(
            d.transform("a", "{{ nodes.b.output | nope }}"),
            {"id": "b", "type": 3},
            {"id": "c", "type": "htpp"},
            edges=("b > a",),
        )
        assert places(data) == [
            ("bad-field", "b", "type"),
            ("unknown-filter", "a", "config.value"),
            ("unknown-node-type", "c", "type"),
        ]

    def test_a_long_list_of_problems_ends(self) -> None:
        found = codes(d.raw() | {"nodes": [{"id": 5}] * 20_000})
        assert len(found) == 1_001
        assert found[-1] == "more-problems"

    @pytest.mark.parametrize("nodes", [{"a": 1}, "text", 3, None])
    def test_nodes_that_are_no_list(self, nodes: Any) -> None:
        assert places(d.raw() | {"nodes": nodes}) == [("bad-field", None, "nodes")]
