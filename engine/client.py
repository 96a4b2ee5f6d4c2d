"""Starts, stops and asks after runs: the application's only way to Temporal."""

import contextlib
from datetime import UTC, datetime
from typing import Literal, TypeVar

from pydantic import BaseModel
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import Priority, WorkflowIDReusePolicy
from temporalio.exceptions import CancelledError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from engine.arrivals import Courier
from engine.contracts import (
    DECIDE,
    DECIDE_TASK,
    EVENTS_ARRIVED,
    Arrival,
    Arrivals,
    Budget,
    ChildEnd,
    Deliberation,
    HumanDecision,
    NodeDecision,
    RunRecord,
    RunRequest,
)
from engine.errors import DecisionRefused, Failure, NotATest
from engine.ids import workflow_id
from engine.payloads import data_converter
from engine.ports import BlobStore
from engine.workflows.delivery import Delivery
from engine.workflows.graph_run import GraphRun

T = TypeVar("T")

RunState = Literal["running", "completed", "failed", "cancelled", "terminated", "missing"]


class EngineClient:
    """A connection to Temporal that speaks in runs. Safe to share within one event loop."""

    def __init__(self, client: Client, *, task_queue: str) -> None:
        self.temporal = client
        self.task_queue = task_queue
        self._courier = Courier(self._signal_arrivals)

    @classmethod
    async def connect(
        cls,
        address: str,
        *,
        blobs: BlobStore,
        namespace: str = "default",
        task_queue: str = "workbench",
        api_key: str | None = None,
        tls: bool = False,
    ) -> "EngineClient":
        """Connect to the server at `address` (`host:port`); RuntimeError when it cannot be reached."""
        client = await Client.connect(
            address, namespace=namespace, api_key=api_key, tls=tls, data_converter=data_converter(blobs)
        )
        return cls(client, task_queue=task_queue)

    async def start(self, request: RunRequest) -> None:
        """Start a run. Starting it again does nothing, so that a start may be repeated in doubt.

        Raises NotATest when a run that is no test is given a pinned or edited value.
        """
        if not request.test and any(record.origin and record.origin.is_given for record in request.seed):
            raise NotATest(request.run_id)
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self.temporal.start_workflow(
                GraphRun.run,
                request,
                id=workflow_id(request.run_id),
                task_queue=self.task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=Priority(priority_key=request.priority),
            )

    async def cancel(self, run_id: str) -> None:
        """Ask a run to stop. A run that is over, or unknown, is left alone."""
        try:
            await self._handle(run_id).cancel()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def terminate(self, run_id: str, reason: str) -> bool:
        """End a run at once: none of its code runs any more. Return False where it never began."""
        try:
            await self._handle(run_id).terminate(reason=reason)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return await self.describe(run_id) != "missing"
        return True

    async def arrived(self, run_id: str, *arrivals: Arrival) -> None:
        """Bring a run events for some of its nodes; twice does no harm. A run that is over is left alone."""
        await self._courier.bring(run_id, arrivals)

    async def _signal_arrivals(self, run_id: str, brought: Arrivals) -> None:
        try:
            await self._handle(run_id).signal(EVENTS_ARRIVED, brought)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def raise_budget(self, run_id: str, budget: Budget) -> None:
        """Give a run another budget. A run that is over, or unknown, is left alone."""
        try:
            await self._handle(run_id).signal(GraphRun.raise_budget, budget)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def child_ended(self, run_id: str, end: ChildEnd) -> None:
        """Tell a run how a sub-workflow of its own ended, where that could not do so; once more does no harm.

        A run that is over, or unknown, is left alone.
        """
        try:
            await self._handle(run_id).signal(GraphRun.child_ended, end)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def decide(self, run_id: str, decision: NodeDecision) -> None:
        """Bring a run a decision about a node that failed; returns when the run has taken it.

        DecisionRefused says why it was not: it comes too late, or cannot be carried out. TimeoutError when
        the caller's patience ended first, or the server's: it may still be taken.
        """
        await self._update(run_id, DECIDE, decision, type(None))

    async def decide_task(self, run_id: str, decision: HumanDecision) -> Deliberation:
        """Bring a run what somebody decided about a task; return what has come of the task by it.

        Brought again it counts once. Raises as `decide` does; a DecisionRefused has the `kind` of the rule.
        """
        return await self._update(run_id, DECIDE_TASK, decision, Deliberation)

    async def deliver(self, batch_id: str) -> None:
        """Begin to deliver a message of the outbox; one whose delivery goes on, or is over, is left alone."""
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await self.temporal.start_workflow(
                Delivery.run,
                batch_id,
                id=f"delivery-{batch_id}",
                task_queue=self.task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            )

    async def _update(self, run_id: str, name: str, argument: BaseModel, answer: type[T]) -> T:
        try:
            taken: T = await self._handle(run_id).execute_update(name, argument, result_type=answer)
            return taken
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:  # the SDK's word for a cancellation, too
            raise TimeoutError(str(error)) from error
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            kind = getattr(cause, "type", None) or "decision-late"
            raise DecisionRefused(getattr(cause, "message", str(cause)), kind) from error
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            raise DecisionRefused("The run is over; nothing waits for a decision in it.") from error

    async def result(self, run_id: str) -> RunRecord:
        """Wait for a run's end and return its last record, whichever way it ended.

        RPCError (not found) when there is no such run.
        """
        handle = self._handle(run_id)
        try:
            return await handle.result()
        except WorkflowFailureError as error:
            closed = (await handle.describe()).close_time or datetime.now(UTC)
            if isinstance(error.cause, CancelledError):
                return RunRecord(status="cancelled", at=closed)
            return RunRecord(status="failed", at=closed, error=_ended_outside(error))

    async def describe(self, run_id: str) -> RunState:
        """Return how the run's workflow stands on the server."""
        try:
            description = await self._handle(run_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return "missing"
            raise
        return _state(description.status)

    async def list_runs(self, *, limit: int, cursor: bytes | None = None) -> tuple[list[str], bytes | None]:
        """Return the ids of runs that the server knows, the latest first, and where the next page begins."""
        pages = self.temporal.list_workflows(
            'WorkflowType = "GraphRun" AND ExecutionStatus != "ContinuedAsNew"',
            page_size=limit,
            next_page_token=cursor,
        )
        await pages.fetch_next_page()
        ids = [found.id.removeprefix(workflow_id("")) for found in pages.current_page or ()]
        return ids, pages.next_page_token

    def _handle(self, run_id: str) -> "WorkflowHandle[GraphRun, RunRecord]":
        return self.temporal.get_workflow_handle_for(GraphRun.run, workflow_id(run_id))


def _state(status: WorkflowExecutionStatus | None) -> RunState:
    match status:
        case WorkflowExecutionStatus.COMPLETED:
            return "completed"
        case WorkflowExecutionStatus.FAILED | WorkflowExecutionStatus.TIMED_OUT:
            return "failed"
        case WorkflowExecutionStatus.CANCELED:
            return "cancelled"
        case WorkflowExecutionStatus.TERMINATED:
            return "terminated"
        case _:
            return "running"


def _ended_outside(error: WorkflowFailureError) -> Failure:
    return Failure(
        kind="ended-outside",
        message=f"The run was ended from outside: {error.cause or error}",
        hint="Someone or something stopped it on the Temporal server; start it again.",
    )
