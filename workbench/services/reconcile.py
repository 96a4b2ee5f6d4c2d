"""Making the rows and Temporal agree, whatever died between two writes.

- A queued run that Temporal does not know is started.
- A run that somebody wanted to stop is asked to stop again; one that never started is just ended.
- A run that is to be ended at once is ended on Temporal.
- A sub-workflow's run whose parent has ended is asked to stop; a parent is told of an end that went untold.
- A run whose workflow has ended, or is gone, gets its end, so that no run is shown as running for ever.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog
from psycopg import Error as PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.exceptions import TemporalError

from engine.client import EngineClient
from engine.contracts import ChildEnd, RecordBatch, RunRecord
from engine.errors import Failure
from workbench.db import runs as queries
from workbench.db.ids import now
from workbench.db.locks import exclusive
from workbench.db.paging import Position
from workbench.db.tables import RunRow
from workbench.errors import WorkbenchError
from workbench.services import starts, stops
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources, get_resources

log = structlog.get_logger(__name__)

EVERY_S = 30.0
QUEUED_EVERY_S = 2.0
"""How often queued runs are looked at: somebody waits for those, and there are hardly ever any."""

YOUNG = timedelta(seconds=starts.TEMPORAL_S)
"""Younger runs are left alone: whoever started them may still be at it."""

AT_ONCE = 500
"""Runs looked at in one pass; where there are more, the next pass goes on with the next."""

_LOCK = 0x72656363  # "recc": one number, known to every worker that reconciles


async def run_forever() -> None:
    """Reconcile now and every 30 seconds, queued runs more often; what fails is tried again next time."""
    reconciler = Reconciler()
    clock = asyncio.get_running_loop().time
    due = clock()
    while True:
        whole = clock() >= due
        try:
            await (reconciler.once() if whole else reconciler.start_queued())
        except (WorkbenchError, SQLAlchemyError, PostgresError, OSError) as error:
            log.warning("reconcile.postponed", error=str(error) or type(error).__name__)
        if whole:
            due = clock() + EVERY_S
        await asyncio.sleep(QUEUED_EVERY_S)


class Reconciler:
    """Goes through the runs that have not ended, some in each pass; those that wait to be moved first."""

    def __init__(self, *, young: timedelta = YOUNG) -> None:
        self._young = young
        self._after: Position | None = None

    async def once(self) -> int:
        """Look at the next runs; return how many were started or ended here.

        One process does it at a time; a second one that tries meanwhile does nothing and returns 0.
        """
        async with get_resources().transaction() as session:
            await queries.cancel_orphans(session, at=now())
        return await self._mend_all(self._next)

    async def start_queued(self) -> int:
        """Look at the queued runs alone, if there are any; return how many were started or ended here."""
        if not await get_resources().read(self._queued):
            return 0
        return await self._mend_all(self._queued)

    async def _mend_all(self, which: Callable[[AsyncSession], Awaitable[Sequence[RunRow]]]) -> int:
        resources = get_resources()
        temporal = await resources.temporal()
        mended = 0
        async with exclusive(resources.database_url, _LOCK) as ours:
            for row in await resources.read(which) if ours else ():
                mended += await _try_to_mend(resources, temporal, row)
        return mended

    async def _queued(self, session: AsyncSession) -> Sequence[RunRow]:
        return await queries.queued(session, before=now() - self._young, limit=AT_ONCE)

    async def _next(self, session: AsyncSession) -> Sequence[RunRow]:
        before = now() - self._young
        ending = await queries.terminating(session, limit=AT_ONCE)
        first = await queries.to_be_moved(session, before=before, limit=AT_ONCE)
        others = await queries.under_way(session, after=self._after, before=before, limit=AT_ONCE)
        whole = len(others) < AT_ONCE
        self._after = None if whole else (others[-1].created_at, others[-1].id)
        return list({row.id: row for row in (*ending, *first, *others)}.values())


async def _try_to_mend(resources: Resources, temporal: EngineClient, row: RunRow) -> int:
    try:
        return await _mend(resources, temporal, row)
    except (WorkbenchError, TemporalError, PostgresError, OSError) as error:
        log.warning("reconcile.run-postponed", run_id=row.id, error=str(error) or type(error).__name__)
        return 0


async def _mend(resources: Resources, temporal: EngineClient, row: RunRow) -> int:
    if row.terminating:
        await stops.finish(row)
        return 1
    async with asyncio.timeout(starts.TEMPORAL_S):
        state = await temporal.describe(row.id)
    if state == "running":
        if row.cancel_requested_at is not None:
            await temporal.cancel(row.id)
        return 0
    if state == "missing" and row.status == "queued" and row.cancel_requested_at is None:
        return await _start(resources, row)
    await _end(resources, row, await _how_it_ended(temporal, row, state))
    return 1


async def _start(resources: Resources, row: RunRow) -> int:
    try:
        await starts.relaunch(row)
    except starts.UNREADABLE as error:
        reason = str(error).splitlines()[0]
        await _end(resources, row, _failed("document-invalid", reason, "Start the workflow again."))
    return 1


async def _how_it_ended(temporal: EngineClient, row: RunRow, state: str) -> RunRecord:
    if state != "missing":
        async with asyncio.timeout(starts.TEMPORAL_S):
            return await temporal.result(row.id)
    if row.cancel_requested_at is not None:
        return RunRecord(status="cancelled", at=now())
    return _failed(
        "lost",
        "Temporal no longer knows this run, so it cannot go on.",
        "Its Temporal database was lost or exchanged; start the workflow again.",
    )


def _failed(kind: str, message: str, hint: str) -> RunRecord:
    return RunRecord(status="failed", at=now(), error=Failure(kind=kind, message=message, hint=hint))


async def _end(resources: Resources, row: RunRow, record: RunRecord) -> None:
    """Write the end of a run; the nodes that were under way end with it.

    Who began it is told first: once the end is written, nobody looks at this run again.
    """
    if row.parent_run_id:
        end = ChildEnd(run_id=row.id, record=record)
        await (await resources.temporal()).child_ended(row.parent_run_id, end)
    await PostgresRunSink(resources).record(RecordBatch(run_id=row.id, run=record))
    log.warning("reconcile.ended", run_id=row.id, status=record.status)
