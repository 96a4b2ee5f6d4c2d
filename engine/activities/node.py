"""Runs nodes: asks the records first, does the work at most once to the end, and writes down what came of it.

What a person should see of a failure is data; it is raised only to let Temporal repeat the attempt. What is
not the node's fault (no records, a worker that stops) is raised as INTERRUPTED and does not count.

The end of a local activity is written with the start of the next step, which does nothing before that: one
write a step, and after a crash at most the step that was cut off is done again, as it always is.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

import structlog
from structlog.contextvars import bound_contextvars
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from engine import expressions
from engine.activities import leases, tries
from engine.activities.secrets import Blotter, rendered_config
from engine.contracts import (
    INTERRUPTED,
    OPEN_RUN,
    RECORD,
    RUN_NODE,
    NodeRecord,
    NodeResult,
    NodeTask,
    Opened,
    Opening,
    RecordBatch,
    place,
)
from engine.errors import ExpressionError, Failure, Interrupted, NodeFailed
from engine.ports import (
    AdapterCall,
    AdapterOutput,
    AgentAdapter,
    BlobsOfRun,
    BlobStore,
    RunSink,
    SecretStore,
    SlotKeeper,
)

HEARTBEAT_S = 2.0
"""Seconds between two signs of life of a regular activity; with the next one it learns of a cancellation."""

_LOGGED = ApplicationErrorCategory.BENIGN
"""Keeps the SDK from logging a second time, with a traceback, what is logged here."""

_log = structlog.get_logger(__name__)


class NodeActivities:
    """The activities, bound to the application's records, blobs and secrets and to the adapters by type."""

    def __init__(
        self,
        *,
        sink: RunSink,
        blobs: BlobStore,
        secrets: SecretStore,
        slots: SlotKeeper,
        adapters: Mapping[str, AgentAdapter],
    ) -> None:
        self._sink = sink
        self._blobs = blobs
        self._secrets = secrets
        self._slots = slots
        self._adapters = adapters

    @activity.defn(name=RECORD)
    async def record(self, batch: RecordBatch) -> None:
        """Write a batch of records."""
        with bound_contextvars(run_id=batch.run_id):
            await self._sink.record(batch)
            if batch.run:
                _log.info(
                    "run.status", status=batch.run.status, error=batch.run.error and batch.run.error.kind
                )

    @activity.defn(name=OPEN_RUN)
    async def open_run(self, opening: Opening) -> Opened:
        """Store the run of a sub-workflow."""
        with bound_contextvars(run_id=opening.run_id):
            return await self._sink.open(opening)

    @activity.defn(name=RUN_NODE)
    async def run_node(self, task: NodeTask) -> NodeResult:
        """Do one attempt at a node's work, or return what an earlier execution recorded."""
        attempt = task.attempts_before + activity.info().attempt
        with bound_contextvars(run_id=task.run_id, node_id=place(task.scope, task.node_id)):
            try:
                return await self._run(task, attempt)
            except asyncio.CancelledError:
                if activity.is_worker_shutdown():
                    raise _interrupted("The worker is stopping", attempt) from None
                raise

    async def _run(self, task: NodeTask, attempt: int) -> NodeResult:
        running = NodeRecord(
            node_id=task.node_id,
            scope=task.scope,
            status="running",
            started_at=_now(),
            attempt=attempt,
            decision=task.decision,
        )
        settled = await self._begin(task, running)
        if settled:
            _log.info("node.reused", status=settled.status)
            return NodeResult(record=settled)
        if task.slots and not await self._has_slot(task, running):
            raise leases.busy(task, attempt)
        blotter = Blotter(())
        try:
            async with _signs_of_life(), leases.kept(task, self._slots):
                config, blotter = await self._config(task, attempt)
                output = _kept(await self._attempt(task, config, attempt))
            record = _succeeded(running, output, blotter)
        except NodeFailed as error:
            failure = blotter.failure(error.failure).model_copy(update={"node": task.node_id})
            if tries.another(task, error, attempt):
                await self._try_again(task, running, failure)
            record = _failed(task, running, failure)
        recorded = not activity.info().is_local and await self._recorded(task, record)
        return NodeResult(record=record, recorded=recorded)

    async def _has_slot(self, task: NodeTask, running: NodeRecord) -> bool:
        """Take a slot of the node's group; a node that finds none is shown as waiting."""
        assert task.slots is not None
        try:
            taken = await self._slots.take(
                task.run_id, task.slots, leases.holder(task), lease_s=leases.LEASE_S
            )
        except Exception as error:
            _log.warning("slots.unreachable", error=repr(error))
            raise _interrupted("The slots cannot be reached", running.attempt) from None
        if not taken:
            await self._recorded(task, running.model_copy(update={"status": "waiting"}))
        return taken

    async def _begin(self, task: NodeTask, running: NodeRecord) -> NodeRecord | None:
        nodes = (*task.pending, running)
        batch = RecordBatch(run_id=task.run_id, nodes=nodes, run=task.run, durable=task.durable)
        try:
            return await self._sink.begin(batch, task.node_id, task.scope)
        except Exception as error:
            _log.warning("records.unreachable", error=repr(error))
            raise _interrupted(f"The records cannot be reached: {error}", running.attempt) from None

    async def _config(self, task: NodeTask, attempt: int) -> tuple[Mapping[str, object], Blotter]:
        try:
            return await rendered_config(task, self._secrets)
        except ExpressionError as error:
            raise NodeFailed(Failure(kind="expression", message=str(error))) from None
        except NodeFailed:
            raise
        except Exception as error:
            _log.warning("secrets.unreachable", error=type(error).__name__)
            raise _interrupted("The secrets cannot be reached", attempt) from None

    async def _attempt(self, task: NodeTask, config: Mapping[str, object], attempt: int) -> AdapterOutput:
        """Let the adapter do the work within the time limit; NodeFailed whatever goes wrong."""
        call = AdapterCall(
            run_id=task.run_id,
            node_id=task.node_id,
            scope=task.scope,
            attempt=attempt,
            config=config,
            blobs=BlobsOfRun(self._blobs, task.run_id),
            idempotency_key=f"{task.run_id}:{place(task.scope, task.node_id)}",
            timeout_s=task.timeout_s,
        )
        seconds = tries.seconds_left(task)
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await self._adapter(task.type).run(call)
        except TimeoutError as error:
            if limit.expired():
                raise tries.timed_out(task, task.deadline if seconds < task.timeout_s else None) from None
            raise _unforeseen(error) from None
        except Interrupted as error:
            raise _interrupted(str(error), attempt) from None
        except (NodeFailed, ApplicationError):
            raise
        except Exception as error:
            raise _unforeseen(error) from None

    def _adapter(self, type_: str) -> AgentAdapter:
        try:
            return self._adapters[type_]
        except KeyError:
            failure = Failure(
                kind="adapter-missing",
                message=f"This worker has no adapter for nodes of type {type_}",
                hint="Update the worker to the version that made the workflow.",
            )
            raise NodeFailed(failure) from None

    async def _try_again(self, task: NodeTask, running: NodeRecord, failure: Failure) -> None:
        """Show what the attempt failed of, and raise so that Temporal repeats it."""
        _log.info("node.attempt-failed", kind=failure.kind, attempt=running.attempt)
        await self._recorded(task, running.model_copy(update={"error": failure}))
        raise ApplicationError(failure.message, type=failure.kind, category=_LOGGED) from None

    async def _recorded(self, task: NodeTask, record: NodeRecord) -> bool:
        """Write a record; False when the records cannot be reached: the work is done all the same."""
        try:
            await self._sink.record(RecordBatch(run_id=task.run_id, nodes=(record,)))
        except Exception as error:
            _log.warning("records.unreachable", error=repr(error))
            return False
        return True


