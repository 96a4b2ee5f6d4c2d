"""Which steps run, which are skipped, and what a run comes to."""

import logging
from typing import Any

from structlog.contextvars import get_contextvars

from engine.contracts import OutputStep
from engine.nodes.transform import TABLE_MEDIA_TYPE
from tests.engine.conftest import Rig
from tests.engine.plans import after, condition, delay, fake, merge, output, plan, start, transform


class Listener(logging.Handler):
    """Remembers what was bound to each line."""

    def __init__(self) -> None:
        super().__init__()
        self.bound: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.bound.append(get_contextvars())


async def test_steps_see_inputs_and_earlier_outputs(rig: Rig) -> None:
    ran = await rig.run(
        plan(
            start(),
            transform("double", "{{ inputs.n * 2 }}", "start"),
            transform("report", {"text": "twice: {{ nodes.double.output }}"}, "double"),
            output("answer", "{{ nodes.report.output.text }}", "report"),
            outputs={"status": "{{ nodes.double.status }}", "run": "{{ run.id }}"},
        ),
        {"n": 21},
    )
    assert ran.outputs == {"answer": "twice: 42", "status": "succeeded", "run": ran.run_id}


async def test_ten_pure_steps_are_written_once(rig: Rig) -> None:
    steps = [transform(f"s{n}", n, *([f"s{n - 1}"] if n else [])) for n in range(10)]
    ran = await rig.run(plan(*steps))
    [batch] = rig.sink.batches_of(ran.run_id)
    assert (len(batch.nodes), batch.run) == (10, ran.record)


async def test_branch_not_taken_is_skipped_to_its_end(rig: Rig) -> None:
    ran = await rig.run(
        plan(
            start(),
            condition("big", "{{ inputs.n > 10 }}", "start"),
            transform("yes", "big", "big.true"),
            transform("no", "small", "big.false"),
            transform("behind_no", "{{ nodes.no.output }}", "no"),
            merge("joined", "yes", "no"),
            output("answer", "{{ nodes.joined.output }}", "joined"),
        ),
        {"n": 11},
    )
    assert ran.outputs == {"answer": "big"}
    assert {node for node, status in ran.statuses.items() if status == "skipped"} == {"no", "behind_no"}


async def test_step_waits_for_all_its_sources(rig: Rig) -> None:
    slow, fast = fake("slow", seconds=0.3, value="slow"), fake("fast", value="fast")
    ran = await rig.run(plan(slow, fast, merge("both", "slow", "fast", mode="object")))
    assert ran.nodes["both"].output == {"slow": "slow", "fast": "fast"}


async def test_step_begins_the_moment_its_own_sources_are_settled(rig: Rig) -> None:
    slow = fake("slow", seconds=0.5, local=False)
    ran = await rig.run(plan(slow, fake("fast", local=False), fake("next", "fast", local=False)))
    ends = {node_id: record.finished_at for node_id, record in ran.nodes.items()}
    assert ends["next"] < ends["slow"]


async def test_merge_takes_live_branches_in_the_order_of_its_edges(rig: Rig) -> None:
    sources = [transform("a", 1), condition("b", "{{ false }}"), transform("c", 3)]
    edges = ("c", "b.true", "a")
    ran = await rig.run(
        plan(
            *sources,
            merge("first", *edges),
            merge("list", *edges, mode="list"),
            merge("named", *edges, mode="object"),
        )
    )
    values = [ran.nodes[node].output for node in ("first", "list", "named")]
    assert values == [3, [3, 1], {"c": 3, "a": 1}]


async def test_reference_orders_a_step_that_has_no_drawn_edge(rig: Rig) -> None:
    reader = transform("reader", "{{ nodes.work.output }}").model_copy(update={"after": ("work",)})
    ran = await rig.run(plan(reader, fake("work", value=7)))
    assert ran.nodes["reader"].output == 7


async def test_reference_to_a_skipped_step_skips_only_where_nothing_is_drawn(rig: Rig) -> None:
    undrawn = transform("undrawn", 1).model_copy(update={"after": ("gone",)})
    drawn = transform("drawn", "{{ nodes.gone.output is none }}", "never.false").model_copy(
        update={"after": ("gone",)}
    )
    ran = await rig.run(
        plan(condition("never", "{{ false }}"), transform("gone", 1, "never.true"), undrawn, drawn)
    )
    assert (ran.statuses["undrawn"], ran.nodes["drawn"].output) == ("skipped", True)


async def test_failed_step_leaves_by_its_error_port(rig: Rig) -> None:
    work = fake("work", failures=1, failure="quota", message="no more", on_error="continue")
    ran = await rig.run(
        plan(
            work,
            transform("fine", 1, "work"),
            transform("mended", "{{ nodes.work.error.kind }}: {{ nodes.work.error.message }}", "work.error"),
            outputs={"said": "{{ nodes.mended.output }}"},
        )
    )
    assert ran.outputs == {"said": "quota: no more"}
    assert ran.statuses == {"work": "failed", "fine": "skipped", "mended": "succeeded"}


async def test_failed_step_fails_the_run_and_stops_the_others(rig: Rig) -> None:
    ran = await rig.run(
        plan(
            fake("slow", seconds=4),
            fake("broken", failures=1, failure="quota", message="no more"),
            transform("never", 1, "broken"),
        )
    )
    assert ran.record.error
    assert (ran.record.status, ran.record.error.kind, ran.record.error.node) == ("failed", "quota", "broken")
    assert ran.statuses == {"slow": "cancelled", "broken": "failed"}


