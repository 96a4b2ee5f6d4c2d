"""Ending a run at once: its rows first, so that everybody sees it, then its workflow on Temporal.

What was begun under the run (its sub-workflows, theirs) ends with it. The wish is stored in `terminating`
before anything is done about it, and taken away when Temporal knows; `reconcile` goes on where a crash, or
Temporal being away, broke it off.
"""

import asyncio
from datetime import timedelta

import structlog
from temporalio.service import RPCError

from engine.contracts import ChildEnd, RecordBatch, RunRecord
from engine.errors import Failure
from workbench.db import runs as queries
from workbench.db.ids import now
from workbench.db.tables import RunRow
from workbench.errors import Unavailable
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources, get_resources
from workbench.services.starts import TEMPORAL_S

log = structlog.get_logger(__name__)

STARTING = timedelta(minutes=1)
"""So long after a run was stored, whoever started it may still be about to tell Temporal."""

TERMINATED = Failure(
    kind="terminated",
    message="The run was terminated.",
    hint="It ended at once: what it had begun was not undone.",
)


async def finish(row: RunRow) -> None:
    """End the rows of a run that is `terminating`, then its workflow. Doing it again is harmless."""
    resources = get_resources()
    if row.status not in queries.SETTLED:
        end = RunRecord(status="cancelled", at=now(), error=TERMINATED)
        await PostgresRunSink(resources).record(RecordBatch(run_id=row.id, run=end))
    if await _told(resources, row):
        async with resources.transaction() as session:
            await queries.terminated(session, row.id)


async def _told(resources: Resources, row: RunRow) -> bool:
    """End the workflow, and let the run that began it know; return whether that is done for good."""
    end = ChildEnd(run_id=row.id, record=RunRecord(status="cancelled", at=now(), error=TERMINATED))
    try:
        async with asyncio.timeout(TEMPORAL_S):
            temporal = await resources.temporal()
            known = await temporal.terminate(row.id, TERMINATED.message)
            if row.parent_run_id:
                await temporal.child_ended(row.parent_run_id, end)
    except (Unavailable, RPCError, TimeoutError) as error:
        log.warning("run.terminate-postponed", run_id=row.id, error=str(error) or type(error).__name__)
        return False
    return known or row.created_at < now() - STARTING
