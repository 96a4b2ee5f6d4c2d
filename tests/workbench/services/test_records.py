"""The records: each is written once however often it comes, and nothing that is settled is turned back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.contracts import NodeRecord, RecordBatch, RunRecord, Tally
from engine.errors import Failure
from tests.workbench.services.conftest import MakeRun
from workbench.auth.principal import Principal
from workbench.db.ids import new_id
from workbench.embedded.supervisor import Supervisor
from workbench.services import events, passes, runs
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources
from workbench.services.shapes import NodeRun
from workbench.settings import Settings

T0 = datetime(2030, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def running(node_id: str = "a", *, attempt: int = 1, **more: Any) -> NodeRecord:
    return NodeRecord(node_id=node_id, status="running", started_at=at(1), attempt=attempt, **more)


def succeeded(output: Any = None, node_id: str = "a", **more: Any) -> NodeRecord:
    return NodeRecord(
        node_id=node_id, status="succeeded", started_at=at(1), finished_at=at(3), output=output, **more
    )


@pytest.fixture
def sink(resources: Resources) -> PostgresRunSink:
    return PostgresRunSink(resources)


class Recorder:
    """Records into one run, and reads it back."""

    def __init__(self, sink: PostgresRunSink, principal: Principal, run_id: str) -> None:
        self._sink = sink
        self._principal = principal
        self.run_id = run_id

    async def begin(self, record: NodeRecord, *pending: NodeRecord) -> NodeRecord | None:
        batch = RecordBatch(run_id=self.run_id, nodes=(*pending, record))
        return await self._sink.begin(batch, record.node_id, record.scope)

    async def record(self, *records: NodeRecord, run: RunRecord | None = None) -> None:
        await self._sink.record(RecordBatch(run_id=self.run_id, nodes=records, run=run))

    async def read(self) -> Any:
        return await runs.get_run(self._principal, self.run_id)

    async def node(self, node_id: str = "a") -> NodeRun:
        return next(node for node in (await self.read()).nodes if node.node_id == node_id)

    async def output(self, node_id: str = "a") -> Any:
        return (await runs.node_output(self._principal, self.run_id, node_id)).value


@pytest.fixture
async def recorder(sink: PostgresRunSink, principal: Principal, make_run: MakeRun) -> Recorder:
    return Recorder(sink, principal, (await make_run()).id)


async def test_a_node_can_be_left_by_several_ports(recorder: Recorder) -> None:
    await recorder.begin(running())
    await recorder.record(succeeded(["a", "b"], ports=("a", "b")))
    node = await recorder.node()
    assert (node.ports, node.port) == (("a", "b"), "a")
    settled = await recorder.begin(running())
    assert settled
    assert settled.ports == ("a", "b")


async def test_a_node_begins_and_ends(recorder: Recorder) -> None:
    assert await recorder.begin(running()) is None
    assert (await recorder.node()).status == "running"
    assert (await recorder.read()).status == "running"

    await recorder.record(succeeded({"total": 3}, ports=("out",)))
    node = await recorder.node()
    assert (node.status, node.port, node.duration_ms, node.output_bytes) == ("succeeded", "out", 2_000, 11)
    assert node.preview == '{\n  "total": 3\n}'
    assert await recorder.output() == {"total": 3}


async def test_work_that_was_done_is_returned_instead_of_done_again(recorder: Recorder) -> None:
    done = succeeded({"paid": True}, ports=("out",), media_type="application/x-receipt")
    await recorder.begin(running())
    await recorder.record(done)
    assert await recorder.begin(running(attempt=2)) == done
    assert (await recorder.node()).status == "succeeded"


async def test_a_settled_node_is_never_turned_back_or_changed(recorder: Recorder) -> None:
    await recorder.record(succeeded("first"))
    failed = NodeRecord(node_id="a", status="failed", error=Failure(kind="late", message="too late"))
    for late in (running(attempt=9), succeeded("second"), failed):
        await recorder.record(late)
    assert await recorder.output() == "first"
    assert (await recorder.node()).error is None


async def test_an_earlier_attempt_does_not_hide_a_later_one(recorder: Recorder) -> None:
    await recorder.record(running(attempt=3))
    await recorder.record(running(attempt=2))
    assert (await recorder.node()).attempt == 3


async def test_records_that_ride_along_are_written_in_the_same_call(recorder: Recorder) -> None:
    skipped = NodeRecord(node_id="c", status="skipped", finished_at=at(0))
    assert await recorder.begin(running("d"), succeeded(1, "b"), skipped) is None
    statuses = {node.node_id: node.status for node in (await recorder.read()).nodes}
    assert statuses == {"b": "succeeded", "c": "skipped", "d": "running"}


async def test_a_batch_may_hold_a_node_twice_and_the_last_counts(recorder: Recorder) -> None:
    waiting = NodeRecord(node_id="a", status="waiting", started_at=at(1))
    await recorder.record(waiting, succeeded("woke"))
    assert await recorder.output() == "woke"


async def test_a_batch_may_be_very_large(recorder: Recorder) -> None:
    await recorder.record(*(succeeded(number, f"n{number}") for number in range(1_000)))
    assert len((await recorder.read()).nodes) == 1_000
    assert await recorder.output("n999") == 999


async def test_a_node_has_a_state_for_each_pass(recorder: Recorder) -> None:
    await recorder.record(*(succeeded(number, scope=f"each/{number}") for number in range(3)))
    again = await recorder.begin(running(scope="each/2"))
    assert again
    assert (again.scope, again.output) == ("each/2", 2)
    assert await recorder.begin(running(scope="each/3")) is None
    assert await recorder.begin(running()) is None
    assert [node.place for node in (await recorder.read()).nodes] == ["a"]


async def test_an_earlier_tally_does_not_hide_a_later_one(recorder: Recorder) -> None:
    for done in (1, 3, 2):
        await recorder.record(running(tally=Tally(done=done, total=5)))
    assert (await recorder.node()).tally == Tally(done=3, total=5)
    await recorder.record(succeeded(tally=Tally(done=5, failed=1, total=5)))
    assert (await recorder.node()).tally == Tally(done=5, failed=1, total=5)


async def test_no_node_of_any_pass_stays_open_in_a_run_that_has_ended(
    recorder: Recorder, principal: Principal
) -> None:
    await recorder.begin(running(scope="each/0"))
    await recorder.begin(running(scope="each/1"))
    last = running(scope="each/1").model_copy(update={"status": "cancelled", "finished_at": at(2)})
    await recorder.record(last, run=RunRecord(status="cancelled", at=at(4)))
    for scope, finished_at in (("each/0", at(4)), ("each/1", at(2))):
        [node] = await passes.list_nodes(principal, recorder.run_id, scope=scope)
        assert (node.status, node.finished_at) == ("cancelled", finished_at)


async def test_a_run_goes_through_its_states_and_ends_once(recorder: Recorder) -> None:
    await recorder.record(run=RunRecord(status="running", at=at(1), started_at=at(0)))
    await recorder.record(run=RunRecord(status="waiting", at=at(2)))
    assert (await recorder.read()).status == "waiting"
    await recorder.record(run=RunRecord(status="succeeded", at=at(5), outputs={"b": 1, "a": None}))

    failure = Failure(kind="late", message="too late")
    for late in (
        RunRecord(status="running", at=at(6)),
        RunRecord(status="failed", at=at(7), error=failure),
    ):
        await recorder.record(run=late)
    run = await recorder.read()
    assert (run.status, run.started_at, run.finished_at, run.error) == ("succeeded", at(0), at(5), None)
    assert list(run.outputs) == ["b", "a"]


async def test_an_earlier_state_of_a_run_does_not_hide_a_later_one(recorder: Recorder) -> None:
    await recorder.record(run=RunRecord(status="running", at=at(2)))
    await recorder.record(run=RunRecord(status="waiting", at=at(1)))
    assert (await recorder.read()).status == "running"


async def test_a_node_cannot_start_in_a_run_that_has_ended(recorder: Recorder) -> None:
    await recorder.record(run=RunRecord(status="cancelled", at=at(2)))
    await recorder.begin(running())
    assert (await recorder.read()).nodes == ()
    await recorder.record(succeeded("came late"))
    assert (await recorder.node()).status == "succeeded"


async def test_no_node_stays_open_in_a_run_that_has_ended(recorder: Recorder, resources: Resources) -> None:
    await recorder.begin(running("begun by a worker that died"))
    await recorder.record(succeeded(node_id="done"), running("named by the end"))
    last = NodeRecord(node_id="named by the end", status="cancelled", finished_at=at(2))
    await recorder.record(last, run=RunRecord(status="cancelled", at=at(4)))
    states = {node.node_id: (node.status, node.finished_at) for node in (await recorder.read()).nodes}
    assert states == {
        "begun by a worker that died": ("cancelled", at(4)),
        "done": ("succeeded", at(3)),
        "named by the end": ("cancelled", at(2)),
    }
    await resources.events.flush()
    *_, closed, ended = await resources.redis.xrange(events.stream_of(recorder.run_id))
    assert '"node_id":"begun by a worker that died","scope":"","status":"cancelled"' in closed[1]["event"]
    assert '"run":{' in ended[1]["event"]


async def test_a_failure_is_kept_with_its_kind_and_hint(recorder: Recorder) -> None:
    failure = Failure(kind="http-status", message="404 \x00 \ud800", hint="Check the URL.", node="a")
    failed = NodeRecord(node_id="a", status="failed", finished_at=at(2), ports=("error",), error=failure)
    await recorder.record(failed, run=RunRecord(status="failed", at=at(2), error=failure))
    run = await recorder.read()
    assert run.error == (await recorder.node()).error
    assert (run.error.kind, run.error.hint) == ("http-status", "Check the URL.")


@pytest.mark.parametrize(
    "output",
    [
        {"zulu": 1, "alpha": [None, True, 1.5, ""]},
        "a\x00b",
        {"\x00key": "\x00"},
        "😀" * 100,
        10**30,
        {"text": "x" * 200_000},
        [[[[[]]]]],
        0,
        False,
        "",
    ],
)
async def test_any_json_value_comes_back_as_it_was(recorder: Recorder, output: Any) -> None:
    await recorder.record(succeeded(output))
    assert await recorder.output() == output
    again = await recorder.begin(running())
    assert again is not None
    assert again.output == output


async def test_what_is_no_json_is_made_json(recorder: Recorder) -> None:
    await recorder.record(succeeded({"nan": float("nan"), "half": "\ud83d"}))
    assert await recorder.output() == {"nan": None, "half": "\ufffd"}


async def test_a_run_that_is_not_there_is_no_reason_to_fail(sink: PostgresRunSink) -> None:
    batch = RecordBatch(run_id=new_id(), nodes=(running(),), run=RunRecord(status="running", at=at(1)))
    assert await sink.begin(batch, "a") is None


async def test_every_change_is_published_once_with_what_was_written(
    recorder: Recorder, resources: Resources
) -> None:
    await recorder.begin(running())
    await recorder.record(succeeded("x"))
    await recorder.record(succeeded("x"))
    await recorder.record(run=RunRecord(status="succeeded", at=at(4)))
    await resources.events.flush()
    entries = await resources.redis.xrange(events.stream_of(recorder.run_id))
    assert len(entries) == 4  # node running, run running, node succeeded, run succeeded


async def test_records_are_written_while_redis_is_away(
    settings: Settings, principal: Principal, make_run: MakeRun
) -> None:
    nowhere = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    resources = Resources(nowhere)
    recorder = Recorder(PostgresRunSink(resources), principal, (await make_run()).id)
    assert await recorder.begin(running()) is None
    await recorder.record(succeeded("kept"))
    assert await recorder.output() == "kept"
    await resources.close()


@pytest.fixture
async def killing(supervisor: Supervisor) -> AsyncIterator[asyncio.Task[None]]:
    """Kill Postgres while the test goes on; it is started again by itself."""

    async def kill() -> None:
        import os
        import signal

        for _ in range(2):
            pid = supervisor.child("postgres").pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            while supervisor.child("postgres").pid in (pid, None):
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)

    task = asyncio.create_task(kill())
    yield task
    await task


async def test_records_are_written_although_postgres_is_killed_meanwhile(
    recorder: Recorder, killing: asyncio.Task[None]
) -> None:
    number = 0
    while not killing.done():
        assert await recorder.begin(running(f"n{number}")) is None
        await recorder.record(succeeded(number, f"n{number}"))
        number += 1
    nodes = (await recorder.read()).nodes
    assert {node.node_id for node in nodes} == {f"n{count}" for count in range(number)}
    assert {node.status for node in nodes} == {"succeeded"}


async def test_a_worker_that_begins_a_node_while_the_run_ends_leaves_none_open(
    sink: PostgresRunSink, principal: Principal, make_run: MakeRun
) -> None:
    end = RunRecord(status="cancelled", at=at(4))
    for _ in range(10):
        recorder = Recorder(sink, principal, (await make_run()).id)
        begun = [recorder.begin(running(f"n{number}")) for number in range(6)]
        await asyncio.gather(*begun[:3], recorder.record(run=end), *begun[3:])
        assert {node.status for node in (await recorder.read()).nodes} <= {"cancelled"}
