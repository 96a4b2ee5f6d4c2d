"""Slots in Postgres: a limit that holds, a line that is kept, and what becomes of the slots of the dead."""

import asyncio

import pytest

from engine.contracts import Slots
from engine.workflows import line
from tests.e2e.witness import Witness
from tests.engine import documents as d
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.db.ids import new_id
from workbench.services import runs, workflows
from workbench.services.resources import Resources
from workbench.services.slots import PostgresSlots

ONE, TWO = Slots(group="printer", limit=1, across="all"), Slots(group="printer", limit=2, across="all")


@pytest.fixture
async def run_id(make_run: MakeRun) -> str:
    return (await make_run()).id


@pytest.fixture
def slots(resources: Resources) -> PostgresSlots:
    return PostgresSlots(resources)


async def test_there_are_as_many_as_the_limit_says(slots: PostgresSlots, run_id: str) -> None:
    taken = [await slots.take(run_id, TWO, holder, lease_s=60) for holder in "abc"]
    assert taken == [True, True, False]


async def test_asking_at_once_gives_no_more(slots: PostgresSlots, run_id: str) -> None:
    asking = (slots.take(run_id, TWO, new_id(), lease_s=60) for _ in range(12))
    assert (await asyncio.gather(*asking)).count(True) == 2


async def test_who_holds_one_keeps_it(slots: PostgresSlots, run_id: str) -> None:
    assert [await slots.take(run_id, ONE, "a", lease_s=60) for _ in range(3)] == [True] * 3


async def test_who_stood_in_line_first_is_next(slots: PostgresSlots, run_id: str) -> None:
    for holder in "abc":
        await slots.take(run_id, ONE, holder, lease_s=60)
    assert await slots.free(run_id, ONE, "a") == ["b"]
    assert [await slots.take(run_id, ONE, holder, lease_s=60) for holder in "dcb"] == [False, False, True]


async def test_as_many_are_next_as_there_is_room_for(slots: PostgresSlots, run_id: str) -> None:
    for holder in "abcde":
        await slots.take(run_id, TWO, holder, lease_s=60)
    assert await slots.free(run_id, TWO, "a") == ["c"]
    assert await slots.free(run_id, TWO, "b") == ["c", "d"]


async def test_a_run_that_has_ended_stands_in_nobodys_way(
    slots: PostgresSlots, make_run: MakeRun, run_id: str
) -> None:
    over = await make_run(status="cancelled")
    for holder in ("a", f"{over.id}:print", "c"):
        await slots.take(run_id, ONE, holder, lease_s=60)
    assert await slots.free(run_id, ONE, "a") == ["c"]
    assert await slots.take(run_id, ONE, "c", lease_s=60)


async def test_the_slot_of_the_dead_is_free_when_its_lease_is_over(slots: PostgresSlots, run_id: str) -> None:
    await slots.take(run_id, ONE, "dead", lease_s=0)
    assert await slots.take(run_id, ONE, "a", lease_s=60)


async def test_another_group_or_workspace_has_its_own(
    slots: PostgresSlots, make_run: MakeRun, run_id: str
) -> None:
    other = await make_run(workspace_id=new_id())
    await slots.take(run_id, ONE, "a", lease_s=60)
    assert await slots.take(run_id, Slots(group="scanner", limit=1, across="all"), "b", lease_s=60)
    assert await slots.take(other.id, ONE, "b", lease_s=60)


@pytest.mark.usefixtures("worker")
async def test_runs_tell_each_other_when_a_slot_is_free(
    principal: Principal, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "PAUSE_S", (3600.0,))  # nobody in line asks again by itself
    policy = {"concurrency": {"group": "printer", "limit": 1, "across": "all"}}
    document = d.document(d.http("print", f"{witness.url}/print?wait=0.3", policy=policy))
    workflow = await workflows.create_workflow(principal, document=document)
    started = [await runs.start_run(principal, workflow_id=workflow.id, inputs={}) for _ in range(4)]
    async with asyncio.timeout(60):
        for run in started:
            while not await runs.has_ended(principal, run.id):
                await asyncio.sleep(0.05)
    assert {(await runs.get_run(principal, run.id)).status for run in started} == {"succeeded"}
    assert witness.seen["/print"] == len(started)
