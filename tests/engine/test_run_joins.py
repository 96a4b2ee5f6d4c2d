"""Switches, failures that a document states, and merges that do not wait for all of their branches."""

import pytest

from engine import compiler
from engine.contracts import NodeRecord
from tests.engine import documents as d
from tests.engine.conftest import Rig
from tests.engine.plans import delay, fail, fake, merge, output, plan, start, switch, transform

SIZES = {"large": "{{ inputs.n > 100 }}", "some": "{{ inputs.n > 10 }}"}


def behind_each_port(matches: str) -> list[object]:
    """Return a switch with a step behind each of its ports, joined."""
    ports = ["large", "some", "default"]
    steps = [transform(f"is_{port}", port, f"size.{port}") for port in ports]
    joined = merge("joined", *(step.id for step in steps), mode="list")
    return [start(), switch("size", SIZES, "start", matches=matches), *steps, joined]


@pytest.mark.parametrize(
    ("matches", "n", "taken", "said"),
    [
        ("first", 500, ["large"], "large"),
        ("first", 50, ["some"], "some"),
        ("first", 5, ["default"], "default"),
        ("all", 500, ["large", "some"], ["large", "some"]),
        ("all", 5, ["default"], ["default"]),
    ],
)
async def test_switch_is_left_by_what_matches(
    rig: Rig, matches: str, n: int, taken: list[str], said: object
) -> None:
    ran = await rig.run(plan(*behind_each_port(matches)), {"n": n})
    assert (ran.nodes["joined"].output, ran.nodes["size"].output) == (taken, said)
    assert ran.nodes["size"].ports == tuple(taken)


async def test_case_behind_the_first_match_is_not_evaluated(rig: Rig) -> None:
    ran = await rig.run(plan(switch("way", {"a": "{{ true }}", "b": "{{ inputs.missing }}"})))
    assert ran.nodes["way"].ports == ("a",)


async def test_case_that_cannot_be_evaluated_fails_the_switch(rig: Rig) -> None:
    ran = await rig.run(plan(switch("way", {"a": "{{ inputs.missing }}"})))
    assert (ran.record.status, ran.nodes["way"].error and ran.nodes["way"].error.kind) == (
        "failed",
        "expression",
    )


async def test_fail_ends_the_run_with_its_own_error(rig: Rig) -> None:
    stop = fail("stop", "Order {{ inputs.id }} is empty", "work", kind="empty-order")
    ran = await rig.run(plan(fake("slow", seconds=4), fake("work"), stop), {"id": 7})
    assert ran.record.error
    assert (ran.record.error.kind, ran.record.error.message, ran.record.error.node) == (
        "empty-order", "Order 7 is empty", "stop"
    )  # fmt: skip
    assert (ran.record.status, ran.statuses["slow"]) == ("failed", "cancelled")


async def test_fail_that_is_not_reached_fails_nothing(rig: Rig) -> None:
    ran = await rig.run(plan(switch("way", {"bad": "{{ false }}"}), fail("stop", "no", "way.bad")))
    assert (ran.record.status, ran.statuses["stop"]) == ("succeeded", "skipped")


async def test_first_branch_wins_and_the_rest_is_cancelled(rig: Rig) -> None:
    race = merge("winner", "quick", "local", "regular", "behind", "patience", needs=1)
    ran = await rig.run(
        plan(
            fake("quick", value="quick"),
            fake("local", seconds=4),
            fake("regular", seconds=60, local=False, timeout_s=99.0),
            fake("before", seconds=4),
            transform("behind", 1, "before"),
            delay("patience", seconds=3600),
            race,
            output("won", "{{ nodes.winner.output }}", "winner"),
        )
    )
    assert ran.outputs == {"won": "quick"}
    assert ran.statuses == {
        "quick": "succeeded", "local": "cancelled", "regular": "cancelled", "before": "cancelled",
        "behind": "skipped", "patience": "cancelled", "winner": "succeeded", "won": "succeeded",
    }  # fmt: skip


async def test_enough_branches_are_at_least_so_many(rig: Rig) -> None:
    slow = fake("slow", seconds=4)
    ran = await rig.run(
        plan(fake("a", seconds=0.3), fake("b"), slow, merge("two", "slow", "a", "b", mode="object", needs=2))
    )
    assert list(ran.nodes["two"].output) == ["a", "b"]
    assert ran.statuses["slow"] == "cancelled"


async def test_an_expression_says_how_many_branches_are_enough(rig: Rig) -> None:
    race = merge("two", "slow", "a", "b", mode="object", needs="{{ inputs.n / 2 }}")
    ran = await rig.run(plan(fake("a", seconds=0.3), fake("b"), fake("slow", seconds=4), race), {"n": 4})
    assert list(ran.nodes["two"].output) == ["a", "b"]
    assert ran.statuses["slow"] == "cancelled"


