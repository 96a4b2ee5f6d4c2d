"""Runs that are large: in what they carry, in their number of steps, and in their history."""

import json

import pytest

from engine.payloads import THRESHOLD
from engine.ports import AdapterCall, AdapterOutput
from tests.engine.conftest import Rig
from tests.engine.plans import delay, fake, merge, output, plan, start, transform

LONG = "lorem ipsum " * 20_000


async def test_large_values_travel_by_reference(real: Rig) -> None:
    steps = [start(), fake("work", "start", value=LONG), output("said", "{{ nodes.work.output }}", "work")]
    ran = await real.run(plan(*steps), {"text": LONG})
    assert ran.outputs == {"said": LONG}
    history = json.loads(await real.history(ran.run_id))
    assert max(len(json.dumps(event)) for event in history["events"]) < THRESHOLD
    assert len(real.blobs.content) >= 3


async def test_small_values_travel_inline(real: Rig) -> None:
    await real.run(plan(fake("work", value="short")))
    assert real.blobs.content == {}


async def test_payload_of_many_megabytes(real: Rig) -> None:
    ran = await real.run(plan(fake("work", value=["x" * 1000] * 8_000, local=False)))
    assert len(ran.nodes["work"].output) == 8_000


async def test_run_continues_as_new_and_does_each_step_once(real: Rig) -> None:
    steps = [fake(f"s{n}", *([f"s{n - 1}"] if n else []), value=n, local=False) for n in range(30)]
    total = output("total", "{{ nodes.s0.output + nodes.s29.output }}", "s29")
    ran = await real.run(plan(*steps, total), history_limit=30)
    assert ran.outputs == {"total": 29}
    assert real.fake.nodes() == [f"s{n}" for n in range(30)]
    assert await real.executions(ran.run_id) > 3


async def test_delay_goes_on_where_the_run_continued_as_new(real: Rig) -> None:
    steps = [fake(f"s{n}", *([f"s{n - 1}"] if n else []), local=False) for n in range(20)]
    pause = delay("pause", seconds=4)
    ran = await real.run(plan(pause, *steps), history_limit=30)
    assert await real.executions(ran.run_id) > 1
    waited = ran.nodes["pause"]
    assert waited.started_at
    assert waited.finished_at
    assert 4 <= (waited.finished_at - waited.started_at).total_seconds() < 6


async def test_thousands_of_inline_steps(real: Rig) -> None:
    steps = [transform(f"s{n}", n, *([f"s{n - 1}"] if n else [])) for n in range(3_000)]
    ran = await real.run(plan(*steps, output("last", "{{ nodes.s2999.output }}", "s2999")))
    assert ran.outputs == {"last": 2_999}
    assert len(ran.nodes) == 3_001


async def test_hundreds_of_activities_side_by_side(real: Rig) -> None:
    works = [fake(f"w{n}", value=n) for n in range(400)]
    ran = await real.run(plan(*works, merge("all", *(work.id for work in works), mode="list")))
    assert ran.nodes["all"].output == list(range(400))
    assert len(real.fake.calls) == 400


async def test_heavy_expressions_one_after_the_other(real: Rig) -> None:
    numbers = list(range(100_000))
    steps = [transform(f"t{n}", "{{ inputs.numbers | map('string') | list | length }}") for n in range(3)]
    outputs = {f"o{n}": "{{ inputs.numbers | sort | first }}" for n in range(2)}
    ran = await real.run(plan(*steps, outputs=outputs), {"numbers": numbers})
    assert {ran.nodes[step.id].output for step in steps} == {100_000}
    history = json.loads(await real.history(ran.run_id))
    assert not [
        event for event in history["events"] if event["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_FAILED"
    ]


async def test_endless_loops_fail_their_steps(real: Rig) -> None:
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}"
    steps = [transform(f"t{n}", endless, on_error="continue") for n in range(4)]
    ran = await real.run(plan(*steps))
    assert set(ran.statuses.values()) == {"failed"}


async def test_data_that_multiplies_ends_its_run_instead_of_the_worker(real: Rig) -> None:
    eightfold = [
        transform(f"t{n}", [f"{{{{ nodes.t{n - 1}.output }}}}"] * 8, f"t{n - 1}") for n in range(1, 9)
    ]
    ran = await real.run(plan(transform("t0", "x" * 100_000), *eightfold))
    assert ran.record.error
    assert (ran.record.error.kind, ran.record.error.node) == ("expression", "t3")
    assert "too large" in ran.record.error.message


async def test_merges_of_merges_end_at_the_depth_that_json_can_have(real: Rig) -> None:
    merges = [merge(f"m{n}", f"m{n - 1}", mode="list") for n in range(1, 120)]
    ran = await real.run(plan(transform("m0", 1), *merges))
    assert ran.record.error
    assert (ran.record.error.node, ran.statuses["m100"]) == ("m101", "succeeded")


async def test_output_of_a_run_that_is_nested_too_deeply_fails_it(real: Rig) -> None:
    deep = "[" * 90 + "]" * 90
    outputs = {"deep": {"in": [[[[[[[[[[["{{ nodes.work.output }}"]]]]]]]]]]]}}
    ran = await real.run(plan(fake("work", value=json.loads(deep)), outputs=outputs))
    assert ran.record.error
    assert "nested too deeply" in ran.record.error.message


async def test_answer_that_no_run_can_carry_fails_its_step(
    real: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(call: AdapterCall) -> AdapterOutput:
        return AdapterOutput(answers[call.node_id])

    answers = {
        "deep": json.loads("[" * 150 + "]" * 150),
        "endless": float("inf"),
        "half": ["\ud83d"],
        "half_name": {"\ud83d": 1},
        "set": {1, 2},
    }
    monkeypatch.setattr(real.fake, "run", run)
    steps = [fake(name, on_error="continue", local=name != "endless") for name in answers]
    ran = await real.run(plan(*steps))
    assert set(ran.statuses.values()) == {"failed"}
    assert {node.error.kind for node in ran.nodes.values() if node.error} == {"output-unfit"}
