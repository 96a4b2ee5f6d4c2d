"""Maps and loops, as runs execute them: passes, their results and failures, and what is carried over."""

from datetime import UTC, datetime

import pytest

from engine.contracts import ContainerState, ItemFailure, NodeRecord, Origin, Tally
from engine.errors import Failure
from tests.engine.conftest import Rig
from tests.engine.plans import (
    body,
    condition,
    delay,
    each,
    fail,
    fake,
    loop,
    merge,
    output,
    pages,
    plan,
    start,
    transform,
)

DOUBLED = body(transform("twice", "{{ item * 2 }}"))
ODD_FAILS = body(
    condition("odd", "{{ item % 2 == 1 }}"),
    fail("no", "{{ item }} is odd", "odd.true"),
    transform("yes", "{{ item }}", "odd.false"),
)

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def tally(done: int, failed: int = 0, total: int | None = None) -> Tally:
    return Tally(done=done, failed=failed, total=total)


async def test_map_runs_its_body_for_each_item_and_keeps_their_order(real: Rig) -> None:
    ran = await real.run(plan(each("all", "{{ inputs.n }}", DOUBLED, concurrency=2)), {"n": [3, 1, 2]})
    assert ran.nodes["all"].output == {"results": [6, 2, 4], "failures": []}
    assert ran.nodes["all"].tally == tally(3, total=3)


async def test_each_pass_is_recorded_in_its_scope(real: Rig) -> None:
    ran = await real.run(plan(each("all", [5, 6], DOUBLED)))
    assert {at: record.output for at, record in ran.nodes.items() if record.scope} == {
        "all/0/twice": 10,
        "all/1/twice": 12,
    }


async def test_results_keep_their_order_although_passes_end_in_another(real: Rig) -> None:
    inside = body(fake("work", seconds="{{ item }}", value="{{ index }}"))
    ran = await real.run(plan(each("all", [0.5, 0, 0.2], inside)))
    assert ran.nodes["all"].output["results"] == [0, 1, 2]


async def test_no_more_passes_are_under_way_than_the_limit(real: Rig) -> None:
    inside = body(fake("work", seconds=0.1))
    await real.run(plan(each("all", list(range(6)), inside, concurrency=2)))
    assert real.fake.most_at_once == 2


async def test_activities_of_different_passes_have_different_idempotency_keys(real: Rig) -> None:
    ran = await real.run(plan(each("all", [1, 2], body(fake("work")))))
    assert sorted(call.idempotency_key for call in real.fake.calls) == [
        f"{ran.run_id}:all/0/work",
        f"{ran.run_id}:all/1/work",
    ]


async def test_map_over_nothing_ends_at_once(real: Rig) -> None:
    ran = await real.run(plan(each("all", [], DOUBLED), transform("then", "{{ nodes.all.output }}", "all")))
    assert ran.nodes["then"].output == {"results": [], "failures": []}


async def test_items_that_are_no_list_fail_the_map(real: Rig) -> None:
    ran = await real.run(plan(each("all", "{{ inputs.n }}", DOUBLED)), {"n": {"a": 1}})
    assert ran.record.error
    assert (ran.record.error.kind, ran.record.error.node) == ("not-a-list", "all")


async def test_more_items_than_the_maximum_fail_the_map(real: Rig) -> None:
    ran = await real.run(plan(each("all", [1, 2, 3], DOUBLED, maximum=2)))
    assert ran.record.error
    assert ran.record.error.kind == "too-many-passes"


async def test_failed_pass_fails_the_map_which_names_it_and_keeps_what_was_done(real: Rig) -> None:
    ran = await real.run(plan(each("all", [2, 4, 5, 6], ODD_FAILS, concurrency=1)))
    assert ran.record.error == Failure(
        kind="failed", message="In pass 3 of all: 5 is odd", node="all", place="all/2/no"
    )
    assert ran.nodes["all"].output["results"] == [2, 4, None, None]
    assert "all/3/odd" not in ran.nodes


