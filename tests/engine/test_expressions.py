"""What expressions give, what they refuse, and how they say so."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import expressions
from engine.errors import ExpressionError
from engine.expressions.__main__ import readme

CONTEXT: dict[str, Any] = {
    "inputs": {
        "name": "Ada",
        "age": 36,
        "nothing": None,
        "yes": True,
        "ratio": 2.0,
        "tags": ["a", "b"],
        "address": {"city": "London", "items": 5},
        "orders": [{"id": 1, "price": 2.5, "open": True}, {"id": 2, "price": 4}],
        "big": 2**70,
    },
    "nodes": {
        "fetch": {"output": {"items": [1, 2, 3], "title": None}, "status": "succeeded", "error": None},
        "skipped": {"output": None, "status": "skipped", "error": None},
    },
    "run": {"id": "r1", "started_at": "2030-01-31T09:00:00+00:00"},
}


def value(expression: str) -> Any:
    return expressions.render(f"{{{{ {expression} }}}}", CONTEXT)


def text(template: str) -> Any:
    return expressions.render(template, CONTEXT)


def refusal(template: str) -> str:
    with pytest.raises(ExpressionError) as caught:
        expressions.render(template, CONTEXT)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("inputs.age", 36),
        ("inputs.nothing", None),
        ("inputs.tags", ["a", "b"]),
        ("inputs.address", {"city": "London", "items": 5}),
        ("inputs.address.items", 5),
        ("inputs.orders[1].price", 4),
        ("inputs.orders[-1].id", 2),
        ('inputs["address"]["city"]', "London"),
        ("inputs.age + 1", 37),
        ("inputs.age / 8", 4.5),
        ("inputs.big", 2**70),
        ("-inputs.age * 2", -72),
        ("2 ** 3 * inputs.age", 288),
        ("inputs.age > 30 and inputs.yes", True),
        ("not inputs.tags", False),
        ("'x' if inputs.age > 40 else 'y'", "y"),
        ("nodes.fetch.output.items | length", 3),
        ("nodes.fetch.output.items[:2]", [1, 2]),
        ("inputs.tags + ['c']", ["a", "b", "c"]),
        ("{'a': inputs.age, 'b': [inputs.nothing]}", {"a": 36, "b": [None]}),
        ("(1, 'two')", [1, "two"]),
        ("inputs.tags == ['a', 'b']", True),
        ("inputs.orders | selectattr('open') | map(attribute='id') | list", [1]),
        ("inputs.orders | map(attribute='open') | list", [True, None]),
        ("inputs.name.upper().lower()[0]", "a"),
        ("inputs.address.get('street', '-')", "-"),
        ("'a,b'.split(',')[1].upper()", "B"),
        ("range(3)", [0, 1, 2]),
        ("dict(a=1)", {"a": 1}),
    ],
)
def test_a_lone_expression_gives_the_value_itself(source: str, expected: Any) -> None:
    assert value(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("'city' in inputs.address", True),
        ("'street' in inputs.address", False),
        ("'street' not in inputs.address", True),
        ("'a' in inputs.tags", True),
        ("'d' in inputs.name", True),
        ("'x' is in inputs.address", False),
    ],
)
def test_membership_looks_at_names_items_and_parts(source: str, expected: bool) -> None:
    assert value(source) is expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Hello, {{ inputs.name }}!", "Hello, Ada!"),
        ("{{ inputs.nothing }} {{ inputs.yes }} {{ inputs.ratio }}", "null true 2.0"),
        ("{{ inputs.nothing ~ inputs.yes ~ inputs.tags }}", 'nulltrue["a", "b"]'),
        ("See: {{ inputs.address }}", 'See: {"city": "London", "items": 5}'),
        ("{% if inputs.age > 30 %}old{% else %}young{% endif %}", "old"),
        ("{% for o in inputs.orders %}{{ loop.index }}:{{ o.id }} {% endfor %}", "1:1 2:2 "),
        ("{% for k, v in inputs.address.items() %}{{ k }}={{ v }} {% endfor %}", "city=London items=5 "),
        ("{% for k, v in inputs.address | items %}{{ k }} {% endfor %}", "city items "),
        ("{% for o in inputs.orders if o.id > 1 %}{{ o.id }}{% endfor %}", "2"),
        ("{% for o in inputs.nope | default([]) %}x{% else %}none{% endfor %}", "none"),
        ("{% for n in range(9) %}{% if n == 2 %}{% break %}{% endif %}{{ n }}{% endfor %}", "01"),
        ("{% set total = inputs.age + 1 %}{{ total }}", "37"),
        ("{% set a, b = 1, 2 %}{{ a }}{{ b }}", "12"),
        ("{% raw %}{{ not this }}{% endraw %} {{ inputs.age }}", "{{ not this }} 36"),
        ("{# {{ nor this }} #}{{ inputs.age + 0 }}!", "36!"),
        ("a\n{%- if inputs.yes %} b{% endif -%}\n c", "a bc"),
        ("{{ '}}' ~ inputs.name }}.", "}}Ada."),
    ],
)
def test_any_other_text_is_filled_in(template: str, expected: str) -> None:
    assert text(template) == expected


def test_a_sum_is_carried_out_of_a_loop_by_a_namespace() -> None:
    loop = "{% for o in inputs.orders %}{% set ns.sum = ns.sum + o.price * 2 %}{% endfor %}"
    assert text("{% set ns = namespace(sum=0) %}" + loop + "{{ ns.sum }}") == "13"


def test_tags_on_lines_of_their_own_leave_no_empty_lines() -> None:
    report = "# Orders\n{% for order in inputs.orders %}\n- {{ order.id }}\n{% endfor %}\nEnd\n"
    assert text(report) == "# Orders\n- 1\n- 2\nEnd\n"


def test_groups_have_names_and_can_be_unpacked() -> None:
    named = "{% for g in inputs.orders | groupby('open') %}{{ g.grouper }}:{{ g.list | length }} {% endfor %}"
    pairs = "{% for key, rows in inputs.orders | groupby('open') %}{{ key }}:{{ rows | length }} {% endfor %}"
    assert text(named) == text(pairs) == "null:1 true:1 "


def test_white_space_around_a_lone_expression_does_not_make_it_text() -> None:
    assert text("  {{ inputs.age }}\n") == 36
    assert text("{{- inputs.age + 0 -}}") == 36


def test_a_value_is_rendered_inside_objects_and_lists() -> None:
    template = {"who": "{{ inputs.name }}", "list": ["{{ inputs.age }}", 1, None], "literal": "as it is"}
    assert expressions.render(template, CONTEXT) == {
        "who": "Ada",
        "list": [36, 1, None],
        "literal": "as it is",
    }


class TestWhatIsNotThere:
    """Reading it is an error that names it; a null that is there is a value."""

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("inputs.nope", "“inputs.nope” is not there: “inputs” has name, age"),
            ("inputs.nope.more", "“inputs.nope” is not there"),
            ("inputs.nope + 1", "“inputs.nope” is not there"),
            ("inputs.nope | upper", "“inputs.nope” is not there"),
            ("[inputs.nope]", "“inputs.nope” is not there"),
            ("inputs.items", "“inputs.items” is not there"),
            ("inputs.name.first", "“inputs.name” is text, so it has no “first”"),
            ("[inputs.name.first]", "“inputs.name” is text, so it has no “first”"),
            ("{'a': inputs.name.first}", "“inputs.name” is text, so it has no “first”"),
            ("inputs.nothing.more", "“inputs.nothing” is null, so it has no “more”"),
            ("inputs.tags[7]", "“inputs.tags” has 2 items, so there is no item 7"),
            ("inputs.orders.price", "“inputs.orders” is a list"),
            ("nodes.skipped.output.title", "“nodes.skipped.output” is null"),
            ("nodes.later.output", "The step “later” has no result here."),
            ("secrets.TOKEN", "“secrets” cannot be used here."),
            ("nope", "There is no “nope” here."),
            ("'a' if not inputs.yes", "The expression gives nothing"),
        ],
    )
    def test_it_is_named(self, source: str, said: str) -> None:
        assert said in refusal(f"{{{{ {source} }}}}")

    @pytest.mark.parametrize("template", ["x {{ inputs.nope }}", "{% if inputs.name.x %}{% endif %}"])
    def test_it_is_named_in_text_too(self, template: str) -> None:
        assert "“inputs" in refusal(template)

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("inputs.nope | default('-')", "-"),
            ("inputs.nope.more.still | default('-')", "-"),
            ("inputs.orders[7].id | default('-')", "-"),
            ("inputs[inputs.name] | default('-')", "-"),
            ("inputs.name | default('-')", "Ada"),
            ("inputs.nothing | default('-')", None),
            ("inputs.nope is defined", False),
            ("inputs.nope is not defined", True),
            ("inputs.nothing is defined", True),
            ("inputs.name.first is undefined", True),
        ],
    )
    def test_it_can_be_asked_for(self, source: str, expected: Any) -> None:
        assert value(source) == expected


class TestNoWayOut:
    """Nothing but JSON goes in or comes out, and nothing that a run knows can be changed."""

    @pytest.mark.parametrize(
        "source",
        [
            "inputs.__class__",
            "''.__class__.__mro__",
            "().__class__",
            "inputs['__class__']",
            "inputs.name.__init__.__globals__",
            "inputs | attr('clear')",
            "inputs.clear()",
            "inputs.tags.append('c')",
            "inputs.address.pop('city')",
            "inputs.name['upper']()",
            "self",
            "loop",
            "range",
            "namespace(a=1)",
            "debug()",
            "now()",
            "'{0.__class__}'.format(1)",
            "1e308 * 10",
            "{1: 2}",
        ],
    )
    def test_it_is_refused(self, source: str) -> None:
        refusal(f"{{{{ {source} }}}}")

    @pytest.mark.parametrize(
        "template",
        [
            "{% macro f() %}{% endmacro %}",
            "{% include 'x' %}",
            "{% import 'x' as x %}",
            "{% extends 'x' %}",
            "{% block a %}{% endblock %}",
            "{% call f() %}{% endcall %}",
            "{% filter upper %}a{% endfilter %}",
            "{% autoescape true %}{% endautoescape %}",
            "{% do inputs.clear() %}",
            "{% set x %}a{% endset %}",
            "{% for x in [1] recursive %}{% endfor %}",
            "{% set inputs = 1 %}",
            "{% set inputs.name = 1 %}",
            "{% for nodes in [1] %}{% endfor %}",
        ],
    )
    def test_a_statement_is_refused(self, template: str) -> None:
        refusal(template)

    def test_the_context_is_left_as_it_was(self) -> None:
        context = {"inputs": {"list": [1], "object": {"a": 1}}}
        for source in ("inputs.clear()", "inputs.list.append(2)", "inputs.object.update({'b': 2})"):
            with pytest.raises(ExpressionError):
                expressions.render(f"{{{{ {source} }}}}", context)
        assert context == {"inputs": {"list": [1], "object": {"a": 1}}}


BIG = {"inputs": {"text": "x" * 2_000_000, "rows": [{"id": n, "t": f"T{n}"} for n in range(5_000)]}}
LONG = "{% set t = 'x' | repeat(200000) %}{% for i in range(60000) %}"


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'a' * 1000000000 }}",
        "{{ [1] * 1000000000 }}",
        "{{ [[[1] * 9999] * 9999] * 9999 }}",
        "{{ 'a' | repeat(1000000000) }}",
        "{{ 'a' | indent(1000000000) }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ '%*d' | format(1000000000, 1) }}",
        "{{ run.started_at | date('%1000000000Y') }}",
        "{{ [1] | batch(1000000000, 1) }}",
        "{{ 'a' | repeat(100000) | replace('a', 'b' | repeat(100000)) }}",
        "{{ range(100000) | map('string') | join('x' | repeat(10000)) }}",
        "{{ inputs.text | list | map('repeat', 100000) | list }}",
        "{{ range(1000000000) }}",
        "{{ 9 ** 9 ** 9 ** 9 }}",
        "{{ 1 | round(1000000000) }}",
        "{{ inputs.text | wordwrap(1) }}",
        "{{ ('[' | repeat(100000)) | fromjson }}",
        "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
        "{% for i in range(1000000000) %}{% endfor %}",
        "{% set s = 'aaaaaaaa' %}" + "{% set s = s ~ s %}" * 40 + "{{ s }}",
        "{% set s = [1] %}" + "{% set s = s + s %}" * 40 + "{{ s }}",
        "{% set s = [1] %}" + "{% set s = [s, s] %}" * 40 + "{{ s }}",
        "{% set n = namespace(s='aaaaaaaa') %}{% for i in range(40) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
        "{% for i in range(90000) %}" + "y" * 900 + "{% endfor %}",
        "{% for i in range(90000) %}{% raw %}" + "y" * 900 + "{% endraw %}{% endfor %}",
        LONG + "{{ t }}{% endfor %}",
        LONG + "{% if t[1:] %}{% endif %}{% endfor %}",
        LONG + "{{ t | upper | length }}{% endfor %}",
        LONG + "{{ t.split('x') | length }}{% endfor %}",
        "{% for i in range(9000) %}{% if 'zz' in inputs.text %}{% endif %}{% endfor %}",
        "{% for i in range(9000) %}{% if inputs.rows == inputs.rows %}{% endif %}{% endfor %}",
        "{% for i in range(9000) %}{% if 5 in inputs.rows %}{% endif %}{% endfor %}",
        "{% for i in range(9000) %}{{ inputs.rows | sort(attribute='t') | length }}{% endfor %}",
        "{% for t in [inputs.text] %}"
        "{% for i in range(9999) %}{% if t[1:] %}{% endif %}{% endfor %}{% endfor %}",
        "{{ " + "not " * 20_000 + "1 }}",
        "{{ 1" + "+1" * 20_000 + " }}",
        "{{ " + "(" * 400 + "1" + ")" * 400 + " }}",
        "{% if 1 %}" + "{% elif 1 %}" * 5_000 + "{% endif %}",
        "{{ '" + "a" * 200_000 + "' }}",
    ],
    ids=lambda template: template[:40],
)
def test_what_would_take_over_the_process_is_refused(template: str) -> None:
    with pytest.raises(ExpressionError):
        expressions.render(template, {**BIG, "run": {"started_at": "2030-01-31T09:00:00Z"}})


def test_a_report_on_thousands_of_rows_is_written() -> None:
    report = "{% for row in inputs.rows %}| {{ row.id }} | {{ row.t | upper }} |\n{% endfor %}"
    assert expressions.render(report, BIG).count("\n") == 5_000


def test_large_data_passes_on_whole() -> None:
    large = {"inputs": {"text": "x" * 20_000_000}}
    assert expressions.render("{{ inputs.text }}", large) is large["inputs"]["text"]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{{ 1 + }}", "expression-syntax"),
        ("{{ inputs.a", "expression-syntax"),
        ("{{ (1] }}", "expression-syntax"),
        ("{% if inputs.a %}", "expression-syntax"),
        ("{{ 'abc }}", "expression-syntax"),
        ("{{ inputs.a ! }}", "expression-syntax"),
        ("{# never ends", "expression-syntax"),
        ("{{ inputs.a | uper }}", "unknown-filter"),
        ("{{ inputs.a is prime }}", "unknown-test"),
        ("{{ lipsum() }}", "unknown-function"),
        ("{{ inputs.a.explode() }}", "unknown-method"),
        ("{{ input.a }}", "unknown-name"),
        ("{% for x in y %}{% endfor %}", "unknown-name"),
        ("{% include 'x' %}", "forbidden-statement"),
        ("{% set inputs = 1 %}", "forbidden-name"),
        ("{{ '" + "a" * 100_001 + "' }}", "expression-too-long"),
    ],
)
def test_faults_are_found_without_evaluating(source: str, code: str) -> None:
    assert [fault.code for fault in expressions.faults(source)] == [code]


def test_a_fault_suggests_what_was_meant() -> None:
    assert expressions.faults("{{ inputs.a | uper }}")[0].hint == "Did you mean “upper”?"
    assert expressions.faults("{{ input.a }}")[0].hint == "Did you mean “inputs”?"


def test_all_faults_of_a_text_are_found() -> None:
    codes = {fault.code for fault in expressions.faults("{{ foo | nope }} {{ bar() }} {{ 1 is odder }}")}
    assert codes == {"unknown-name", "unknown-filter", "unknown-function", "unknown-test"}


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("{{ nodes.a.output.items }}", {("nodes", "a", "output", "items")}),
        ("{{ nodes.a.output[:3] }}", {("nodes", "a", "output")}),
        ("{{ nodes['a'].output['b c'][0] }}", {("nodes", "a", "output", "b c", 0)}),
        ("{{ nodes[inputs.which].output }}", {("nodes",), ("inputs", "which")}),
        ("{{ nodes.a.output.items() }}", {("nodes", "a", "output")}),
        (
            "{{ 'x' if nodes.a.status == 'failed' else inputs.b }}",
            {("nodes", "a", "status"), ("inputs", "b")},
        ),
        ("{% for x in nodes.a.output %}{{ x.title }}{% endfor %}", {("nodes", "a", "output")}),
        ("{% set x = nodes.a %}{{ x.output }}", {("nodes", "a")}),
        ("{{ inputs.a | map(attribute=inputs.b) }}", {("inputs", "a"), ("inputs", "b")}),
        ("{{ dict(nodes=inputs.a) }}", {("inputs", "a")}),
        ("{{ 'nodes.a' }} {# nodes.b #}{% raw %}{{ nodes.c }}{% endraw %}", set()),
        ("{{ run.id }} {{ secrets.TOKEN[:3] }}", {("run", "id"), ("secrets", "TOKEN")}),
        ("no expression", set()),
    ],
)
def test_references_are_found_without_evaluating(source: str, paths: set[tuple[str | int, ...]]) -> None:
    assert expressions.references({"any": [source]}) == paths


@pytest.mark.parametrize("entry", expressions.CATALOGUE, ids=lambda entry: f"{entry.group}-{entry.name}")
def test_the_examples_in_the_help_are_true(entry: expressions.Entry) -> None:
    assert value(entry.example) == entry.result


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("inputs.nothing | upper", "“upper” needs text, not null."),
        ("inputs.tags | sum", "“sum” needs a number, not text."),
        ("inputs.tags | map('round') | list", "“map” cannot apply “round”: it needs a number, not text."),
        ("inputs.age | join", "“join” needs a list, not a number."),
        ("'x' | int", "“int” needs a number, not 'x'"),
        ("'x' | date", "“date” needs an instant such as 2030-01-31T09:00:00Z, not 'x'."),
        ("'{' | fromjson", "“fromjson” needs JSON text"),
        ("'a' | replace('b')", "“replace” cannot be used like this"),
        ("'a' * 3", "Only numbers can be multiplied, not text"),
        ("inputs.age / 0", "Unable to calculate 36 / 0."),
        ("inputs.age < 'x' | nope", "There is no filter “nope”."),
    ],
)
def test_misuse_is_explained(source: str, said: str) -> None:
    assert said in refusal(f"{{{{ {source} }}}}")


def test_the_readme_is_up_to_date() -> None:
    assert (Path(expressions.__file__).parent / "README.md").read_text() == readme()


PIECES = """{{ }} {% %} {{- -}} inputs .name .tags [0] [1:] ['a'] ( ) [ ] { } , : = == < ~ + - * ** | |upper
|length |default(1) .get('a') .split(',') is not in and or if else endif for endfor set x loop range(3) 1 2.
'b' '}}' none true nodes.fetch.output .0 defined namespace(a=1) é {# #}"""


@given(st.lists(st.sampled_from(PIECES.split()), max_size=25).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_gives_a_value_or_a_reason(template: str) -> None:
    try:
        given = expressions.render(template, CONTEXT)
    except ExpressionError as error:
        given = str(error)
    assert json.dumps(given, allow_nan=False)