def _succeeded(running: NodeRecord, output: AdapterOutput, blotter: Blotter) -> NodeRecord:
    changes = {
        "status": "succeeded",
        "finished_at": _now(),
        "ports": (output.port,),
        "output": blotter.value(output.value),
        "media_type": output.media_type,
    }
    return running.model_copy(update=changes)


def _failed(task: NodeTask, running: NodeRecord, failure: Failure) -> NodeRecord:
    """Return the record of a node that failed for good, or that waits for a decision about it."""
    if task.pauses:
        return running.model_copy(update={"status": "waiting", "error": failure, "input": task.config})
    changes = {"status": "failed", "finished_at": _now(), "ports": ("error",), "error": failure}
    return running.model_copy(update=changes)


def _kept(output: AdapterOutput) -> AdapterOutput:
    """Return the output, if a run can carry it; NodeFailed otherwise."""
    try:
        expressions.bounded(output.value)
    except ExpressionError as error:
        hint = "Ask for less at a time, or keep the response as a file."
        raise NodeFailed(Failure(kind="output-unfit", message=str(error), hint=hint)) from None
    return output


@contextlib.asynccontextmanager
async def _signs_of_life() -> AsyncIterator[None]:
    """Heartbeat while the work goes on; a local activity is watched by its own worker and needs none."""
    if activity.info().is_local:
        yield
        return

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT_S)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()


def _now() -> datetime:
    return datetime.now(UTC)


def _interrupted(message: str, attempt: int) -> ApplicationError:
    return ApplicationError(message, attempt - 1, type=INTERRUPTED, non_retryable=True, category=_LOGGED)


def _unforeseen(error: Exception) -> NodeFailed:
    """Return an adapter's fault as a failure; the traceback stays out of it, for it may quote a secret."""
    failure = Failure(
        kind="internal",
        message=f"{type(error).__name__}: {error}",
        hint="This is a fault of the workbench, or of what it was given to work with.",
    )
    return NodeFailed(failure, retryable=True)