async def test_failed_pass_stops_the_other_passes(real: Rig) -> None:
    inside = body(
        condition("bad", "{{ item }}"),
        fake("work", "bad.true", seconds=0.5, local=False),
        fail("no", "bad", "work"),
        fake("slow", "bad.false", seconds=9, local=False),
    )
    ran = await real.run(plan(each("all", [False, True], inside, on_error="continue")))
    assert ran.record.status == "succeeded"
    assert ran.statuses["all/0/slow"] == "cancelled"


async def test_map_that_collects_leaves_null_where_a_pass_failed(real: Rig) -> None:
    ran = await real.run(plan(each("all", [2, 3], ODD_FAILS, on_item_error="collect")))
    found = ran.nodes["all"].output
    assert found["results"] == [2, None]
    assert [(one["index"], one["item"], one["error"]["message"]) for one in found["failures"]] == [
        (1, 3, "3 is odd")
    ]
    assert ran.nodes["all"].tally == tally(2, failed=1, total=2)


async def test_map_that_skips_leaves_failed_passes_out(real: Rig) -> None:
    ran = await real.run(plan(each("all", [1, 2, 3, 4], ODD_FAILS, on_item_error="skip")))
    assert ran.nodes["all"].output["results"] == [2, 4]
    assert len(ran.nodes["all"].output["failures"]) == 2


async def test_map_leaves_by_its_error_port(real: Rig) -> None:
    steps = [each("all", [1], ODD_FAILS, on_error="continue"), transform("mended", 1, "all.error")]
    ran = await real.run(plan(*steps, transform("fine", 1, "all")))
    assert (ran.statuses["mended"], ran.statuses["fine"]) == ("succeeded", "skipped")


async def test_expression_that_fails_in_the_middle_of_a_map_names_its_node(real: Rig) -> None:
    inside = body(transform("half", "{{ 10 // item }}"))
    ran = await real.run(plan(each("all", [1, 0], inside)))
    assert ran.record.error
    assert (ran.record.error.kind, ran.record.error.place) == ("expression", "all/1/half")


async def test_map_over_pages_goes_on_until_there_is_no_next(real: Rig) -> None:
    inside = body(
        transform("page", {"rows": ["{{ index }}"], "next": "{{ index + 1 if index < 2 else none }}"})
    )
    ran = await real.run(plan(pages("all", "{{ nodes.page.output.next }}", inside)))
    assert [page["rows"] for page in ran.nodes["all"].output["results"]] == [[0], [1], [2]]


async def test_page_reads_the_cursor_that_the_one_before_gave(real: Rig) -> None:
    inside = body(transform("seen", "{{ item }}"))
    ran = await real.run(plan(pages("all", "{{ index + 7 if index < 1 else none }}", inside)))
    assert ran.nodes["all"].output["results"] == [None, 7]


async def test_pages_without_end_fail_the_map(real: Rig) -> None:
    ran = await real.run(plan(pages("all", "{{ 1 }}", body(transform("page", 1)), maximum=3)))
    assert ran.record.error
    assert (ran.record.error.kind, ran.nodes["all"].output["results"]) == ("too-many-passes", [1, 1, 1])


async def test_loop_repeats_until_its_condition_holds_and_sees_the_pass_before(real: Rig) -> None:
    inside = body(transform("sum", "{{ last + index }}"))
    ran = await real.run(plan(loop("add", inside, initial=10, until="{{ result > 12 }}")))
    assert ran.nodes["add"].output == 13
    assert ran.nodes["add"].tally == tally(3)


async def test_loop_without_a_condition_runs_so_many_passes(real: Rig) -> None:
    ran = await real.run(plan(loop("count", body(transform("n", "{{ index }}")), maximum=4)))
    assert ran.nodes["count"].output == 3


