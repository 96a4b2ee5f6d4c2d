"""What the compiler makes of maps and loops, and what it finds wrong with what stands in them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import compiler, expressions
from engine.compiler import CODES
from engine.compiler._containers import MOST_NESTED
from engine.contracts import ActivityStep, Body, LoopStep, MapStep, Plan, Step
from engine.errors import Problem
from engine.graph import Document
from tests.engine import documents as d


def problems(document: Document) -> tuple[Problem, ...]:
    found = compiler.check(document)
    assert all(problem.code in CODES and problem.message.endswith(".") for problem in found)
    return found


def places(document: Document) -> list[tuple[str, str | None, str | None]]:
    """Return (code, node, field) of every problem."""
    return [(problem.code, problem.node, problem.field) for problem in problems(document)]


def steps(body: Plan | Body) -> dict[str, Step]:
    return {step.id: step for step in body.steps}


def body_of(body: Plan | Body, *container_ids: str) -> Body:
    """Return the body of a container in a container in …"""
    found: Plan | Body = body
    for container_id in container_ids:
        step = steps(found)[container_id]
        assert isinstance(step, MapStep | LoopStep)
        found = step.body
    assert isinstance(found, Body)
    return found


def compiled(*nodes: dict[str, Any], edges: tuple[str, ...] = (), **more: Any) -> Plan:
    return compiler.compile(d.document(*nodes, edges=edges, **more))


def nest(depth: int, innermost: dict[str, Any]) -> list[dict[str, Any]]:
    """Return loops `l0`, `l1`, … in each other, with a node in the last one."""
    loops = [{**d.loop(f"l{n}"), **({"parent": f"l{n - 1}"} if n else {})} for n in range(depth)]
    return [*loops, {**innermost, "parent": f"l{depth - 1}"}]


class TestBodies:
    """The plan of a container."""

    def test_a_map_holds_the_steps_in_it_in_their_order(self) -> None:
        inner = d.inside("each", d.transform("twice", "{{ nodes.ask.output * 2 }}"), d.transform("ask"))
        plan = compiled(*inner, d.each("each"), d.transform("after"), edges=("each > after", "ask > twice"))
        assert [step.id for step in plan.steps] == ["each", "after"]
        assert [step.id for step in body_of(plan, "each").steps] == ["ask", "twice"]

    def test_settings_of_a_map_are_in_its_step(self) -> None:
        settings = {"concurrency": 3, "maximum": 20, "on_item_error": "skip"}
        step = steps(compiled(d.each("each", [1], **settings), *d.inside("each", d.transform("a"))))["each"]
        assert isinstance(step, MapStep)
        assert (step.items, step.next, step.concurrency, step.maximum, step.on_item_error) == (
            [1], None, 3, 20, "skip"
        )  # fmt: skip

    def test_a_map_over_pages_has_no_items(self) -> None:
        map_ = d.pages("each", items="{{ inputs.left_over }}")
        step = steps(compiled(map_, *d.inside("each", d.transform("a"))))["each"]
        assert isinstance(step, MapStep)
        assert (step.items, step.next) == (None, "{{ result.next }}")

    def test_settings_of_a_loop_are_in_its_step(self) -> None:
        loop = d.loop("again", "{{ result > 3 }}", maximum=7, initial={"n": 0}, on_maximum="continue")
        step = steps(compiled(loop, *d.inside("again", d.transform("a"))))["again"]
        assert isinstance(step, LoopStep)
        assert (step.until, step.maximum, step.initial, step.on_maximum) == (
            "{{ result > 3 }}", 7, {"n": 0}, "continue"
        )  # fmt: skip

    def test_containers_stand_in_each_other_to_a_depth(self) -> None:
        plan = compiled(*nest(MOST_NESTED, d.transform("deep")))
        assert steps(body_of(plan, *(f"l{n}" for n in range(MOST_NESTED)))).keys() == {"deep"}

    def test_a_note_in_a_container_is_no_step(self) -> None:
        plan = compiled(d.each("each"), *d.inside("each", d.transform("a"), d.node("memo", "note")))
        assert steps(body_of(plan, "each")).keys() == {"a"}


class TestResults:
    """What a pass gives."""

    def test_it_is_what_the_setting_says(self) -> None:
        map_ = d.each("each", result={"n": "{{ nodes.a.output }}"})
        assert body_of(compiled(map_, *d.inside("each", d.transform("a"))), "each").result == {
            "n": "{{ nodes.a.output }}"
        }

    @pytest.mark.parametrize("empty", [{}, {"result": None}, {"result": ""}])
    def test_without_one_it_is_the_output_of_the_last_step(self, empty: dict[str, Any]) -> None:
        inner = d.inside("each", d.transform("a"), d.transform("b"), d.transform("c", "{{ nodes.b.output }}"))
        plan = compiled(d.each("each", **empty), *inner, edges=("a > b",))
        assert body_of(plan, "each").result == "{{ nodes.c.output }}"

    def test_of_several_last_steps_it_is_an_object(self) -> None:
        inner = d.inside("each", d.condition("odd"), d.transform("a"), d.transform("b"))
        plan = compiled(d.each("each"), *inner, edges=("odd.true > a", "odd.false > b"))
        assert body_of(plan, "each").result == {"a": "{{ nodes.a.output }}", "b": "{{ nodes.b.output }}"}

    def test_a_step_that_only_fails_gives_none(self) -> None:
        inner = d.inside(
            "each", d.condition("odd"), d.transform("a"), d.node("stop", "fail", {"message": "x"})
        )
        plan = compiled(d.each("each"), *inner, edges=("odd.true > a", "odd.false > stop"))
        assert body_of(plan, "each").result == "{{ nodes.a.output }}"

    def test_a_container_may_be_the_last_step(self) -> None:
        inner = (*d.inside("each", d.loop("again")), *d.inside("again", d.transform("a")))
        assert body_of(compiled(d.each("each"), *inner), "each").result == "{{ nodes.again.output }}"


class TestWaiting:
    """A reference out of a body is a dependency of the container."""

    def test_the_container_waits_for_what_its_body_reads(self) -> None:
        document = d.document(
            d.transform("rate"),
            d.each("each"),
            *d.inside("each", d.transform("a", "{{ nodes.rate.output }}")),
        )
        each = steps(compiler.compile(document))["each"]
        assert (each.after, steps(body_of(compiler.compile(document), "each"))["a"].after) == (("rate",), ())
        assert compiler.implied_edges(document) == (("rate", "each"),)

    def test_each_container_lists_what_is_read_out_of_it_at_any_depth(self) -> None:
        plan = compiled(
            d.transform("far"),
            d.each("each"),
            *d.inside("each", d.transform("near"), d.loop("again")),
            *d.inside("again", d.transform("a", "{{ nodes.far.output }} {{ nodes.near.output }}")),
        )
        assert body_of(plan, "each").outer == ("far",)
        assert body_of(plan, "each", "again").outer == ("far", "near")
        assert steps(body_of(plan, "each"))["again"].after == ("near",)
        assert steps(plan)["each"].after == ("far",)

    def test_containers_around_are_listed_where_their_names_are_read(self) -> None:
        plan = compiled(
            d.each("each"),
            *d.inside("each", d.loop("again")),
            *d.inside("again", d.transform("a", "{{ nodes.each.item }} {{ nodes.again.last }}")),
        )
        assert body_of(plan, "each").outer == ("each",)
        assert body_of(plan, "each", "again").outer == ("again", "each")
        assert steps(plan)["each"].after == ()

    @pytest.mark.parametrize(
        "settings",
        [{"result": "{{ nodes.rate.output }}"}, {"next": "{{ nodes.rate.output }}", "over": "pages"}],
    )
    def test_a_setting_inside_reads_out_of_the_body_too(self, settings: dict[str, Any]) -> None:
        plan = compiled(d.transform("rate"), d.each("each", **settings), *d.inside("each", d.transform("a")))
        assert (steps(plan)["each"].after, body_of(plan, "each").outer) == (("rate",), ("rate",))

    def test_a_setting_outside_is_a_plain_reference(self) -> None:
        plan = compiled(
            d.transform("rate"),
            d.each("each", "{{ nodes.rate.output }}"),
            *d.inside("each", d.transform("a")),
        )
        assert (steps(plan)["each"].after, body_of(plan, "each").outer) == (("rate",), ())

    def test_a_setting_inside_makes_nothing_wait_within(self) -> None:
        plan = compiled(d.loop("again", "{{ nodes.a.output }}"), *d.inside("again", d.transform("a")))
        assert (steps(plan)["again"].after, body_of(plan, "again").outer) == ((), ())

    def test_a_circle_through_a_body_is_found_at_the_reader(self) -> None:
        document = d.document(
            d.each("each"),
            *d.inside("each", d.transform("a", "{{ nodes.after.output }}")),
            d.transform("after"),
            edges=("each > after",),
        )
        assert places(document) == [("cycle", "a", "config.value")]

    def test_a_circle_through_a_setting_inside_is_found_there(self) -> None:
        document = d.document(
            d.loop("again", "{{ nodes.after.output }}"),
            *d.inside("again", d.transform("a")),
            d.transform("after"),
            edges=("again > after",),
        )
        assert places(document) == [("cycle", "again", "config.until")]

    def test_a_circle_of_two_bodies_is_found(self) -> None:
        document = d.document(
            d.each("one"),
            d.each("two"),
            *d.inside("one", d.transform("a", "{{ nodes.two.output }}")),
            *d.inside("two", d.transform("b", "{{ nodes.one.output }}")),
        )
        assert [problem.code for problem in problems(document)] == ["cycle"]

    def test_a_body_cannot_read_the_other_branch(self) -> None:
        document = d.document(
            d.condition("ask"),
            d.transform("no"),
            d.each("each"),
            *d.inside("each", d.transform("a", "{{ nodes.no.output }}")),
            edges=("ask.true > each", "ask.false > no"),
        )
        assert places(document) == [("impossible-reference", "a", "config.value")]

    def test_branches_inside_a_body_exclude_each_other(self) -> None:
        document = d.document(
            d.each("each"),
            *d.inside("each", d.condition("ask"), d.transform("a"), d.transform("b", "{{ nodes.a.output }}")),
            edges=("ask.true > a", "ask.false > b"),
        )
        assert places(document) == [("impossible-reference", "b", "config.value")]

    def test_a_result_may_read_all_branches(self) -> None:
        document = d.document(
            d.each("each", result="{{ nodes.a.output or nodes.b.output }}"),
            *d.inside("each", d.condition("ask"), d.transform("a"), d.transform("b")),
            edges=("ask.true > a", "ask.false > b"),
        )
        assert problems(document) == ()


class TestPlaces:
    """Where nodes and edges may stand."""

    def test_a_container_in_itself(self) -> None:
        document = d.document(*d.inside("again", d.loop("again"), d.transform("a")))
        assert places(document) == [("container-in-itself", "again", "parent")]

    def test_containers_in_each_other_in_a_circle(self) -> None:
        document = d.document(
            *d.inside("b", d.loop("a")), *d.inside("c", d.loop("b")), *d.inside("a", d.loop("c"))
        )
        (problem,) = problems(document)
        assert (problem.code, problem.node) == ("container-in-itself", "a")
        assert "a in b in c in a" in problem.message

    def test_a_nest_that_is_too_deep(self) -> None:
        document = d.document(*nest(MOST_NESTED + 1, d.transform("deep", "{{ index }}")))
        assert places(document) == [("too-deep", f"l{MOST_NESTED}", "parent")]

    def test_a_very_deep_nest_takes_no_time(self) -> None:
        document = d.document(*nest(5_000, d.transform("deep", "{{ nodes.l0.index }}")))
        assert [problem.code for problem in problems(document)][:1] == ["too-deep"]

    @pytest.mark.parametrize("node", [None, d.node("memo", "note")], ids=["nothing", "note"])
    def test_an_empty_container(self, node: dict[str, Any] | None) -> None:
        document = d.document(d.each("each"), *(d.inside("each", node) if node else ()))
        assert places(document) == [("empty-container", "each", None)]

    @pytest.mark.parametrize("node", [d.start(), d.output("end")], ids=["input", "output"])
    def test_start_and_end_stand_outside(self, node: dict[str, Any]) -> None:
        document = d.document(d.each("each"), *d.inside("each", node))
        assert places(document) == [("not-in-container", node["id"], "parent")]

    @pytest.mark.parametrize(
        ("edge", "end"),
        [("out > a", "a"), ("a > out", "out"), ("each > a", "a"), ("a > each", "each"), ("a > b", "b")],
    )
    def test_an_edge_across_a_border(self, edge: str, end: str) -> None:
        document = d.document(
            d.transform("out"),
            d.each("each"),
            d.loop("again"),
            *d.inside("each", d.transform("a")),
            *d.inside("again", d.transform("b")),
            edges=(edge,),
        )
        assert places(document) == [("edge-across-border", end, "edges.0")]

    def test_an_edge_across_a_border_says_what_to_do(self) -> None:
        document = d.document(
            d.transform("out"), d.each("each"), *d.inside("each", d.transform("a")), edges=("out > a",)
        )
        (problem,) = problems(document)
        assert problem.message == "An edge connects “a”, which stands in “each”, with “out”, which does not."
        assert problem.hint == "Connect “out” with “each” itself; inside, read nodes.out.output."

    def test_a_parent_of_an_unknown_type_is_one_problem(self) -> None:
        document = d.document(
            d.node("each", "mapp"),
            *d.inside("each", d.transform("a", "{{ item }}"), d.transform("b")),
            edges=("a > b",),
        )
        assert places(document) == [("unknown-node-type", "each", "type")]


class TestReading:
    """What can be read from where."""

    def test_a_node_outside_cannot_read_inside(self) -> None:
        document = d.document(
            d.each("each"), *d.inside("each", d.transform("a")), d.transform("out", "{{ nodes.a.output }}")
        )
        (problem,) = problems(document)
        assert (problem.code, problem.node, problem.field) == (
            "reference-into-container", "out", "config.value"
        )  # fmt: skip
        assert problem.hint == "Read nodes.each.output, or move the node that reads into “each”."

    def test_an_output_of_the_document_cannot_read_inside(self) -> None:
        document = d.document(
            d.each("each"), *d.inside("each", d.transform("a")), outputs={"x": "{{ nodes.a.output }}"}
        )
        assert places(document) == [("reference-into-container", None, "outputs.x")]

    def test_a_setting_outside_cannot_read_inside(self) -> None:
        document = d.document(d.each("each", "{{ nodes.a.output }}"), *d.inside("each", d.transform("a")))
        assert places(document) == [("reference-into-container", "each", "config.items")]

    def test_a_body_cannot_read_a_siblings_inside(self) -> None:
        document = d.document(
            d.each("one"),
            d.each("two"),
            *d.inside("one", d.transform("a")),
            *d.inside("two", d.transform("b", "{{ nodes.a.output }}")),
        )
        (problem,) = problems(document)
        assert (problem.code, problem.node) == ("reference-into-sibling", "b")
        assert "nodes.one.output" in problem.hint

    def test_a_body_cannot_read_its_own_containers_output(self) -> None:
        document = d.document(
            d.loop("again"), *d.inside("again", d.transform("a", "{{ nodes.again.output }}"))
        )
        (problem,) = problems(document)
        assert (problem.code, problem.node) == ("reference-to-own-container", "a")
        assert problem.hint == "Inside it, read nodes.again.index or nodes.again.last."

    def test_a_container_cannot_read_its_own_output(self) -> None:
        inner = d.inside("again", d.transform("a"))
        assert places(d.document(d.loop("again", "{{ nodes.again.output }}"), *inner)) == [
            ("reference-to-own-container", "again", "config.until")
        ]
        assert places(d.document(d.loop("again", initial="{{ nodes.again.output }}"), *inner)) == [
            ("reference-to-self", "again", "config.initial")
        ]

    def test_a_body_reads_all_that_stands_around_it(self) -> None:
        plan = compiled(
            d.transform("out"),
            d.each("each"),
            *d.inside("each", d.transform("a"), d.loop("again")),
            *d.inside(
                "again", d.transform("b", "{{ [nodes.a.output, nodes.out.output, inputs.x, run.id] }}")
            ),
        )
        assert body_of(plan, "each", "again").outer == ("a", "out")

    def test_names_of_a_container_are_not_read_outside(self) -> None:
        document = d.document(
            d.each("each"), *d.inside("each", d.transform("a")), d.transform("b", "{{ nodes.each.item }}")
        )
        (problem,) = problems(document)
        assert (problem.code, problem.hint) == (
            "unknown-result",
            "Only nodes in “each” read nodes.each.item.",
        )


class TestNames:
    """`item`, `index`, `last` and `result`."""

    @pytest.mark.parametrize(
        ("container", "expression", "known"),
        [
            (d.each("c"), "item", True),
            (d.each("c"), "index", True),
            (d.each("c"), "last", False),
            (d.each("c"), "result", False),
            (d.loop("c"), "item", False),
            (d.loop("c"), "index", True),
            (d.loop("c"), "last.score", True),
            (d.loop("c"), "result", False),
        ],
    )
    def test_a_body_knows_those_of_its_container(
        self, container: dict[str, Any], expression: str, known: bool
    ) -> None:
        document = d.document(container, *d.inside("c", d.transform("a", f"{{{{ {expression} }}}}")))
        assert places(document) == ([] if known else [("name-not-here", "a", "config.value")])

    @pytest.mark.parametrize("name", ["item", "index", "last", "result"])
    def test_none_is_known_at_the_top(self, name: str) -> None:
        (problem,) = problems(d.document(d.transform("a", f"{{{{ {name} }}}}")))
        assert (problem.code, problem.message) == ("name-not-here", f"There is no “{name}” here.")
        assert name in problem.hint

    def test_none_is_known_in_the_documents_outputs(self) -> None:
        document = d.document(outputs={"x": "{{ item }}"})
        assert places(document) == [("name-not-here", None, "outputs.x")]

    @pytest.mark.parametrize(
        ("container", "field"),
        [
            (d.each("c", result="{{ item ~ index }}"), None),
            (d.each("c", result="{{ result }}"), "config.result"),
            (d.each("c", "{{ item }}"), "config.items"),
            (d.pages("c", "{{ result.next or item }}"), None),
            (d.loop("c", "{{ result == last }}"), None),
            (d.loop("c", result="{{ last }}"), None),
            (d.loop("c", initial="{{ last }}"), "config.initial"),
        ],
    )
    def test_settings_inside_read_the_names(self, container: dict[str, Any], field: str | None) -> None:
        document = d.document(container, *d.inside("c", d.transform("a")))
        assert places(document) == ([("name-not-here", "c", field)] if field else [])

    def test_a_setting_outside_says_when_it_is_evaluated(self) -> None:
        (problem,) = problems(d.document(d.each("c", "{{ item }}"), *d.inside("c", d.transform("a"))))
        assert problem.hint.startswith("“items” is evaluated before the first pass.")

    def test_an_inner_body_has_its_own_names_only(self) -> None:
        document = d.document(
            d.each("each"),
            *d.inside("each", d.loop("again")),
            *d.inside("again", d.transform("a", "{{ item }}")),
        )
        (problem,) = problems(document)
        assert (problem.code, problem.hint) == ("name-not-here", "That of “each” is nodes.each.item.")

    def test_inner_settings_outside_have_the_names_around(self) -> None:
        plan = compiled(
            d.each("each"),
            *d.inside("each", d.each("inner", "{{ item.lines }}")),
            *d.inside("inner", d.transform("a", "{{ item }}")),
        )
        assert body_of(plan, "each").outer == ()

    @pytest.mark.parametrize(
        "text",
        [
            "{% for item in inputs.x %}{{ item }}{% endfor %}",
            "{% for item in inputs.x if item.open %}{{ item.a }}{% endfor %}",
            "{% set last = 1 %}{{ last }}",
            "{% for x in inputs.x %}{% set index = x %}{{ index }}{% endfor %}",
            "{{ inputs.x | last }} {{ inputs.item }}",
        ],
    )
    def test_a_variable_of_the_same_name_hides_it(self, text: str) -> None:
        assert problems(d.document(d.transform("a", text))) == ()

    @pytest.mark.parametrize(
        "text",
        [
            "{% for item in item.parts %}{{ item }}{% endfor %}",
            "{% for item in inputs.x %}{% endfor %}{{ item }}",
            "{% set last = last %}",
        ],
    )
    def test_it_is_hidden_only_where_the_variable_is(self, text: str) -> None:
        assert places(d.document(d.transform("a", text))) == [("name-not-here", "a", "config.value")]


class TestActivities:
    """What becomes of the activities in a body."""

    @staticmethod
    def http(plan: Plan, *way: str) -> ActivityStep:
        step = steps(body_of(plan, *way))["ask"]
        assert isinstance(step, ActivityStep)
        return step

    def test_secret_settings_take_the_names_of_a_pass_along(self) -> None:
        url = "http://a/{{ secrets.KEY }}/{{ item }}/{{ nodes.each.index }}/{{ nodes.rate.output }}"
        plan = compiled(d.transform("rate"), d.each("each"), *d.inside("each", d.http("ask", url)))
        assert self.http(plan, "each").reads == ("item", "nodes.each", "nodes.rate")

    def test_they_are_local_by_themselves(self) -> None:
        plan = compiled(d.each("each"), *d.inside("each", d.http("ask")))
        assert self.http(plan, "each").local

    def test_in_a_container_that_races_they_are_regular(self) -> None:
        plan = compiled(
            d.each("each"),
            *d.inside("each", d.loop("again")),
            *d.inside("again", d.http("ask")),
            d.transform("other"),
            d.merge("first", wait_for="any"),
            edges=("each > first", "other > first"),
        )
        assert not self.http(plan, "each", "again").local

    def test_behind_a_race_in_their_own_body_they_are_regular(self) -> None:
        plan = compiled(
            d.each("each"),
            *d.inside("each", d.http("ask"), d.transform("other"), d.merge("first", wait_for="any")),
            edges=("ask > first", "other > first"),
        )
        assert not self.http(plan, "each").local


def test_checking_evaluates_nothing() -> None:
    heavy = "{% for n in range(100000) %}{{ n }}{% endfor %}"
    document = d.document(
        d.each("each", "{{ range(100000) | list }}"), *d.inside("each", d.transform("a", heavy))
    )
    before = expressions.spent()
    assert problems(document) == ()
    assert compiler.compile(document).steps
    assert expressions.spent() == before


NAMES = ("a", "b", "c", "d", "e")
READ = st.sampled_from(
    [*(f"nodes.{name}.output" for name in NAMES), "nodes.a.item", "item", "last", "result"]
)


@st.composite
def odd_nodes(draw: Any) -> dict[str, Any]:
    """Draw a node that may stand and read anywhere."""
    kind = draw(st.sampled_from(["map", "loop", "loop", "transform", "input", "note", "mapp"]))
    read = f"{{{{ {draw(READ)} }}}}"
    settings = {"map": {"items": read, "result": read}, "loop": {"until": read}, "transform": {"value": read}}
    parent = draw(st.sampled_from([None, "gone", *NAMES]))
    return d.node(draw(st.sampled_from(NAMES)), kind, settings.get(kind), parent=parent)


@given(
    st.lists(odd_nodes(), max_size=8),
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=4),
)
def test_no_document_is_too_odd(nodes: list[dict[str, Any]], pairs: list[tuple[str, str]]) -> None:
    """Whatever stands in what, it is checked; what has no problems has a plan."""
    document = d.document(*nodes, edges=tuple(f"{source} > {target}" for source, target in pairs))
    compiler.implied_edges(document)
    if not problems(document):
        assert compiler.compile(document).name
