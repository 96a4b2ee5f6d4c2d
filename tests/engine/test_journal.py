"""The journal by itself: what a run has to write down is written, whatever happens during a write."""

import asyncio
from datetime import UTC, datetime

import pytest

from engine.contracts import NodeRecord, RecordBatch, RunRecord
from engine.workflows import calls
from engine.workflows.journal import Journal


def done(node_id: str) -> NodeRecord:
    return NodeRecord(node_id=node_id, status="succeeded")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The nodes of every write; a write takes a turn of the event loop."""
    batches: list[list[str]] = []

    async def record(batch: RecordBatch) -> None:
        batches.append([node.node_id for node in batch.nodes])
        await asyncio.sleep(0)

    monkeypatch.setattr(calls, "record", record)
    return batches


@pytest.fixture
def journal() -> Journal:
    return Journal("run", datetime.now(UTC), "running")


async def test_what_was_written_is_not_written_again(journal: Journal, written: list[list[str]]) -> None:
    journal.note(done("a"), durable=True)
    await journal.write()
    await journal.write()
    assert written == [["a"]]
    assert journal.hand_over() == ((), False)


async def test_what_is_taken_back_during_a_write_is_written_next(
    journal: Journal, written: list[list[str]]
) -> None:
    journal.note(done("a"))
    write = asyncio.create_task(journal.write())
    await asyncio.sleep(0)
    journal.take_back((done("b"),), durable=False)
    await write
    await journal.write()
    assert written == [["a"], ["b"]]


async def test_a_value_that_cannot_be_written_fails_the_run_instead_of_keeping_it_from_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[RecordBatch] = []

    async def record(batch: RecordBatch) -> None:
        batch.model_dump_json()
        written.append(batch)

    monkeypatch.setattr(calls, "record", record)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    journal = Journal("r", now, "running")
    broken = done("broken").model_copy(update={"output": "\ud83d"})
    end = await journal.close(RunRecord(status="succeeded", at=now), (), [done("fine"), broken])

    assert (end.status, end.error and end.error.kind, end.error and end.error.node) == (
        "failed",
        "output-unfit",
        "broken",
    )
    [batch] = written
    assert batch.run == end
    assert {record.node_id: record.status for record in batch.nodes} == {
        "fine": "succeeded",
        "broken": "failed",
    }