async def test_loop_whose_condition_never_holds_fails_or_goes_on_as_set(real: Rig) -> None:
    inside = body(transform("n", "{{ index }}"))
    strict = await real.run(plan(loop("try", inside, maximum=2, until="{{ false }}")))
    assert strict.record.error
    assert strict.record.error.kind == "loop-exhausted"
    easy = await real.run(plan(loop("try", inside, maximum=2, until="{{ false }}", on_maximum="continue")))
    assert easy.nodes["try"].output == 1


async def test_failed_pass_fails_the_loop(real: Rig) -> None:
    ran = await real.run(plan(loop("again", body(fake("work", failures=1)))))
    assert ran.record.error
    assert ran.record.error.place == "again/0/work"


async def test_bodies_read_outer_nodes_and_the_passes_around_them(real: Rig) -> None:
    inner = body(
        transform("pair", "{{ nodes.rows.item ~ item ~ nodes.sign.output }}"), outer=("rows", "sign")
    )
    rows = each("rows", ["a", "b"], body(each("cells", [1, 2], inner), outer=("sign",)), "sign")
    ran = await real.run(plan(transform("sign", "!"), rows))
    assert [row["results"] for row in ran.nodes["rows"].output["results"]] == [["a1!", "a2!"], ["b1!", "b2!"]]
    assert ran.nodes["rows/1/cells/0/pair"].output == "b1!"


async def test_map_in_a_loop_runs_in_every_pass(real: Rig) -> None:
    inner = each("all", "{{ range(index + 1) | list }}", body(fake("work", value="{{ item }}")))
    ran = await real.run(plan(loop("grow", body(inner), maximum=3)))
    assert ran.nodes["grow"].output["results"] == [0, 1, 2]
    assert len(real.fake.calls) == 6


async def test_delays_in_a_map_wait_side_by_side(rig: Rig) -> None:
    inside = body(delay("pause", seconds="{{ item }}"))
    ran = await rig.run(plan(each("all", [3600, 7200], inside)))
    first, second = ran.nodes["all/0/pause"], ran.nodes["all/1/pause"]
    assert first.finished_at
    assert second.started_at
    assert first.finished_at > second.started_at


async def test_branches_and_merges_decide_within_a_pass(real: Rig) -> None:
    inside = body(
        condition("big", "{{ item > 1 }}"),
        transform("yes", "big", "big.true"),
        transform("no", "small", "big.false"),
        merge("word", "yes", "no"),
    )
    ran = await real.run(plan(each("all", [1, 2], inside)))
    assert ran.nodes["all"].output["results"] == ["small", "big"]
    assert ran.statuses["all/0/yes"] == "skipped"


async def test_container_that_lost_a_race_is_given_up_with_its_passes(real: Rig) -> None:
    inside = body(fake("slow", seconds=9, local=False))
    steps = [each("all", [1, 2], inside), fake("quick", local=False), merge("first", "all", "quick", needs=1)]
    ran = await real.run(plan(*steps))
    assert (ran.record.status, ran.statuses["all"]) == ("succeeded", "cancelled")
    assert {ran.statuses["all/0/slow"], ran.statuses["all/1/slow"]} == {"cancelled"}


async def test_cancelled_run_cancels_containers_and_their_passes(real: Rig) -> None:
    run_id = await real.start(plan(each("all", [1], body(fake("slow", seconds=9, local=False)))))
    await real.seen(run_id, "all/0/slow", "running")
    await real.client.cancel(run_id)
    ran = await real.ended(run_id)
    assert (ran.record.status, ran.statuses) == (
        "cancelled",
        {"all": "cancelled", "all/0/slow": "cancelled"},
    )


