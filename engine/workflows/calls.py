"""How workflow code calls activities: time limits, retries, and what an interruption means.

A node's own failure comes back as data. What is raised here is never the node's fault: the records could
not be reached, the worker was stopped or died. Such work is started again without counting as an attempt;
the activity asks the records first, so nothing is done twice that was finished once.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    TimeoutError,
    is_cancelled_exception,
)

from engine.contracts import (
    AWAIT_EVENT,
    BUSY,
    CHECK_OUTPUTS,
    INTERRUPTED,
    NOTE_TASK,
    OPEN_RUN,
    OPEN_TASK,
    RECORD,
    RUN_NODE,
    SETTLE_TASK,
    STOP_WAITING,
    ActivityStep,
    EventWait,
    Found,
    NodeResult,
    NodeTask,
    Opened,
    Opening,
    Outputs,
    OutputsChecked,
    Parent,
    RecordBatch,
    RunRequest,
    TaskNote,
    TaskOpened,
    TaskOpening,
    TaskSettled,
)
from engine.errors import Failure, NodeFailed
from engine.workflows.line import Line

T = TypeVar("T")

GRACE = timedelta(seconds=60)
"""What an attempt may take beyond its own time limit, which the activity keeps, to read and write records."""

HEARTBEAT = timedelta(seconds=15)
"""A worker that is silent for so long is taken for dead."""

LONGEST_LOCAL_BACKOFF = timedelta(seconds=5)
"""A longer pause between attempts is a server timer, so that no worker is held by it."""

WORKERS_LOST = 3
"""So many workers may die of a node before the node fails: it is likely to be the cause."""

PAUSE_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between two tries to start interrupted work; the last one repeats."""

_RECORD_RETRIES = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=60)
)


async def record(batch: RecordBatch) -> None:
    """Write a batch of records, trying for as long as it takes."""
    await workflow.execute_local_activity(
        RECORD,
        batch,
        start_to_close_timeout=GRACE,
        retry_policy=_RECORD_RETRIES,
        local_retry_threshold=LONGEST_LOCAL_BACKOFF,
    )


async def await_event(wait: EventWait) -> Found:
    """Make a wait known, trying for as long as it takes; return the event that was kept for it."""
    return await _ask(AWAIT_EVENT, wait, Found)


async def stop_waiting(wait: EventWait) -> Found:
    """End a wait, likewise; return the event that it was given after all."""
    return await _ask(STOP_WAITING, wait, Found)


async def open_task(opening: TaskOpening) -> TaskOpened:
    """Put a task into the inbox, likewise; return whom its names mean."""
    return await _ask(OPEN_TASK, opening, TaskOpened)


async def note_task(note: TaskNote) -> None:
    """Let the inbox remind of a task or ask others too, likewise."""
    await _ask(NOTE_TASK, note, type(None))


async def settle_task(settled: TaskSettled) -> None:
    """Take a task out of the inbox, likewise."""
    await _ask(SETTLE_TASK, settled, type(None))


async def open_run(request: RunRequest, parent: Parent, started_at: datetime) -> Opened:
    """Store the run of a sub-workflow, likewise; return it as it was stored."""
    opening = Opening(
        run_id=request.run_id,
        parent=parent,
        version_id=request.version_id or "",
        inputs=request.inputs,
        started_at=started_at,
        deadline=request.deadline,
        budget=request.budget,
    )
    return await _ask(OPEN_RUN, opening, Opened)


async def check_outputs(run_id: str, outputs: dict[str, Any], schema: dict[str, Any]) -> Failure | None:
    """Return why the outputs of a run do not fit their schema, if they do not."""
    given = Outputs(run_id=run_id, outputs=outputs, output_schema=schema)
    return (await _ask(CHECK_OUTPUTS, given, OutputsChecked)).failure


async def _ask(activity: str, argument: Any, answer: type[T]) -> T:
    answered: T = await workflow.execute_local_activity(
        activity,
        argument,
        result_type=answer,
        start_to_close_timeout=GRACE,
        retry_policy=_RECORD_RETRIES,
        local_retry_threshold=LONGEST_LOCAL_BACKOFF,
    )
    return answered


async def run_node(step: ActivityStep, task: NodeTask, line: Line) -> NodeResult:
    """Run a node until it is settled; NodeFailed when that cannot be brought about."""
    interruptions = lost = turned_away = 0
    while True:
        line.ask(task)
        try:
            return await _attempts(step, task)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise asyncio.CancelledError from error
            cause = error.cause if isinstance(error, ActivityError) else error  # a local one comes as it is
            if isinstance(cause, TimeoutError):
                lost += 1
            attempts_before = _attempts_before(cause, lost, task)
        task = task.model_copy(update={"attempts_before": attempts_before})
        if isinstance(cause, ApplicationError) and cause.type == BUSY:
            # It got as far as writing what it was given to write.
            task = task.model_copy(update={"pending": (), "run": None})
            await line.stand(task, turned_away)
            turned_away += 1
            continue
        await asyncio.sleep(PAUSE_S[min(interruptions, len(PAUSE_S) - 1)])
        interruptions += 1


async def _attempts(step: ActivityStep, task: NodeTask) -> NodeResult:
    """Run one activity, which Temporal repeats as the step's retry policy says."""
    timeout = timedelta(seconds=step.timeout_s) + GRACE
    if step.local:
        local: NodeResult = await workflow.execute_local_activity(
            RUN_NODE,
            task,
            result_type=NodeResult,
            start_to_close_timeout=timeout,
            retry_policy=_retries(step, task),
            local_retry_threshold=LONGEST_LOCAL_BACKOFF,
        )
        return local
    regular: NodeResult = await workflow.execute_activity(
        RUN_NODE,
        task,
        result_type=NodeResult,
        start_to_close_timeout=timeout,
        retry_policy=_retries(step, task),
        heartbeat_timeout=HEARTBEAT,
    )
    return regular


def _retries(step: ActivityStep, task: NodeTask) -> RetryPolicy:
    attempts = step.attempts
    first = max(attempts.delay_s, 0.001)
    return RetryPolicy(
        initial_interval=timedelta(seconds=first),
        backoff_coefficient=attempts.backoff,
        maximum_interval=timedelta(seconds=max(attempts.max_delay_s, first)),
        maximum_attempts=max(task.max_attempts - task.attempts_before, 1),
    )


def _attempts_before(cause: BaseException | None, lost: int, task: NodeTask) -> int:
    """Return how many attempts were spent before an interruption; NodeFailed when it was none."""
    if isinstance(cause, ApplicationError) and cause.type in (BUSY, INTERRUPTED):
        return int(cause.details[0]) if cause.details else task.attempts_before
    if isinstance(cause, TimeoutError) and lost <= WORKERS_LOST:
        return task.attempts_before
    if isinstance(cause, TimeoutError):
        raise NodeFailed(
            Failure(
                kind="worker-lost",
                message=f"The worker was lost {lost} times while it did this step",
                hint="Look at the worker's log: the step may need more memory than there is.",
            )
        )
    hint = "This is a fault of the workbench; see its log."
    raise NodeFailed(Failure(kind="internal", message=str(cause or "The activity failed"), hint=hint))
