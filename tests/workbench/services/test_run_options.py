"""What may be asked of a run: checked at once, kept with the run, and found again."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from engine.contracts import Budget
from engine.graph import Document, Limits, Node
from tests.people import somebody
from workbench.auth.principal import Principal
from workbench.db.ids import now
from workbench.errors import Conflict, Invalid
from workbench.services import runs, workflows
from workbench.services.resources import Resources
from workbench.services.run_options import RunOptions, Trigger
from workbench.services.shapes import RunDetail

pytestmark = pytest.mark.usefixtures("resources")


async def workflow(principal: Principal, **more: Any) -> str:
    document = Document(name="Idle", nodes=[Node(id="start", type="input")], **more)
    return (await workflows.create_workflow(principal, document=document)).id


async def start(principal: Principal, workflow_id: str, **options: Any) -> RunDetail:
    return await runs.start_run(principal, workflow_id=workflow_id, inputs={}, options=RunOptions(**options))


async def test_a_run_keeps_what_was_asked_of_it(principal: Principal) -> None:
    wanted = RunOptions(priority=1, labels={"env": "prod"}, budget=Budget(steps=5))
    trigger = Trigger("webhook", "hook-1")
    started = await runs.start_run(
        principal, workflow_id=await workflow(principal), inputs={}, options=wanted, trigger=trigger
    )
    run = await runs.get_run(principal, started.id)
    assert (run.priority, run.labels, run.budget) == (1, {"env": "prod"}, Budget(steps=5))
    assert (run.trigger.type, run.trigger.id) == ("webhook", "hook-1")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"priority": 0}, "priority"),
        ({"priority": 6}, "priority"),
        ({"deadline": 0}, "deadline"),
        ({"deadline": float("nan")}, "deadline"),
        ({"deadline": float("inf")}, "deadline"),
        ({"deadline": now() - timedelta(seconds=1)}, "deadline"),
        ({"deadline": now().replace(tzinfo=None)}, "deadline"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"idempotency_key": "a\x00"}, "idempotency_key"),
        ({"idempotency_key": "a" * 201}, "idempotency_key"),
        ({"labels": {f"l{n}": "" for n in range(21)}}, "labels"),
        ({"labels": {"a:b": "c"}}, "labels.a:b"),
        ({"labels": {"a": "b" * 201}}, "labels.a"),
        ({"labels": {"a": "\x00"}}, "labels.a"),
        ({"labels": {"a": "\ud800"}}, "labels.a"),
    ],
)
async def test_an_option_that_cannot_be_is_a_problem(
    principal: Principal, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await start(principal, await workflow(principal), **options)
    assert [problem.field for problem in refused.value.problems] == [field]


async def test_the_documents_limits_hold_where_the_caller_says_nothing(principal: Principal) -> None:
    limits = Limits(steps=10, seconds=60, deadline_s=100)
    workflow_id = await workflow(principal, limits=limits)
    run = await start(principal, workflow_id, budget=Budget(steps=3))
    assert run.budget == Budget(steps=3, seconds=60)
    assert run.deadline_at == run.created_at + timedelta(seconds=100)


async def test_a_deadline_is_an_instant_or_seconds_from_the_start(principal: Principal) -> None:
    workflow_id, instant = await workflow(principal), now() + timedelta(hours=1)
    assert (await start(principal, workflow_id, deadline=instant)).deadline_at == instant
    run = await start(principal, workflow_id, deadline=2.5)
    assert run.deadline_at == run.created_at + timedelta(seconds=2.5)


async def test_the_same_key_gives_the_same_run(principal: Principal) -> None:
    workflow_id = await workflow(principal)
    first = await start(principal, workflow_id, idempotency_key="order-1")
    second = await start(principal, workflow_id, idempotency_key="order-1", labels={"again": "yes"})
    assert (second.id, second.labels) == (first.id, {})


async def test_many_starts_at_once_with_one_key_are_one_run(principal: Principal) -> None:
    workflow_id = await workflow(principal)
    started = await asyncio.gather(
        *(start(principal, workflow_id, idempotency_key="order-1") for _ in range(8))
    )
    assert len({run.id for run in started}) == 1
    assert len((await runs.list_runs(principal)).items) == 1


async def test_a_key_that_stood_for_something_else_is_a_conflict(principal: Principal) -> None:
    first, other = await workflow(principal), await workflow(principal)
    await start(principal, first, idempotency_key="order-1")
    with pytest.raises(Conflict, match="order-1"):
        await start(principal, other, idempotency_key="order-1")


async def test_a_key_is_its_owners(principal: Principal) -> None:
    stranger = somebody("Bob")
    mine = await start(principal, await workflow(principal), idempotency_key="order-1")
    theirs = await start(stranger, await workflow(stranger), idempotency_key="order-1")
    assert mine.id != theirs.id


async def test_a_start_that_was_cut_off_goes_on_with_the_next_one_of_its_key(
    principal: Principal, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow_id = await workflow(principal)

    async def killed(*_: object, **more: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("workbench.services.starts.launch", killed)
        with pytest.raises(SystemExit):
            await start(principal, workflow_id, idempotency_key="order-1")
    run = await start(principal, workflow_id, idempotency_key="order-1")
    assert await (await resources.temporal()).describe(run.id) == "running"


async def test_runs_are_found_by_all_of_the_labels_asked_for(principal: Principal) -> None:
    workflow_id = await workflow(principal)
    both = await start(principal, workflow_id, labels={"env": "prod", "team": "a"})
    await start(principal, workflow_id, labels={"env": "prod"})
    found = await runs.list_runs(principal, labels={"env": "prod", "team": "a"})
    assert [run.id for run in found.items] == [both.id]
    assert len((await runs.list_runs(principal, labels={"env": "prod"})).items) == 2
    assert not (await runs.list_runs(principal, labels={"env": "\x00"})).items
