"""The engine's RunSink: every record is one statement in Postgres, then one message to whoever watches."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import structlog
from psycopg import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout

from engine.contracts import NodeRecord, Opened, Opening, RecordBatch, RunRecord
from engine.errors import NotATest
from engine.ids import BlobRef
from workbench.db import records as statement
from workbench.db import runs as queries
from workbench.db.json_text import dumps, loads, text_of
from workbench.db.pauses import Pauses
from workbench.services import child_runs, pause_tasks, run_shapes
from workbench.services.blobs import INLINE_BYTES, PostgresBlobStore
from workbench.services.events import Change
from workbench.services.previews import preview_of
from workbench.services.resources import Resources, get_resources
from workbench.services.shapes import RunEvent
from workbench.services.task_news import ANYWHERE

log = structlog.get_logger(__name__)

AT_ONCE = 500
"""Nodes in one statement."""

PATIENCE_S = 30.0
"""How long a write is tried while Postgres is away; then it is an error, and the engine tries again later."""


Asked = tuple[str, str] | None
"""The scope and the id of a node about which a write also asks."""


class PostgresRunSink:
    """Implements engine.ports.RunSink."""

    def __init__(self, resources: Resources | None = None) -> None:
        self._resources = resources or get_resources()
        self._blobs = PostgresBlobStore(self._resources)

    async def begin(self, batch: RecordBatch, node_id: str, scope: str = "") -> NodeRecord | None:
        """Write `batch` (it holds `node_id` as running) and return that node's settled record if one exists.

        Waits for the disk only where the batch is durable: otherwise the caller begins again after a crash,
        and the next durable write takes everything before it to the disk.
        """
        written = await self._write(batch, asked=(scope, node_id))
        return await self._settled(written.settled) if written.settled else None

    async def record(self, batch: RecordBatch) -> None:
        """Write `batch` durably and publish what it changed.

        Raises NotATest for a pinned or edited value in a run that is no test.
        """
        await self._write(batch, asked=None)

    async def open(self, opening: Opening) -> Opened:
        """Store a sub-workflow's run, unless it is there; return it as it is stored."""
        return await child_runs.open_run(self._resources, opening)

    async def _require_test(self, batch: RecordBatch) -> None:
        """Raise NotATest when `batch` holds a value that a person gave, and its run is no test."""
        if not any(record.origin and record.origin.is_given for record in batch.nodes):
            return
        run = await self._resources.read(lambda session: queries.without_values(session, batch.run_id))
        if run is not None and not run.test:
            raise NotATest(batch.run_id)

    async def _write(self, batch: RecordBatch, *, asked: Asked) -> statement.Written:
        """Write a batch, in one statement unless it is very large; the run's own change comes last."""
        await self._require_test(batch)
        records = list({record.place: record for record in batch.nodes}.values())
        while len(records) > AT_ONCE:
            await self._write_part(batch, records[:AT_ONCE], None, None)
            records = records[AT_ONCE:]
        written = await self._write_part(batch, records, batch.run, asked)
        if not written.known:
            log.warning("records.run-unknown", run_id=batch.run_id)
        return written

    async def _write_part(
        self, batch: RecordBatch, records: Sequence[NodeRecord], run: RunRecord | None, asked: Asked
    ) -> statement.Written:
        nodes = [await self._node_values(record) for record in records]
        values = _run_values(run) if run else statement.RunValues()
        part = batch.model_copy(update={"nodes": tuple(records), "run": run})
        pauses = await pause_tasks.of_batch(self._resources, part)
        written = await self._patiently(batch, nodes, values, asked, pauses)
        self._resources.events.publish(_changes(batch.run_id, records, nodes, written))
        if pauses.opened:
            await pause_tasks.tell(self._resources, batch.run_id, pauses)
        if pauses:
            self._resources.task_news.tell({ANYWHERE: set()})
        if written.tasks:
            of_run = {task["id"] for task in written.tasks}
            self._resources.task_news.tell({written.tasks[0]["workspace_id"]: of_run})
        if written.run and written.run["finished_at"]:
            self._resources.run_ended.set()
        return written

    async def _patiently(
        self,
        batch: RecordBatch,
        nodes: Sequence[statement.NodeValues],
        run: statement.RunValues,
        asked: Asked,
        pauses: Pauses,
    ) -> statement.Written:
        """Write, again and again while Postgres restarts; the statement may be repeated without harm."""
        pool = await self._resources.records()
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        pause = 0.05
        while True:
            try:
                async with pool.connection() as connection:
                    return await statement.write(
                        connection,
                        batch.run_id,
                        nodes,
                        run,
                        asked=asked,
                        relaxed=not batch.durable,
                        pauses=pauses,
                    )
            except (OperationalError, InterfaceError, PoolTimeout) as error:
                if asyncio.get_running_loop().time() + pause > deadline:
                    raise
                log.warning("records.retry", run_id=batch.run_id, error=str(error).strip(), pause_s=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def _node_values(self, record: NodeRecord) -> statement.NodeValues:
        output = b"" if record.output is None else dumps(record.output)
        blob = await self._blobs.put(output) if len(output) > INLINE_BYTES else None
        return statement.NodeValues(
            scope=record.scope,
            node_id=record.node_id,
            status=record.status,
            attempt=record.attempt,
            started_at=record.started_at,
            finished_at=record.finished_at,
            ports=[text_of(port) for port in record.ports],
            media_type=text_of(record.media_type),
            preview=preview_of(record.output),
            output=output.decode() if output and not blob else None,
            output_blob=blob,
            output_bytes=len(output),
            error=_json(record.error and record.error.model_dump()),
            tally=_json(record.tally and record.tally.model_dump()),
            decision=_json(record.decision and record.decision.model_dump()),
            origin=_json(record.origin and record.origin.model_dump(exclude_none=True)),
        )

    async def _settled(self, row: dict[str, Any]) -> NodeRecord:
        fields = {name: row[name] for name in NodeRecord.model_fields if name in row}
        if row["output_blob"]:
            fields["output"] = loads(await self._blobs.get(BlobRef(row["output_blob"])))
        return NodeRecord.model_validate(fields)


def _run_values(record: RunRecord) -> statement.RunValues:
    return statement.RunValues(
        status=record.status,
        at=record.at,
        started_at=record.started_at,
        outputs=_json(record.outputs),
        error=_json(record.error.model_dump() if record.error else None),
    )


def _json(value: Any) -> str | None:
    return None if value is None else dumps(value).decode()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _changes(
    run_id: str,
    records: Sequence[NodeRecord],
    nodes: Sequence[statement.NodeValues],
    written: statement.Written,
) -> list[Change]:
    """Return what the write really changed, as events; the run is last, since its end ends the watching."""
    now_written = {(row["scope"], row["node_id"]): row for row in written.nodes}
    changes = []
    for record, values in zip(records, nodes, strict=True):
        if row := now_written.get((record.scope, record.node_id)):
            node = run_shapes.recorded(
                record,
                started_at=_instant(row["started_at"]),
                preview=values.preview,
                output_bytes=values.output_bytes,
            )
            changes.append(Change(row["change"], RunEvent(id="", run_id=run_id, node=node)))
    for row in written.closed:
        times = {name: _instant(row[name]) for name in ("started_at", "finished_at")}
        node = run_shapes.node_run(SimpleNamespace(**{**row, **times}))
        changes.append(Change(row["change"], RunEvent(id="", run_id=run_id, node=node)))
    if written.run:
        run = run_shapes.summary(SimpleNamespace(**written.run))
        changes.append(Change(written.run["change"], RunEvent(id="", run_id=run_id, run=run)))
    return changes
