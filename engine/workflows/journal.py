"""What of a run is not yet written down. Writes are few: records wait for an activity to take them along."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from temporalio import workflow

from engine import expressions
from engine.contracts import NodeRecord, RecordBatch, RunRecord, RunStatus
from engine.errors import Failure
from engine.workflows import calls

CHUNK = 100
"""Records held back before they are written; the write also interrupts a long evaluation."""

CHUNK_SIZE = 8_000_000
"""Characters of their outputs, likewise: a batch is in memory several times while it is written."""


UNWRITABLE = (ValueError, TypeError, RecursionError)
"""What is raised for a value that cannot be written as JSON, before anything leaves the workflow."""


class Journal:
    """The latest unwritten record of each node, by its place, and the run's status as last written."""

    def __init__(self, run_id: str, started_at: datetime, status: RunStatus) -> None:
        self.run_id = run_id
        self.started_at = started_at
        self.status: RunStatus = status
        self._held: Failure | None = None
        self._pending: dict[str, NodeRecord] = {}
        self._durable = False
        self._size = 0

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return len(self._pending) >= CHUNK or self._size >= CHUNK_SIZE

    def note(self, record: NodeRecord, *, durable: bool = False) -> None:
        """Keep a record to be written; `durable` if the node touched the world."""
        self._pending[record.place] = record
        self._durable |= durable
        self._size += expressions.size_of(record.output)

    def forget(self, place: str) -> None:
        """Drop a node's record: a later one was written by its activity."""
        self._pending.pop(place, None)

    def hand_over(self) -> tuple[tuple[NodeRecord, ...], bool]:
        """Give the records to an activity that writes them with its own; the flag says if durably."""
        records, durable = tuple(self._pending.values()), self._durable
        self._clear()
        return records, durable

    def take_back(self, records: Iterable[NodeRecord], *, durable: bool) -> None:
        """Keep again what an activity was given to write, as it may not have done so."""
        self._pending = {record.place: record for record in records} | self._pending
        self._durable |= durable

    def _clear(self) -> None:
        self._pending.clear()
        self._durable = False
        self._size = 0

    def change(self, status: RunStatus, **result: Any) -> RunRecord:
        """Return the run's record for a new status."""
        return RunRecord(status=status, at=workflow.now(), started_at=self.started_at, **result)

    def changed(self, status: RunStatus, held: Failure | None = None) -> RunRecord | None:
        """Return the run's record if `status`, or why it is `held`, is new, and take it for written."""
        if status == self.status and held == self._held:
            return None
        self.status, self._held = status, held
        return self.change(status, error=held)

    async def write(self, status: RunStatus | None = None, held: Failure | None = None) -> None:
        """Write what there is to write; it stays pending should a cancellation interrupt the write."""
        run = self.changed(status, held) if status else None
        if run or self._pending:
            nodes = tuple(self._pending.values())
            await calls.record(RecordBatch(run_id=self.run_id, nodes=nodes, run=run, durable=self._durable))
            self._forget_written(nodes)

    def _forget_written(self, nodes: tuple[NodeRecord, ...]) -> None:
        """Drop what was written, but nothing that was taken back or noted meanwhile."""
        for record in nodes:
            if self._pending.get(record.place) is record:
                del self._pending[record.place]
        if not self._pending:
            self._clear()

    async def close(
        self, end: RunRecord, carried: Iterable[NodeRecord], last: Iterable[NodeRecord]
    ) -> RunRecord:
        """Write the end of the run and return it.

        `carried` were handed over to activities that may not have written them, `last` are newer than any. A
        value that nobody foresaw and that JSON cannot hold fails the run: it would keep it from ending.
        """
        return await self._write_all(carried, last, end) or end

    async def leave(self, carried: Iterable[NodeRecord], last: Iterable[NodeRecord]) -> None:
        """Write the same of a run that is over, but has still to undo something before it ends."""
        await self._write_all(carried, last, None)

    async def _write_all(
        self, carried: Iterable[NodeRecord], last: Iterable[NodeRecord], end: RunRecord | None
    ) -> RunRecord | None:
        nodes = {record.place: record for record in carried}
        nodes |= self._pending
        nodes |= {record.place: record for record in last}
        batch = RecordBatch(run_id=self.run_id, nodes=tuple(nodes.values()), run=end)
        try:
            await calls.record(batch)
        except UNWRITABLE as error:
            batch = _writable(batch, error)
            await calls.record(batch)
        return batch.run


def _writable(batch: RecordBatch, error: Exception) -> RecordBatch:
    """Return the batch without what cannot be written: such nodes, and with them the run, have failed."""
    culprit = next((record for record in batch.nodes if not _fits(record)), None)
    failure = Failure(
        kind="output-unfit",
        message=f"A value of the run cannot be written as JSON: {type(error).__name__}",
        hint="Look at what this step puts out; a file can hold anything.",
        node=culprit.node_id if culprit else None,
        place=culprit.place if culprit else None,
    )
    unfit = {"status": "failed", "ports": ("error",), "output": None, "error": failure}
    nodes = (record if _fits(record) else record.model_copy(update=unfit) for record in batch.nodes)
    over = {"status": "failed", "outputs": None, "error": failure}
    run = batch.run.model_copy(update=over) if batch.run else None
    return batch.model_copy(update={"nodes": tuple(nodes), "run": run})


def _fits(record: NodeRecord) -> bool:
    try:
        record.model_dump_json()
    except UNWRITABLE:
        return False
    return True
