"""A step that failed waits for a decision: retry, give the output, skip, abort. It is taken once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import Client

from engine.contracts import NodeDecision, Plan, Step
from engine.errors import DecisionRefused
from tests.engine.conftest import Rig
from tests.engine.plans import body, delay, each, fake, loop, output, plan, start, transform, wait


def paused(**more: Any) -> Plan:
    """A step that fails once and then waits, and one that reads its output."""
    return plan(
        start(),
        fake("work", "start", **{"failures": 1, "value": "done", **more}, on_error="pause"),
        transform("behind", "{{ nodes.work.output }}", "work"),
    )


def decision(action: str, *, attempt: int = 1, **more: Any) -> NodeDecision:
    made = {"node_id": "work", "by": "ada", "at": datetime.now(UTC), "reason": "so be it", **more}
    return NodeDecision(action=action, attempt=attempt, **made)  # type: ignore[arg-type]


async def waiting(rig: Rig, made: Plan, **more: Any) -> str:
    """Start a run and wait until its step `work` does."""
    run_id = await rig.start(made, **more)
    await status(rig, run_id, "waiting")
    await rig.seen(run_id, "work", "waiting")
    return run_id


@pytest.mark.parametrize("local", [True, False])
async def test_a_step_that_failed_waits_and_shows_its_error(real: Rig, local: bool) -> None:
    run_id = await waiting(real, paused(local=local))
    record = real.sink.of(run_id)["work"]
    assert record.error is not None
    assert (record.error.kind, record.finished_at, record.ports) == ("fake", None, ())
    await real.client.cancel(run_id)


async def status(rig: Rig, run_id: str, wanted: str) -> None:
    async with asyncio.timeout(30):
        while run_id not in rig.sink.runs or rig.sink.runs[run_id].status != wanted:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("local", [True, False])
async def test_a_retry_counts_on_and_goes_on(real: Rig, local: bool) -> None:
    run_id = await waiting(real, paused(local=local))
    await real.client.decide(run_id, decision("retry"))
    ran = await real.ended(run_id)
    assert (ran.nodes["work"].attempt, ran.nodes["behind"].output) == (2, "done")


async def test_a_retry_has_all_attempts_of_its_policy_again(real: Rig) -> None:
    run_id = await waiting(real, paused(attempts=2, failures=3))
    await real.client.decide(run_id, decision("retry", attempt=2))
    ran = await real.ended(run_id)
    assert [call.attempt for call in real.fake.calls] == [1, 2, 3, 4]
    assert ran.record.status == "succeeded"


async def test_a_retry_with_other_settings_uses_them(real: Rig) -> None:
    run_id = await waiting(real, paused())
    await real.client.decide(run_id, decision("retry", config={"value": "{{ run.id }}"}))
    assert (await real.ended(run_id)).nodes["behind"].output == run_id


async def test_an_output_that_was_supplied_is_the_steps_output(real: Rig) -> None:
    run_id = await waiting(real, paused())
    await real.client.decide(run_id, decision("output", output={"n": 1}))
    ran = await real.ended(run_id)
    assert ran.nodes["behind"].output == {"n": 1}
    assert ran.nodes["work"].status == "succeeded"
    assert len(real.fake.calls) == 1


async def test_a_skipped_step_skips_what_only_it_leads_to(real: Rig) -> None:
    run_id = await waiting(real, paused())
    await real.client.decide(run_id, decision("skip"))
    ran = await real.ended(run_id)
    assert (ran.record.status, ran.statuses["work"], ran.statuses["behind"]) == (
        "succeeded",
        "skipped",
        "skipped",
    )


async def test_aborting_fails_the_run_with_the_steps_error(real: Rig) -> None:
    run_id = await waiting(real, paused())
    await real.client.decide(run_id, decision("abort"))
    ran = await real.ended(run_id)
    assert ran.record.error is not None
    assert (ran.record.status, ran.record.error.kind) == ("failed", "fake")


async def test_it_is_recorded_who_decided_what_when_and_why(real: Rig) -> None:
    run_id = await waiting(real, paused())
    made = decision("skip")
    await real.client.decide(run_id, made)
    found = (await real.ended(run_id)).nodes["work"].decision
    assert found is not None
    assert (found.action, found.by, found.at, found.reason) == ("skip", "ada", made.at, "so be it")


async def test_of_two_decisions_at_once_one_is_taken(real: Rig) -> None:
    run_id = await waiting(real, paused())
    made = [decision("output", output=n) for n in range(2)]
    answers = await asyncio.gather(*(real.client.decide(run_id, one) for one in made), return_exceptions=True)
    assert [type(answer) for answer in answers].count(DecisionRefused) == 1
    taken = answers.index(None)
    assert (await real.ended(run_id)).nodes["behind"].output == taken


@pytest.mark.parametrize(
    "wrong",
    [
        decision("skip", attempt=2),
        decision("skip", node_id="behind"),
        decision("skip", scope="each/0"),
        decision("output", output=["x" * 1_000_000] * 60),
    ],
    ids=["another attempt", "another node", "another pass", "too large"],
)
async def test_a_wrong_decision_is_refused_and_leaves_no_trace(real: Rig, wrong: NodeDecision) -> None:
    run_id = await waiting(real, paused())
    with pytest.raises(DecisionRefused):
        await real.client.decide(run_id, wrong)
    assert "UPDATE_ACCEPTED" not in await real.history(run_id)
    await real.client.cancel(run_id)


async def test_a_decision_for_a_run_that_is_over_is_refused(real: Rig) -> None:
    ran = await real.run(plan(fake("work")))
    with pytest.raises(DecisionRefused, match="over"):
        await real.client.decide(ran.run_id, decision("skip"))


async def test_a_step_that_is_evaluated_in_the_run_pauses_too(real: Rig) -> None:
    step = transform("work", "{{ inputs.nothing }}", "start", on_error="pause")
    run_id = await waiting(real, plan(start(), step, transform("behind", "{{ nodes.work.output }}", "work")))
    await real.client.decide(run_id, decision("output", output=3))
    assert (await real.ended(run_id)).nodes["behind"].output == 3


GONE = "{{ inputs.nothing }}"


async def again(rig: Rig, run_id: str, *, attempt: int, **config: Any) -> None:
    """Let `work` try again, as soon as its attempt of that number has failed."""
    async with asyncio.timeout(30):
        while (seen := rig.sink.of(run_id)["work"]).attempt != attempt or seen.status != "waiting":
            await asyncio.sleep(0.02)
    await rig.client.decide(run_id, decision("retry", attempt=attempt, config=config))


@pytest.mark.parametrize(
    ("step", "config", "output"),
    [
        (transform("work", GONE, "start", on_error="pause"), {"value": [1]}, [1]),
        (delay("work", "start", seconds=GONE, on_error="pause"), {"seconds": 0}, None),
        (delay("work", "start", seconds=GONE, on_error="pause"), {"seconds": 0.2}, None),
        (wait("work", "start", timeout_s=GONE, on_error="pause"), {"timeout_s": 0.2}, None),
        (
            each("work", GONE, body(transform("one", "{{ item + 1 }}")), "start", on_error="pause"),
            {"items": [1, 2]},
            {"results": [2, 3], "failures": []},
        ),
        (
            loop("work", body(transform("one", "{{ last + 1 }}")), "start", initial=GONE, on_error="pause"),
            {"initial": 5, "maximum": 2},
            7,
        ),
    ],
    ids=["transform", "delay that is over", "delay", "wait", "map", "loop"],
)
async def test_a_step_of_any_kind_is_tried_again_with_other_settings(
    real: Rig, step: Step, config: dict[str, Any], output: Any
) -> None:
    run_id = await waiting(real, plan(start(), step, transform("behind", "{{ nodes.work.output }}", "work")))
    await again(real, run_id, attempt=1)  # as it is, it fails of the same
    await again(real, run_id, attempt=2, **config)
    work = (await real.ended(run_id)).nodes["work"]
    assert (work.status, work.attempt, work.decision and work.decision.by) == ("succeeded", 3, "ada")
    assert output in (None, work.output)


async def test_a_map_with_other_settings_goes_on_with_them_when_the_run_continues_as_new(real: Rig) -> None:
    inside = body(fake("one", value="{{ item }}", local=False))
    made = each("work", GONE, inside, "start", concurrency=1, on_error="pause")
    run_id = await waiting(real, plan(start(), made), history_limit=20)
    await again(real, run_id, attempt=1, items=[1, 2, 3, 4, 5, 6])
    ran = await real.ended(run_id)
    assert ran.nodes["work"].output == {"results": [1, 2, 3, 4, 5, 6], "failures": []}
    assert await real.executions(run_id) > 1


async def test_a_paused_transform_is_tried_again_after_the_run_continued_as_new(real: Rig) -> None:
    row = [fake(f"s{n}", *([f"s{n - 1}"] if n else ["start"]), local=False) for n in range(8)]
    step = transform("work", GONE, "start", on_error="pause")
    run_id = await waiting(real, plan(start(), step, *row), history_limit=20)
    await real.seen(run_id, "s7", "succeeded")
    assert await real.executions(run_id) > 1
    await again(real, run_id, attempt=1, value="mended")
    assert (await real.ended(run_id)).nodes["work"].output == "mended"


@pytest.mark.parametrize("config", [{"body": {}}, {"on_error": "fail"}, {"maximum": "many"}, {"color": 1}])
async def test_settings_that_a_step_cannot_have_are_refused(real: Rig, config: dict[str, Any]) -> None:
    made = each("work", GONE, body(transform("one", 1)), "start", on_error="pause")
    run_id = await waiting(real, plan(start(), made))
    with pytest.raises(DecisionRefused, match="do not fit"):
        await real.client.decide(run_id, decision("retry", config=config))
    await real.client.cancel(run_id)


async def test_a_container_whose_passes_have_acted_is_not_begun_again(real: Rig) -> None:
    made = each("work", [1, 2], body(fake("one", failures="{{ index }}")), "start", on_error="pause")
    run_id = await waiting(real, plan(start(), made))
    with pytest.raises(DecisionRefused, match="has begun its passes"):
        await real.client.decide(run_id, decision("retry"))
    await real.client.decide(run_id, decision("output", output=3))
    assert (await real.ended(run_id)).nodes["work"].output == 3


async def test_each_pass_of_a_map_is_decided_by_itself(real: Rig) -> None:
    work = fake("work", failures=1, value="{{ item }}", on_error="pause")
    mapped = each("each", ["a", "b"], body(work, result="{{ nodes.work.output }}"), on_item_error="collect")
    run_id = await real.start(plan(mapped, output("all", "{{ nodes.each.output.results }}", "each")))
    for index in (0, 1):
        await real.seen(run_id, f"each/{index}/work", "waiting")
    await status(real, run_id, "waiting")
    await real.client.decide(run_id, decision("retry", scope="each/0"))
    await real.client.decide(run_id, decision("abort", scope="each/1"))
    assert (await real.ended(run_id)).outputs == {"all": ["a", None]}


async def test_a_pause_survives_that_the_run_continues_as_new(real: Rig) -> None:
    row = [fake(f"s{n}", *([f"s{n - 1}"] if n else ["start"]), local=False) for n in range(8)]
    made = paused().steps
    run_id = await waiting(real, plan(*made, *row), history_limit=20)
    await real.seen(run_id, "s7", "succeeded")
    assert await real.executions(run_id) > 1
    await real.client.decide(run_id, decision("retry", config={"value": "edited"}))
    ran = await real.ended(run_id)
    assert (ran.nodes["work"].attempt, ran.nodes["behind"].output) == (2, "edited")


async def test_a_pause_survives_that_workers_come_and_go(server: Client) -> None:
    rig = Rig(server)
    async with rig.worker():
        run_id = await waiting(rig, paused())
    async with rig.worker():
        await rig.client.decide(run_id, decision("retry"))
        assert (await rig.ended(run_id)).record.status == "succeeded"


async def test_a_paused_run_can_be_cancelled(real: Rig) -> None:
    run_id = await waiting(real, paused())
    await real.client.cancel(run_id)
    assert (await real.ended(run_id)).statuses["work"] == "cancelled"


async def test_a_decision_that_no_worker_takes_in_time_is_a_timeout(server: Client) -> None:
    rig = Rig(server)
    async with rig.worker():
        run_id = await waiting(rig, paused())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await rig.client.decide(run_id, decision("skip"))
    await rig.client.terminate(run_id, "the test is over")
