"""What the compiler finds in a document, and the plan it makes of one without problems."""

from typing import Any

import jsonschema
import pytest

from engine import compiler
from engine.compiler import CODES
from engine.contracts import ActivityStep, Attempts, Incoming, InputStep
from engine.errors import DocumentInvalid
from engine.graph import Document
from tests.engine import documents as d

Place = tuple[str, str | None, str | None]


def places(document: Document) -> list[Place]:
    """Return (code, node, field) of every problem."""
    found = compiler.check(document)
    assert all(problem.code in CODES and problem.message.endswith((".", "?")) for problem in found)
    return [(problem.code, problem.node, problem.field) for problem in found]


def reading(expression: str) -> Document:
    """Return a document in which `reader` holds an expression; beside it stand `a`, a note and an input."""
    return d.document(
        d.transform("reader", f"{{{{ {expression} }}}}"),
        d.transform("a"),
        d.node("memo", "note", {"text": "{{ broken"}),
        inputs={"type": "object", "properties": {"url": {"type": "string"}}},
    )


class TestNodes:
    """Each node by itself."""

    @pytest.mark.parametrize(
        ("node", "place"),
        [
            (d.node("n", "htpp"), ("unknown-node-type", "n", "type")),
            (d.transform("n", type_version=2), ("unknown-type-version", "n", "type_version")),
            (d.node("n", "http"), ("missing-config", "n", "config.url")),
            (d.http("n", "ftp://a"), ("bad-config", "n", "config.url")),
            (d.http("n", retries=3), ("unknown-config", "n", "config.retries")),
            (d.http("n", headers={"a": 1}), ("bad-config", "n", "config.headers.a")),
            (d.http("n", headers={"a b": "c"}), ("bad-config", "n", "config.headers.a b")),
            (d.http("n", expected_status=["2xx", "9xx"]), ("bad-config", "n", "config.expected_status.1")),
            (d.node("n", "delay", {"seconds": "soon"}), ("bad-config", "n", "config.seconds")),
            (d.node("n", "delay"), ("bad-config", "n", "config")),
            (d.condition("n", "inputs.a > 3"), ("bad-config", "n", "config.expression")),
            (d.transform("n", parent="gone"), ("unknown-parent", "n", "parent")),
            (
                d.http("n", policy={"retry": {"delay_s": 9, "max_delay_s": 1}}),
                ("bad-policy", "n", "policy.retry.delay_s"),
            ),
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_a_problem_stands_at_its_field(self, node: dict[str, Any], place: Place) -> None:
        assert places(d.document(node)) == [place]

    def test_two_nodes_of_one_id(self) -> None:
        document = d.document(d.transform("a", 1), d.transform("a", 2))
        assert places(document) == [("duplicate-node-id", "a", "id")]

    def test_a_node_that_cannot_hold_others(self) -> None:
        assert places(d.document(d.transform("a"), d.transform("b", parent="a"))) == [
            ("no-container", "b", "parent")
        ]

    def test_a_misspelt_type_and_setting_are_guessed(self) -> None:
        hints = [problem.hint for problem in compiler.check(d.document(d.node("a", "htpp")))]
        hints += [problem.hint for problem in compiler.check(d.document(d.http("a", header={})))]
        assert hints == ["Did you mean “http”?", "Did you mean “headers”?"]

    def test_a_missing_setting_is_described(self) -> None:
        (problem,) = compiler.check(d.document(d.node("a", "http")))
        assert problem.message == "“url” is missing."
        assert "https://" in problem.hint


class TestExpressions:
    """What expressions say and read."""

    @pytest.mark.parametrize(
        ("expression", "code"),
        [
            ("1 +", "expression-syntax"),
            ("inputs.url | nope", "unknown-filter"),
            ("nope()", "unknown-function"),
            ("inputs.url is nope", "unknown-test"),
            ("nope.a", "unknown-name"),
            ("inputs.link", "unknown-input"),
            ("nodes.gone.output", "unknown-reference"),
            ("nodes", "vague-reference"),
            ("nodes[inputs.url]", "vague-reference"),
            ("nodes.memo.output", "reference-to-note"),
            ("nodes.reader.output", "reference-to-self"),
            ("nodes.a.title", "unknown-result"),
            ("run.name", "unknown-run-field"),
            ("secrets.TOKEN", "secret-not-allowed"),
            ("secrets['TOKEN'][:3]", "secret-not-allowed"),
        ],
    )
    def test_a_problem_stands_at_its_field(self, expression: str, code: str) -> None:
        assert places(reading(expression)) == [(code, "reader", "config.value")]

    @pytest.mark.parametrize(
        "expression",
        [
            "inputs.url",
            "inputs",
            "inputs['url']",
            "nodes.a.output.anything[0]",
            "nodes.a.status",
            "nodes.a.error.message",
            "nodes.a",
            "run.id ~ run.started_at",
            "inputs.url | default('x')",
        ],
    )
    def test_what_is_there_may_be_read(self, expression: str) -> None:
        assert places(reading(expression)) == []

    def test_the_field_is_exact_inside_lists_and_objects(self) -> None:
        document = d.document(d.transform("a", {"rows": [1, {"title": "{{ nope }}"}]}))
        assert places(document) == [("unknown-name", "a", "config.value.rows.1.title")]

    def test_a_misspelt_reference_is_guessed(self) -> None:
        document = d.document(d.transform("fetch_feed"), d.transform("b", "{{ nodes.fetch_fed.output }}"))
        assert compiler.check(document)[0].hint == "Did you mean “fetch_feed”?"

    def test_a_result_read_without_output_is_explained(self) -> None:
        assert compiler.check(reading("nodes.a.title"))[0].hint == "Did you mean nodes.a.output.title?"

    def test_secrets_stand_only_where_an_activity_renders_them(self) -> None:
        allowed = d.http("a", "http://a/{{ secrets.X }}", headers={"Authorization": "{{ secrets.TOKEN }}"})
        assert places(d.document(allowed)) == []
        assert places(d.document(d.http("a", headers={"a": "{{ secrets }}"}))) == [
            ("vague-reference", "a", "config.headers.a")
        ]

    def test_a_note_may_hold_anything(self) -> None:
        assert places(d.document(d.node("memo", "note", {"text": "{{ nodes.gone.output"}))) == []

    def test_the_documents_outputs_are_checked(self) -> None:
        outputs = {
            "a": "{{ nodes.gone.output }}",
            "b": {"c": "{{ secrets.X }}"},
            "d": "{{ inputs.anything }}",
        }
        assert places(d.document(outputs=outputs)) == [
            ("unknown-reference", None, "outputs.a"),
            ("secret-not-allowed", None, "outputs.b.c"),
        ]

    def test_an_output_has_one_maker(self) -> None:
        document = d.document(d.output("a", name="r"), d.output("b", name="r"), d.output("c", name="s"))
        assert places(document) == [("duplicate-output", "b", "config.name")]
        assert places(d.document(d.output("a", name="r"), outputs={"r": 1})) == [
            ("duplicate-output", "a", "config.name")
        ]


class TestInputs:
    """The schema of the inputs and its samples."""

    @pytest.mark.parametrize(
        ("inputs", "place"),
        [
            ({"type": "array"}, ("bad-inputs-schema", None, "inputs.type")),
            (
                {"properties": {"a": {"type": "strng"}}},
                ("bad-inputs-schema", None, "inputs.properties.a.type"),
            ),
            ({"properties": []}, ("bad-inputs-schema", None, "inputs.properties")),
            (
                {"properties": {"a": {"pattern": "("}}},
                ("bad-inputs-schema", None, "inputs.properties.a.pattern"),
            ),
            (
                {"properties": {"a": {"$ref": "https://example.org/a.json"}}},
                ("bad-inputs-schema", None, "inputs.properties.a.$ref"),
            ),
            ({"items": {"pattern": "(?=a)"}}, ("bad-inputs-schema", None, "inputs.items.pattern")),
            ({"patternProperties": {"a+": {}}}, ("bad-inputs-schema", None, "inputs.patternProperties")),
            (
                {"properties": {"a": {"$ref": "#/$defs/gone"}}, "examples": [{"a": 1}]},
                ("bad-inputs-schema", None, "inputs"),
            ),
            ({"$ref": "#", "examples": [{}]}, ("bad-inputs-schema", None, "inputs")),
            ({"examples": {"a": 1}}, ("bad-inputs-schema", None, "inputs.examples")),
            (
                {"properties": {"n": {"type": "integer"}}, "examples": [{"n": 1}, {"n": "x"}]},
                ("bad-sample", None, "inputs.examples.1.n"),
            ),
            ({"required": ["n"], "examples": [{}]}, ("bad-sample", None, "inputs.examples.0")),
            (
                {"properties": {"n": {"type": "integer", "default": "x"}}},
                ("bad-default", None, "inputs.properties.n.default"),
            ),
        ],
        ids=lambda value: str(value)[:60],
    )
    def test_a_problem_stands_at_its_field(self, inputs: dict[str, Any], place: Place) -> None:
        assert places(d.document(inputs=inputs)) == [place]

    def test_inputs_may_be_called_like_keywords(self) -> None:
        properties = {"$ref": {"type": "string"}, "patternProperties": {"type": "string"}}
        assert places(d.document(inputs={"type": "object", "properties": properties})) == []

    def test_definitions_inside_the_schema_can_be_used(self) -> None:
        inputs = {
            "$defs": {"id": {"type": "integer", "default": 1}},
            "properties": {"a": {"$ref": "#/$defs/id"}},
            "examples": [{"a": 3}],
        }
        assert places(d.document(inputs=inputs)) == []

    def test_a_pattern_cannot_keep_the_checker_busy(self) -> None:
        inputs = {"properties": {"a": {"pattern": "^(a+)+$"}}, "examples": [{"a": "a" * 60 + "!"}]}
        assert places(d.document(inputs=inputs)) == [("bad-sample", None, "inputs.examples.0.a")]

    @pytest.mark.parametrize(
        "inputs",
        [
            {"type": "object"},
            {"type": "object", "properties": {"b": {}}, "additionalProperties": True},
            {"type": "object", "properties": {"b": {}}, "additionalProperties": {"type": "string"}},
            {"type": "object", "properties": {"b": {}}, "allOf": [{"properties": {"a": {}}}]},
        ],
    )
    def test_an_open_schema_lets_any_input_be_read(self, inputs: dict[str, Any]) -> None:
        assert places(d.document(d.transform("t", "{{ inputs.a }}"), inputs=inputs)) == []


class TestEdges:
    """Drawn edges."""

    @pytest.mark.parametrize(
        ("edge", "place"),
        [
            ("a > gone", ("edge-to-nowhere", "a", "edges.0.target")),
            ("gone > a", ("edge-to-nowhere", "a", "edges.0.source")),
            ("a > a", ("edge-to-itself", "a", "edges.0")),
            ("a.nope > b", ("unknown-port", "a", "edges.0.source_port")),
            ("c > b", ("unknown-port", "c", "edges.0.source_port")),
            ("a > start", ("unknown-port", "start", "edges.0.target_port")),
            ("a > memo", ("unknown-port", "memo", "edges.0.target_port")),
            ("ask.error > b", ("closed-error-port", "ask", "policy.on_error")),
        ],
    )
    def test_a_problem_stands_at_the_edge_and_its_node(self, edge: str, place: Place) -> None:
        document = d.document(
            d.start(), d.transform("a"), d.transform("b"), d.condition("c"), d.http("ask"),
            d.node("memo", "note"), edges=(edge,),
        )  # fmt: skip
        assert places(document) == [place]

    def test_an_edge_stands_once(self) -> None:
        document = d.document(d.transform("a"), d.transform("b"), edges=("a > b", "a > b"))
        assert places(document) == [("duplicate-edge", "b", "edges.1")]

    def test_the_ports_of_a_switch_are_those_of_its_cases(self) -> None:
        way = d.node("way", "switch", {"cases": [{"name": "big", "when": "{{ inputs.n > 3 }}"}]})
        edges = ("way.big > a", "way.default > a", "way.small > b")
        [problem] = compiler.check(d.document(way, d.transform("a"), d.transform("b"), edges=edges))
        assert (problem.code, problem.field) == ("unknown-port", "edges.2.source_port")
        assert "big, default" in problem.hint

    def test_a_case_without_a_usable_expression_is_named(self) -> None:
        cases = [{"name": "a", "when": "{{ 1 }}"}, {"name": "b", "when": "{{ nodes.nobody.output }}"}]
        [problem] = compiler.check(d.document(d.node("way", "switch", {"cases": cases})))
        assert (problem.code, problem.node, problem.field) == (
            "unknown-reference", "way", "config.cases.1.when"
        )  # fmt: skip

    def test_branches_of_a_switch_exclude_each_other_unless_it_follows_all(self) -> None:
        cases = [{"name": "a", "when": "{{ 1 }}"}, {"name": "b", "when": "{{ 1 }}"}]
        steps = [d.transform("x"), d.transform("y", "{{ nodes.x.output }}")]
        for matches, codes in (("first", ["impossible-reference"]), ("all", [])):
            way = d.node("way", "switch", {"cases": cases, "matches": matches})
            problems = compiler.check(d.document(way, *steps, edges=("way.a > x", "way.b > y")))
            assert [problem.code for problem in problems] == codes

    def test_a_merge_cannot_wait_for_more_branches_than_lead_to_it(self) -> None:
        both = d.node("both", "merge", {"wait_for": "at_least", "at_least": 3})
        steps = [d.condition("c"), d.transform("b")]
        [problem] = compiler.check(
            d.document(*steps, both, edges=("c.true > both", "c.false > both", "b > both"))
        )
        assert (problem.code, problem.node, problem.field) == ("too-few-branches", "both", "config.at_least")

    def test_an_expression_may_say_how_many_branches_a_merge_waits_for(self) -> None:
        race = d.merge("race", wait_for="at_least", at_least="{{ nodes.ask.output.quorum }}")
        steps = [d.transform("a"), d.transform("b"), d.http("ask")]
        edges = ("a > race", "b > race")
        [step] = [one for one in compiler.compile(d.document(*steps, race, edges=edges)).steps if one.after]
        assert (step.id, step.after) == ("race", ("ask",))
        wrong = d.merge("race", wait_for="at_least", at_least="two")
        assert ("bad-config", "race", "config.at_least") in places(d.document(*steps, wrong, edges=edges))

    def test_requests_in_a_race_are_regular_activities_so_that_the_timer_beside_them_starts(self) -> None:
        race = [d.http("ask"), d.node("patience", "delay", {"seconds": 1}), d.http("later")]
        for wait_for, local in (("all", True), ("any", False)):
            joined = d.node("joined", "merge", {"wait_for": wait_for})
            edges = ("ask > joined", "patience > joined", "joined > later")
            steps = {step.id: step for step in compiler.compile(d.document(*race, joined, edges=edges)).steps}
            assert (steps["ask"].local, steps["later"].local) == (local, True)

    def test_the_schema_of_a_document_has_what_its_settings_refer_to(self) -> None:
        cases = [{"name": "a", "when": "{{ 1 }}"}]
        schema = compiler.json_schema()
        jsonschema.validate(d.raw(d.node("way", "switch", {"cases": cases})), schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(d.raw(d.node("way", "switch", {"cases": [{"name": "a"}]})), schema)

    def test_two_ports_of_one_node_may_lead_to_one_target(self) -> None:
        document = d.document(d.condition("c"), d.transform("b"), edges=("c.true > b", "c.false > b"))
        assert places(document) == []

    def test_an_open_error_port_may_be_used(self) -> None:
        ask = d.http("ask", policy={"on_error": "continue"})
        assert places(d.document(ask, d.transform("b"), edges=("ask.error > b",))) == []


class TestCycles:
    """Nothing can wait for itself."""

    def test_a_drawn_cycle_is_named(self) -> None:
        nodes = [d.transform(name) for name in "abcd"]
        document = d.document(*nodes, edges=("a > b", "b > c", "c > a", "c > d"))
        (problem,) = compiler.check(document)
        assert (problem.code, problem.node) == ("cycle", "a")
        assert "a → b → c → a" in problem.message

    def test_a_reference_that_closes_a_cycle_is_marked_where_it_stands(self) -> None:
        document = d.document(
            d.transform("first", "{{ nodes.last.output }}"), d.transform("last"), edges=("first > last",)
        )
        assert places(document) == [("cycle", "first", "config.value")]

    def test_every_knot_is_named(self) -> None:
        nodes = [d.transform(name) for name in "abcd"]
        document = d.document(*nodes, edges=("a > b", "b > a", "c > d", "d > c"))
        assert [problem.node for problem in compiler.check(document)] == ["a", "c"]

    def test_a_large_cycle_is_named_in_short(self) -> None:
        nodes = [d.transform(f"n{n}") for n in range(3_000)]
        edges = tuple(f"n{n} > n{(n + 1) % 3_000}" for n in range(3_000))
        (problem,) = compiler.check(d.document(*nodes, edges=edges))
        assert len(problem.message) < 200


class TestBranches:
    """A result on the other branch cannot be there."""

    def forked(self, reader: str, source: str, *more: str) -> Document:
        return d.document(
            d.condition("c"), d.transform("yes", reader), d.transform("no", source), d.merge("m"),
            edges=("c.true > yes", "c.false > no", "yes > m", "no > m", *more),
        )  # fmt: skip

    def test_reading_the_other_branch_is_a_problem(self) -> None:
        document = self.forked("{{ nodes.no.output }}", 1)
        assert places(document) == [("impossible-reference", "yes", "config.value")]

    def test_its_status_may_be_asked(self) -> None:
        assert places(self.forked("{{ nodes.no.status }}", 1)) == []

    def test_behind_the_merge_both_may_be_read(self) -> None:
        document = d.document(
            *self.forked(1, 1).model_dump()["nodes"],
            d.transform("after", "{{ nodes.yes.output or nodes.no.output }}"),
            edges=("c.true > yes", "c.false > no", "yes > m", "no > m", "m > after"),
        )
        assert places(document) == []

    def test_a_failed_request_has_no_output(self) -> None:
        document = d.document(
            d.http("ask", policy={"on_error": "continue"}),
            d.transform("sorry", "{{ nodes.ask.output.title }}"),
            d.transform("why", "{{ nodes.ask.error.message }}"),
            edges=("ask.error > sorry", "ask.error > why"),
        )
        assert places(document) == [("impossible-reference", "sorry", "config.value")]


def test_all_problems_are_found_at_once() -> None:
    document = d.document(
        d.transform("a", "{{ nodes.b.output }} {{ nope }}"),
        d.transform("b", "{{ nodes.a.output | nope }}"),
        d.transform("b"),
        d.node("c", "htpp"),
        d.http("e", "ftp://x", policy={"retry": {"delay_s": 9, "max_delay_s": 1}}),
        edges=("a > gone", "a > a"),
        inputs={"type": "object", "properties": {"n": {"type": "integer"}}, "examples": [{"n": "x"}]},
        outputs={"r": "{{ nodes.gone.output }}"},
    )
    assert {code for code, _, _ in places(document)} == {
        "bad-sample", "unknown-name", "unknown-filter", "duplicate-node-id", "unknown-node-type",
        "bad-config", "bad-policy", "edge-to-nowhere", "edge-to-itself", "unknown-reference", "cycle",
    }  # fmt: skip


def test_a_document_with_problems_is_not_compiled() -> None:
    document = d.document(d.node("a", "htpp"), d.node("b", "htpp"))
    with pytest.raises(DocumentInvalid) as caught:
        compiler.compile(document)
    assert caught.value.problems == compiler.check(document)


class TestPlan:
    """What a run is given."""

    def test_steps_stand_in_an_order_in_which_they_can_run(self) -> None:
        document = d.document(
            d.transform("last", "{{ nodes.middle.output }}"), d.transform("middle"), d.start("first"),
            edges=("first > middle", "middle > last"),
        )  # fmt: skip
        assert [step.id for step in compiler.compile(document).steps] == ["first", "middle", "last"]

    def test_independent_steps_keep_the_documents_order(self) -> None:
        plan = compiler.compile(d.document(*[d.transform(name) for name in "zay"]))
        assert [step.id for step in plan.steps] == ["z", "a", "y"]

    def test_drawn_and_implied_dependencies_are_kept_apart(self) -> None:
        document = d.document(
            d.start(), d.condition("c"), d.transform("a"),
            d.transform("b", "{{ nodes.a.output }} {{ nodes.c.output }} {{ nodes.start.output }}"),
            edges=("start > c", "c.true > b"),
        )  # fmt: skip
        step = compiler.compile(document).steps[-1]
        assert step.incoming == (Incoming(source="c", port="true"),)
        assert set(step.after) == {"a", "start"}

    def test_notes_are_left_out(self) -> None:
        document = d.document(d.start(), d.node("memo", "note", {"text": "hi"}))
        (step,) = compiler.compile(document).steps
        assert isinstance(step, InputStep)

    def test_an_activity_says_what_it_needs_inside(self) -> None:
        ask = d.http(
            "ask",
            "https://a/{{ inputs.id }}",
            headers={"Authorization": "{{ secrets.TOKEN }}", "X-Run": "{{ run.id }} {{ nodes.a.output }}"},
            query={"q": "{{ nodes.b.output }}"},
            policy={"timeout_s": 5, "on_error": "continue", "retry": {"attempts": 3, "delay_s": 2}},
        )
        plan = compiler.compile(d.document(d.transform("a"), d.transform("b"), ask))
        step = plan.steps[-1]
        assert isinstance(step, ActivityStep)
        assert step.secret_fields == ("headers",)
        assert step.reads == ("nodes.a", "run")
        assert (step.timeout_s, step.local, step.on_error) == (5, True, "continue")
        assert step.attempts == Attempts(maximum=3, delay_s=2)
        assert step.config["response"] == "auto"

    def test_the_plan_is_bound_to_the_content(self) -> None:
        document = d.document(d.start(), outputs={"a": "{{ inputs.x }}"})
        plan = compiler.compile(document)
        assert plan.version_hash == document.content_hash()
        assert plan.outputs == {"a": "{{ inputs.x }}"}

    def test_it_survives_the_journey_through_json(self) -> None:
        plan = compiler.compile(d.document(d.start(), d.http("a"), d.condition("c"), d.merge("m")))
        assert type(plan).model_validate_json(plan.model_dump_json()) == plan

    def test_ten_thousand_nodes_are_compiled(self) -> None:
        plan = compiler.compile(d.chain(10_000))
        assert plan.steps[-1].incoming == (Incoming(source="n9998"),)


class TestImpliedEdges:
    """What the canvas draws dashed."""

    def test_a_reference_without_an_edge_is_one(self) -> None:
        document = d.document(
            d.transform("a"), d.transform("b"),
            d.transform("c", ["{{ nodes.a.output }}", "{{ nodes['b'].output[:2] }}", "{{ nodes.a.status }}"]),
            edges=("b > c",),
        )  # fmt: skip
        assert compiler.implied_edges(document) == (("a", "c"),)

    def test_an_unfinished_draft_has_them_too(self) -> None:
        document = d.document(
            d.transform("a"),
            d.node("b", "http", {"url": "{{ nodes.a.output }}", "body": "{{ broken", "nope": 1}),
            d.transform("c", "{{ nodes.gone.output }} {{ nodes.b.output }}"),
        )
        assert compiler.implied_edges(document) == (("a", "b"), ("b", "c"))


def test_the_published_schema_accepts_what_compiles_and_refuses_what_does_not() -> None:
    check = jsonschema.Draft202012Validator(compiler.json_schema())
    assert check.is_valid(d.raw(d.start(), d.http("a"), d.condition("c"), edges=("start > a",)))
    assert not check.is_valid(d.raw(d.node("a", "htpp")))
    assert not check.is_valid(d.raw(d.http("a", retries=3)))
    assert not check.is_valid(d.raw() | {"format": "workbench/2"})