async def test_expression_that_fails_is_the_steps_failure(rig: Rig) -> None:
    ran = await rig.run(plan(start(), transform("typo", "{{ inputs.nmae }}", "start")), {"name": "Ada"})
    error = ran.nodes["typo"].error
    assert error
    assert (error.kind, error.node, "nmae" in error.message) == ("expression", "typo", True)


async def test_table_that_is_no_list_of_objects_fails(rig: Rig) -> None:
    table = transform("rows", "{{ inputs.rows }}", media_type=TABLE_MEDIA_TYPE)
    ran = await rig.run(plan(table), {"rows": [1, 2]})
    assert ran.statuses == {"rows": "failed"}
    assert "list of objects" in ran.nodes["rows"].error.message


async def test_expression_in_a_request_that_fails_goes_on_along_the_error_port(rig: Rig) -> None:
    typo = fake("typo", value="{{ inputs.missing }}", on_error="continue")
    ran = await rig.run(plan(typo, output("said", "{{ nodes.typo.error.kind }}", "typo.error")))
    assert (ran.outputs, rig.fake.calls) == ({"said": "expression"}, [])


async def test_output_that_cannot_be_evaluated_fails_the_run(rig: Rig) -> None:
    ran = await rig.run(plan(start(), outputs={"total": "{{ inputs.a / 0 }}"}), {"a": 1})
    assert ran.record.error
    assert ran.record.status == "failed"
    assert "output total" in ran.record.error.message


async def test_delay_of_a_day_is_waited_for(rig: Rig) -> None:
    ran = await rig.run(
        plan(start(), delay("night", "start", seconds="{{ inputs.hours * 3600 }}")), {"hours": 24}
    )
    assert ran.record.started_at
    assert (ran.record.at - ran.record.started_at).total_seconds() >= 86_400
    assert [batch.run.status for batch in rig.sink.batches_of(ran.run_id) if batch.run] == [
        "waiting",
        "succeeded",
    ]


async def test_delay_until_a_past_instant_is_over_at_once(rig: Rig) -> None:
    ran = await rig.run(plan(delay("past", until="2020-01-01T00:00:00Z")))
    assert ran.nodes["past"].output == "2020-01-01T00:00:00+00:00"
    assert len(rig.sink.batches_of(ran.run_id)) == 1


WRONG_DELAYS: list[dict[str, Any]] = [
    {"seconds": "soon"}, {"seconds": -1}, {"seconds": 1e12}, {"until": "tomorrow"}, {"until": "9999-01-01"}
]  # fmt: skip


async def test_delay_that_is_no_time_fails(rig: Rig) -> None:
    for more in (
        {"seconds": "soon"},
        {"seconds": -1},
        {"until": "tomorrow"},
        {"seconds": 1e12},
        {"until": "9999-01-01"},
    ):
        ran = await rig.run(plan(delay("wrong", **more)))
        assert ran.nodes["wrong"].error, more


async def test_run_works_and_waits_by_turns(rig: Rig) -> None:
    ran = await rig.run(
        plan(fake("a"), delay("pause", "a", seconds=60), fake("b", "pause"), delay("rest", "b", seconds=5))
    )
    changes = [batch.run.status for batch in rig.sink.batches_of(ran.run_id) if batch.run]
    assert changes == ["running", "waiting", "running", "waiting", "succeeded"]


async def test_waiting_costs_a_timer_and_no_more(rig: Rig) -> None:
    ran = await rig.run(plan(delay("a", seconds=60), delay("b", "a", seconds=60)))
    assert (await rig.history(ran.run_id)).count("EVENT_TYPE_TIMER_STARTED") == 2


async def test_finished_inline_steps_are_written_while_others_work(real: Rig) -> None:
    run_id = await real.start(plan(fake("quick"), fake("slow", seconds=2), transform("shown", 1, "quick")))
    await real.seen(run_id, "shown", "succeeded")
    assert real.sink.statuses(run_id)["slow"] == "running"
    await real.ended(run_id)


async def test_output_steps_and_document_outputs_come_together(rig: Rig) -> None:
    skipped = OutputStep(id="never", type="output", name="never", value=1, incoming=after("no.true"))
    ran = await rig.run(
        plan(condition("no", "{{ false }}"), skipped, output("one", 1), outputs={"two": "{{ 1 + 1 }}"})
    )
    assert ran.outputs == {"one": 1, "two": 2}


async def test_output_that_passes_a_value_on_keeps_its_media_type(rig: Rig) -> None:
    report = transform("report", "# Good", media_type="text/markdown")
    passed = output("whole", "{{ nodes.report.output }}", "report")
    part = output("part", "{{ nodes.report.output | upper }}", "report")
    ran = await rig.run(plan(report, passed, part))
    assert [ran.nodes[name].media_type for name in ("whole", "part")] == ["text/markdown", "application/json"]


async def test_plan_without_steps_succeeds(rig: Rig) -> None:
    assert (await rig.run(plan())).outputs == {}


async def test_fault_of_the_interpreter_ends_the_run_and_is_logged_with_its_id(rig: Rig) -> None:
    listener = Listener()
    logging.getLogger("temporalio.workflow").addHandler(listener)
    ran = await rig.run(plan(transform("lost", 1, "nowhere")))
    logging.getLogger("temporalio.workflow").removeHandler(listener)
    assert ran.record.error
    assert (ran.record.status, ran.record.error.kind) == ("failed", "internal")
    assert listener.bound == [{"run_id": ran.run_id}]
