"""What a schedule starts: one run, in the name of its trigger, and it waits for that run's end.

The run itself is started by an activity, as any other, so that it has its row. The wait costs nothing:
whoever sees the run's end tells this workflow. While it waits, Temporal's overlap policy holds for the run.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import CancelledError, is_cancelled_exception

from engine.contracts import ScheduledRequest, ScheduledRun, ScheduledStartOrder

DUE = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
"""Set by Temporal on what its schedules start: the time that was due, not the time of the start."""

PATIENCE = timedelta(seconds=30)
RETRY = RetryPolicy(maximum_interval=timedelta(minutes=1))
"""Without an end: the database may be away for long, and the run is due all the same."""


@workflow.defn
class ScheduledStart:
    """Starts the run that is due; see `engine.schedules`."""

    def __init__(self) -> None:
        self._ended = False

    @workflow.run
    async def run(self, request: ScheduledRequest) -> str | None:
        """Return the run's id, None when none was to be started. Cancelled, it cancels the run first."""
        starting = asyncio.create_task(self._start(request))
        cancelled = False
        try:
            run_id = await asyncio.shield(starting)
            if run_id is not None and request.waits:
                await workflow.wait_condition(lambda: self._ended)
        except (asyncio.CancelledError, CancelledError) as error:
            if not is_cancelled_exception(error):
                raise
            cancelled = True
            run_id = await starting
        if cancelled and run_id is not None:
            await self._stop(run_id)
            await workflow.wait_condition(lambda: self._ended)
        return run_id

    @workflow.signal
    def run_ended(self) -> None:
        """Say that the run has ended, however it did."""
        self._ended = True

    async def _start(self, request: ScheduledRequest) -> str | None:
        info = workflow.info()
        order = ScheduledStartOrder(
            trigger_id=request.trigger_id,
            due=info.typed_search_attributes.get(DUE) or info.start_time,
            waiter=info.workflow_id if request.waits else None,
        )
        started: ScheduledRun = await workflow.execute_activity(
            "start_scheduled",
            order,
            start_to_close_timeout=PATIENCE,
            retry_policy=RETRY,
            result_type=ScheduledRun,
        )
        return started.run_id

    async def _stop(self, run_id: str) -> None:
        await workflow.execute_activity(
            "stop_scheduled", run_id, start_to_close_timeout=PATIENCE, retry_policy=RETRY
        )