@pytest.mark.parametrize("limit", [20, 40])
async def test_containers_go_on_when_a_run_continues_as_new(real: Rig, limit: int) -> None:
    work = fake("work", value="{{ nodes.rows.item * item }}", local=False)
    inner = each("cells", [1, 2], body(work, outer=("rows",)))
    steps = [each("rows", list(range(8)), body(inner), concurrency=2)]
    add = fake("add", value="{{ last + 1 }}", local=False)
    again = loop("sum", body(add), initial=0, until="{{ result == 9 }}")
    ran = await real.run(plan(*steps, again), history_limit=limit)
    rows = [row["results"] for row in ran.nodes["rows"].output["results"]]
    assert (rows, ran.nodes["sum"].output) == ([[n, 2 * n] for n in range(8)], 9)
    assert len(real.fake.calls) == 16 + 9
    assert await real.executions(ran.run_id) > 1


async def test_waiting_pass_goes_on_waiting_when_a_run_continues_as_new(rig: Rig) -> None:
    waiting = each("all", [1, 2], body(delay("pause", seconds=3600)))
    busy = loop("work", body(fake("step", local=False)), maximum=12)
    ran = await rig.run(plan(waiting, busy), history_limit=20)
    paused = ran.nodes["all/0/pause"]
    assert paused.started_at
    assert paused.finished_at
    assert (paused.finished_at - paused.started_at).seconds == 3600
    assert await rig.executions(ran.run_id) > 1


async def test_seeded_nodes_are_recorded_and_not_run(real: Rig) -> None:
    origin = Origin(kind="reused", run_id="older")
    seed = NodeRecord(node_id="work", status="succeeded", ports=("out",), output=7, origin=origin)
    ran = await real.run(plan(fake("work"), output("n", "{{ nodes.work.output }}", "work")), seed=(seed,))
    assert (ran.outputs, real.fake.calls) == ({"n": 7}, [])
    assert ran.nodes["work"].origin == origin


@pytest.mark.parametrize("kind", ["loop", "pages"])
async def test_what_is_read_at_the_end_of_a_pass_is_not_given_up_for_a_race(real: Rig, kind: str) -> None:
    slow = fake("slow", seconds=0.2, value=True)
    inside = body(slow, transform("quick", 1), merge("first", "slow", "quick", needs=1))
    again = loop("all", inside, until="{{ nodes.slow.output }}")
    ran = await real.run(
        plan(again if kind == "loop" else pages("all", "{{ not nodes.slow.output }}", inside))
    )
    assert (ran.statuses["all/0/slow"], "all/1/slow" in ran.statuses) == ("succeeded", False)


async def test_map_that_is_given_results_runs_only_what_is_missing(real: Rig) -> None:
    known = ContainerState(
        started_at=BEFORE,
        items=(5, 6, 7),
        results={0: "five", 2: "seven"},
    )
    steps = each("all", [], body(fake("work", value="{{ item }}")))
    ran = await real.run(plan(steps), containers={"all": known})
    assert ran.nodes["all"].output["results"] == ["five", 6, "seven"]


async def test_map_keeps_failures_that_it_was_given(real: Rig) -> None:
    failed = ItemFailure(index=0, item=5, error=Failure(kind="old", message="old"))
    known = ContainerState(started_at=BEFORE, items=(5, 6), failures=(failed,))
    steps = each("all", [], body(transform("n", "{{ item }}")), on_item_error="skip")
    ran = await real.run(plan(steps), containers={"all": known})
    assert ran.nodes["all"].output["results"] == [6]


async def test_loop_that_is_given_a_pass_begins_behind_it(real: Rig) -> None:
    known = ContainerState(started_at=BEFORE, begun=3, following=30)
    steps = loop("add", body(transform("n", "{{ last + index }}")), until="{{ index == 4 }}")
    ran = await real.run(plan(steps), containers={"add": known})
    assert ran.nodes["add"].output == 37


async def test_run_of_many_pure_passes_ends(real: Rig) -> None:
    ran = await real.run(plan(start(), each("all", "{{ range(1000) | list }}", DOUBLED, "start")))
    assert ran.nodes["all"].output["results"][-1] == 1998
