"""Watching: everything that happens is told, once, in order, whatever breaks meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from engine.contracts import NodeRecord, RecordBatch, RunRecord
from tests.people import somebody
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.db.ids import now
from workbench.errors import NotFound
from workbench.services import events, live, run_watch
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources
from workbench.services.shapes import RunEvent

Told = list[tuple[str, str]]


@pytest.fixture
def sink(resources: Resources) -> PostgresRunSink:
    return PostgresRunSink(resources)


async def node(sink: PostgresRunSink, run_id: str, name: str, scope: str = "") -> None:
    """Let a node run and succeed."""
    record = NodeRecord(node_id=name, scope=scope, status="running", started_at=now())
    await sink.begin(RecordBatch(run_id=run_id, nodes=(record,)), name, scope)
    done = record.model_copy(update={"status": "succeeded", "finished_at": now()})
    await sink.record(RecordBatch(run_id=run_id, nodes=(done,)))


async def end(sink: PostgresRunSink, run_id: str) -> None:
    await sink.record(RecordBatch(run_id=run_id, run=RunRecord(status="succeeded", at=now(), outputs={})))


def told(seen: list[RunEvent]) -> Told:
    return [
        (event.node.node_id, event.node.status) if event.node else ("", event.run.status if event.run else "")
        for event in seen
    ]


async def collect(events_: AsyncIterator[RunEvent]) -> list[RunEvent]:
    return [event async for event in events_]


async def test_a_watcher_from_the_start_hears_everything_once(
    sink: PostgresRunSink, principal: Principal, make_run: MakeRun
) -> None:
    run = await make_run()
    watching = asyncio.create_task(collect(live.watch_run(principal, run.id)))
    await asyncio.sleep(0.2)
    for name in ("a", "b", "c"):
        await node(sink, run.id, name)
    await end(sink, run.id)
    steps = [(name, status) for name in ("a", "b", "c") for status in ("running", "succeeded")]
    assert told(await watching) == [("", "queued"), steps[0], ("", "running"), *steps[1:], ("", "succeeded")]


async def test_watchers_that_come_in_the_middle_miss_and_repeat_nothing(
    sink: PostgresRunSink, principal: Principal, make_run: MakeRun
) -> None:
    run = await make_run()
    watching = []
    for number in range(20):
        watching.append(asyncio.create_task(collect(live.watch_run(principal, run.id))))
        await node(sink, run.id, f"n{number}")
    await end(sink, run.id)

    for seen in await asyncio.gather(*watching):
        states = told(seen)
        assert len(states) == len(set(states)), "something was told twice"
        assert {name for name, status in states if status == "succeeded"} == {
            "",
            *(f"n{n}" for n in range(20)),
        }
        assert states[-1] == ("", "succeeded")


async def test_a_watcher_that_lost_its_connection_goes_on_where_it_was(
    sink: PostgresRunSink, principal: Principal, make_run: MakeRun, resources: Resources
) -> None:
    run = await make_run()
    async with aclosing(live.watch_run(principal, run.id)) as watching:
        await anext(watching)
        await node(sink, run.id, "a")
        seen = [await anext(watching) for _ in range(3)]
    await node(sink, run.id, "b")
    await end(sink, run.id)
    await resources.events.flush()

    rest = await collect(live.watch_run(principal, run.id, seen[-1].id))
    assert told(rest) == [("b", "running"), ("b", "succeeded"), ("", "succeeded")]
    assert await collect(live.watch_run(principal, run.id, rest[-1].id)) == []


async def test_a_watcher_cut_off_in_its_first_look_misses_and_repeats_nothing(
    sink: PostgresRunSink, principal: Principal, make_run: MakeRun, resources: Resources
) -> None:
    run = await make_run()
    for name in ("a", "b", "c"):
        await node(sink, run.id, name)
    await end(sink, run.id)
    await resources.events.flush()
    whole = await collect(live.watch_run(principal, run.id))
    assert told(whole) == [(name, "succeeded") for name in ("a", "b", "c", "")]
    for cut in range(1, 5):
        rest = await collect(live.watch_run(principal, run.id, whole[cut - 1].id))
        settled = [state for state in told(rest) if state[1] == "succeeded"]
        assert settled == told(whole[cut:])


async def test_wherever_a_watcher_is_cut_off_it_is_told_the_same_as_if_it_had_not_been(
    sink: PostgresRunSink, principal: Principal, make_run: MakeRun
) -> None:
    run = await make_run()
    for name in ("a", "b"):
        await node(sink, run.id, name)
    watching = asyncio.create_task(collect(live.watch_run(principal, run.id)))
    for name in ("c", "d"):
        await node(sink, run.id, name)
    await end(sink, run.id)
    whole = await watching
    for cut, event in enumerate(whole, start=1):
        assert await collect(live.watch_run(principal, run.id, event.id)) == whole[cut:]


async def test_the_end_comes_after_what_only_the_rows_know(
    sink: PostgresRunSink, principal: Principal, make_run: MakeRun, resources: Resources
) -> None:
    run = await make_run()
    deaf = Resources(resources.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    watching = asyncio.create_task(collect(live.watch_run(principal, run.id)))
    await node(sink, run.id, "a")
    await node(PostgresRunSink(deaf), run.id, "b")
    await end(sink, run.id)
    assert told(await watching)[-2:] == [("b", "succeeded"), ("", "succeeded")]
    await deaf.close()


async def test_the_watcher_of_a_pass_hears_of_that_pass_and_of_the_run(
    sink: PostgresRunSink, principal: Principal, make_run: MakeRun
) -> None:
    run = await make_run()
    await node(sink, run.id, "a", "each/0")
    watching = asyncio.create_task(collect(live.watch_run(principal, run.id, scope="each/0")))
    for name, scope in (("a", "each/1"), ("b", "each/0"), ("c", ""), ("d", "each/0/inner/0")):
        await node(sink, run.id, name, scope)
    await end(sink, run.id)
    whole = await watching
    nodes = [event.node.place for event in whole if event.node and event.node.status == "succeeded"]
    assert nodes == ["each/0/a", "each/0/b"]
    assert told(whole)[-1] == ("", "succeeded")
    for cut, event in enumerate(whole, start=1):
        assert await collect(live.watch_run(principal, run.id, event.id, scope="each/0")) == whole[cut:]


async def test_the_watcher_of_the_run_hears_nothing_of_its_passes(
    sink: PostgresRunSink, principal: Principal, make_run: MakeRun
) -> None:
    run = await make_run()
    watching = asyncio.create_task(collect(live.watch_run(principal, run.id)))
    await node(sink, run.id, "a", "each/0")
    await end(sink, run.id)
    assert not [event for event in await watching if event.node]


async def test_a_pass_whose_events_were_pushed_out_is_told_whole(
    sink: PostgresRunSink, principal: Principal, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEPT_IN_PASSES", 10)
    run = await make_run()
    await node(sink, run.id, "first", "each/0")
    watching = asyncio.create_task(collect(live.watch_run(principal, run.id, scope="each/0")))
    for number in range(300):
        await node(sink, run.id, "a", f"each/{number}")
    await end(sink, run.id)
    for seen in (await watching, await collect(live.watch_run(principal, run.id, scope="each/0"))):
        settled = [event.node.place for event in seen if event.node and event.node.status == "succeeded"]
        assert sorted(settled) == ["each/0/a", "each/0/first"]


async def test_what_redis_never_got_is_told_from_the_rows(
    principal: Principal, make_run: MakeRun, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_watch, "LOOK_S", 0.2)
    run = await make_run()
    deaf = Resources(resources.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    silent = PostgresRunSink(deaf)
    watching = asyncio.create_task(collect(live.watch_run(principal, run.id)))
    await asyncio.sleep(0.1)
    await node(silent, run.id, "a")
    await end(silent, run.id)
    states = told(await watching)
    assert states[-2:] == [("a", "succeeded"), ("", "succeeded")]
    await deaf.close()


async def test_watching_goes_on_while_redis_is_away(
    sink: PostgresRunSink,
    principal: Principal,
    make_run: MakeRun,
    resources: Resources,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = await make_run()
    deaf = Resources(resources.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    monkeypatch.setattr(live, "get_resources", lambda: deaf)
    monkeypatch.setattr(run_watch, "AWAY_S", 0.05)
    watching = asyncio.create_task(collect(live.watch_run(principal, run.id)))
    await node(sink, run.id, "a")
    await end(sink, run.id)
    assert told(await watching)[-2:] == [("a", "succeeded"), ("", "succeeded")]
    await deaf.close()


async def test_a_stranger_watches_nothing(make_run: MakeRun) -> None:
    run = await make_run()
    with pytest.raises(NotFound):
        await anext(live.watch_run(somebody("Eve"), run.id))


async def next_of(watching: AsyncIterator[RunEvent], run_id: str) -> RunEvent:
    async with asyncio.timeout(20):
        return await anext(event async for event in watching if event.run_id == run_id)


async def test_the_watcher_of_all_runs_hears_of_every_run(
    sink: PostgresRunSink, make_run: MakeRun, resources: Resources
) -> None:
    first, second = await make_run(), await make_run()
    heard: list[RunEvent] = []

    async def listen() -> None:
        async with aclosing(live.watch_all()) as watching:
            async for event in watching:
                heard.append(event)

    listening = asyncio.create_task(listen())
    while (
        not await resources.redis.pubsub_numsub(events.CHANNEL)
        or not (dict(await resources.redis.pubsub_numsub(events.CHANNEL))[events.CHANNEL])
    ):
        await asyncio.sleep(0.02)
    await end(sink, first.id)
    await node(sink, second.id, "a")
    await resources.events.flush()
    await asyncio.sleep(0.2)
    listening.cancel()
    ours = [event for event in heard if event.run_id in (first.id, second.id)]
    assert told(ours) == [("", "succeeded"), ("a", "running"), ("", "running"), ("a", "succeeded")]
    assert all(event.id for event in ours)


async def test_the_end_of_a_run_that_redis_never_got_is_told_to_the_watcher_of_all_runs(
    sink: PostgresRunSink, make_run: MakeRun, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "QUIET_S", 0.2)
    run = await make_run()
    deaf = Resources(resources.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    async with aclosing(live.watch_all()) as watching:
        first = asyncio.create_task(next_of(watching, run.id))
        while not (await resources.redis.pubsub_numsub(events.CHANNEL))[0][1]:
            await asyncio.sleep(0.02)
        await node(sink, run.id, "a")
        heard = [await first, *[await next_of(watching, run.id) for _ in range(2)]]
        await end(PostgresRunSink(deaf), run.id)
        assert told([*heard, await next_of(watching, run.id)])[-2:] == [("a", "succeeded"), ("", "succeeded")]
    await deaf.close()


async def test_after_redis_was_away_the_watcher_of_all_runs_is_told_what_it_missed(
    principal: Principal, make_run: MakeRun, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "AWAY_S", 0.3)
    deaf = Resources(resources.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    monkeypatch.setattr(live, "get_resources", lambda: deaf)
    run = await make_run()
    async with aclosing(live.watch_all()) as watching:
        first = asyncio.create_task(next_of(watching, run.id))
        await asyncio.sleep(1)
        await node(PostgresRunSink(deaf), run.id, "a")
        monkeypatch.setattr(live, "get_resources", lambda: resources)
        assert told([await first, await next_of(watching, run.id)]) == [("a", "succeeded"), ("", "running")]
    await deaf.close()