async def test_what_says_how_many_are_enough_is_waited_for(rig: Rig) -> None:
    race = merge("race", "a", "b", "slow", mode="object", needs="{{ nodes.ask.output }}")
    steps = [fake("a"), fake("b"), fake("ask", seconds=0.3, value=2), fake("slow", seconds=60, local=False)]
    ran = await rig.run(plan(*steps, race.model_copy(update={"after": ("ask",)})))
    assert list(ran.nodes["race"].output) == ["a", "b"]


@pytest.mark.parametrize("n", [0, -1, 4, 1.5, "two", None, True, [1]])
async def test_a_number_of_branches_that_cannot_be_fails_the_merge_at_once(rig: Rig, n: object) -> None:
    race = merge("race", "a", "b", "slow", needs="{{ inputs.n }}")
    ran = await rig.run(plan(fake("a"), fake("b"), fake("slow", seconds=4), race), {"n": n})
    assert ran.record.error
    assert (ran.record.error.kind, ran.record.error.node) == ("at-least-unfit", "race")
    assert "not a whole number from 1 to 3" in ran.record.error.message
    assert ran.statuses["slow"] == "cancelled"


async def test_an_expression_that_cannot_be_evaluated_fails_the_merge(rig: Rig) -> None:
    ran = await rig.run(plan(fake("a"), merge("race", "a", needs="{{ inputs.missing }}")))
    assert ran.record.error
    assert (ran.record.error.kind, ran.record.error.node) == ("expression", "race")


async def test_a_number_that_cannot_be_matters_only_where_a_branch_is_taken(rig: Rig) -> None:
    way = switch("way", {"a": "{{ false }}"})
    ran = await rig.run(plan(way, merge("never", "way.a", needs="{{ inputs.missing }}")))
    assert (ran.record.status, ran.statuses["never"]) == ("succeeded", "skipped")


async def test_what_something_else_needs_is_not_cancelled(rig: Rig) -> None:
    ran = await rig.run(
        plan(
            fake("quick"),
            fake("noted", seconds=0.3),
            fake("read", seconds=0.3, value="read"),
            fake("lost", seconds=4),
            merge("winner", "quick", "noted", "read", "lost", needs=1),
            transform("note", 1, "noted"),
            outputs={"read": "{{ nodes.read.output }}"},
        )
    )
    assert ran.outputs == {"read": "read"}
    assert {node_id for node_id, status in ran.statuses.items() if status != "succeeded"} == {"lost"}


async def test_timer_wins_over_a_request_that_takes_longer(real: Rig) -> None:
    request = d.http("ask", "http://127.0.0.1/")
    race = d.node("winner", "merge", {"wait_for": "any", "mode": "object"})
    patience = d.node("patience", "delay", {"seconds": 0.5})
    compiled = compiler.compile(
        d.document(request, patience, race, edges=("ask > winner", "patience > winner"))
    )
    steps = [
        step.model_copy(update={"type": "fake", "config": {"seconds": 60}}) if step.id == "ask" else step
        for step in compiled.steps
    ]
    ran = await real.run(compiled.model_copy(update={"steps": tuple(steps)}))
    assert list(ran.nodes["winner"].output) == ["patience"]
    assert ran.statuses["ask"] == "cancelled"


async def test_branch_that_fails_loses_the_race_without_failing_the_run(rig: Rig) -> None:
    broken = fake("broken", failures=1, on_error="continue")
    ran = await rig.run(plan(broken, fake("sound", value=1), merge("winner", "broken", "sound", needs=1)))
    assert (ran.statuses["broken"], ran.nodes["winner"].output) == ("failed", 1)


async def test_merge_fails_when_too_few_branches_are_left(rig: Rig) -> None:
    way = switch("way", {"a": "{{ true }}"})
    ran = await rig.run(plan(way, merge("two", "way.a", "way.default", needs=2)))
    assert ran.record.error
    assert (ran.record.error.kind, ran.record.error.node) == ("too-few-branches", "two")


async def test_merge_that_no_branch_reaches_is_skipped(rig: Rig) -> None:
    ran = await rig.run(plan(switch("way", {"a": "{{ false }}"}), merge("never", "way.a", needs=1)))
    assert (ran.record.status, ran.statuses["never"]) == ("succeeded", "skipped")


async def test_race_is_decided_before_and_after_a_run_continues_as_new(rig: Rig) -> None:
    chain = [fake(f"s{n}", *([f"s{n - 1}"] if n else ["winner"]), local=False) for n in range(12)]
    race = merge("winner", "quick", "patience", needs="{{ inputs.n }}")
    ran = await rig.run(
        plan(fake("quick"), delay("patience", seconds=3600), race, *chain), {"n": 1}, history_limit=20
    )
    assert (ran.record.status, ran.statuses["patience"], ran.statuses["s11"]) == (
        "succeeded", "cancelled", "succeeded"
    )  # fmt: skip
    assert await rig.executions(ran.run_id) > 1


def test_record_of_one_port_is_read_as_before() -> None:
    old = {"node_id": "a", "status": "succeeded", "port": "true"}
    assert NodeRecord.model_validate(old).ports == ("true",)
    assert NodeRecord.model_validate({**old, "port": None}).ports == ()
