"""Compensations and concurrency groups in documents: compiled, and every mistake named at its field."""

from typing import Any

import pytest

from engine import compiler
from engine.contracts import ActivityStep, MapStep
from tests.engine import documents as d


def undone(by: str, parent: str | None = None) -> dict[str, Any]:
    return {**d.http("book", policy={"compensate": by}), **({"parent": parent} if parent else {})}


def test_the_node_that_undoes_is_no_part_of_the_flow() -> None:
    document = d.document(d.start(), undone("cancel"), d.http("cancel"), edges=("start > book",))
    plan = compiler.compile(document)
    assert [step.id for step in plan.steps] == ["start", "book"]
    assert {name: step.id for name, step in plan.compensations.items()} == {"book": "cancel"}


def test_it_may_read_what_it_undoes() -> None:
    cancel = d.http("cancel", "http://127.0.0.1/{{ nodes.book.output.id }}")
    assert compiler.check(d.document(undone("cancel"), cancel)) == ()


@pytest.mark.parametrize(
    ("nodes", "edges", "field"),
    [
        ((undone("nothing"),), (), "policy.compensate"),
        ((undone("book"),), (), "policy.compensate"),
        ((undone("cancel"), d.http("cancel", policy={"compensate": "book"})), (), "policy.compensate"),
        ((undone("cancel"), d.http("cancel")), ("book > cancel",), "policy.compensate"),
        ((undone("check"), d.condition("check")), (), "policy.compensate"),
        (
            (undone("cancel"), d.http("cancel"), d.transform("t", "{{ nodes.cancel.output }}")),
            (),
            "config.value",
        ),
        (
            (undone("cancel"), d.http("cancel"), d.http("other", policy={"compensate": "cancel"})),
            (),
            "policy.compensate",
        ),
    ],
)
def test_mistakes_are_named(nodes: tuple[dict[str, Any], ...], edges: tuple[str, ...], field: str) -> None:
    found = compiler.check(d.document(*nodes, edges=edges))
    assert ("bad-compensation", field) in [(problem.code, problem.field) for problem in found]


GROUP = {"group": "printer", "limit": 2, "across": "all"}


def test_a_concurrency_group_reaches_the_step() -> None:
    step = compiler.compile(d.document(d.http("fetch", policy={"concurrency": GROUP}))).steps[0]
    assert isinstance(step, ActivityStep)
    assert step.slots is not None
    assert step.slots.model_dump() == GROUP


def test_a_step_that_does_no_work_has_no_concurrency_group() -> None:
    found = compiler.check(d.document(d.transform("t", policy={"concurrency": GROUP})))
    assert [(problem.code, problem.field) for problem in found] == [("bad-policy", "policy.concurrency")]


def test_a_node_in_a_container_is_undone_by_one_that_stands_beside_it() -> None:
    read = "http://127.0.0.1/{{ item }}/{{ nodes.book.output.id }}"
    document = d.document(d.each("all"), *d.inside("all", undone("cancel"), d.http("cancel", read)))
    plan = compiler.compile(document)
    (all_,) = plan.steps
    assert isinstance(all_, MapStep)
    assert [step.id for step in all_.body.steps] == ["book"]
    assert {name: step.id for name, step in plan.compensations.items()} == {"book": "cancel"}


@pytest.mark.parametrize(("home", "other"), [("all", None), (None, "all"), ("all", "inner")])
def test_what_undoes_a_node_stands_in_the_same_container(home: str | None, other: str | None) -> None:
    nodes = (
        undone("cancel", parent=home),
        {**d.http("cancel"), "parent": other},
        *d.inside("all", d.each("inner")),
    )
    rest = (d.transform("x", parent="all"), d.transform("y", parent="inner"))
    found = compiler.check(d.document(d.each("all"), *nodes, *rest))
    assert [(problem.code, problem.field) for problem in found] == [("bad-compensation", "policy.compensate")]
