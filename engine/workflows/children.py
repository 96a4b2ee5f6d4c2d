"""Sub-workflows under way: each is a run of its own, a child workflow whose end a signal tells.

A child outlives its parent's execution, which may continue as new at any time: its ParentClosePolicy is to
be let alone, its id follows from the node that began it, and it signals its end to whichever execution of
the parent there is. So a child that runs for months holds nothing back. What must end with the parent is
cancelled by name; a child that nobody could tell any more is found by the application (`reconcile`).
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable, Mapping
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import (
    ChildWorkflowError,
    FailureError,
    TerminatedError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from engine.contracts import (
    CHILD_ENDED,
    GRAPH_RUN,
    Calling,
    ChildEnd,
    NodeRecord,
    NodeResult,
    Parent,
    RunRecord,
    RunRequest,
    SubworkflowStep,
    place,
)
from engine.errors import Failure
from engine.ids import child_run_id, workflow_id
from engine.workflows import inline
from engine.workflows.limits import Spending
from engine.workflows.scopes import Scope

FINAL = frozenset({"inputs-unfit", "version-gone", "terminated"})
"""Kinds of failures that another attempt would only repeat, or that somebody wanted."""

Handle = workflow.ChildWorkflowHandle[Any, RunRecord]


class Children:
    """The runs that sub-workflow nodes have begun.

    - `_calling`: how far the nodes are, by their places;
    - `_ended`: ends that were told and not yet taken, and `_expected`: what they wake, by the runs' ids;
    - `_cancelling`: runs that are being told to stop.
    """

    def __init__(self) -> None:
        self._calling: dict[str, Calling] = {}
        self._ended: dict[str, RunRecord] = {}
        self._expected: dict[str, asyncio.Future[None]] = {}
        self._cancelling: set[asyncio.Task[None]] = set()

    def ended(self, end: ChildEnd) -> None:
        """Take note of how a run ended; told again, it does nothing."""
        self._take(end.run_id, end.record)

    def carry_on(self, ended: Mapping[str, RunRecord]) -> None:
        """Take over what had been told when the run continued as new."""
        for run_id, record in ended.items():
            self._take(run_id, record)

    def _take(self, run_id: str, record: RunRecord) -> None:
        self._ended.setdefault(run_id, record)
        expected = self._expected.get(run_id)
        if expected is not None and not expected.done():
            expected.set_result(None)

    def begin(
        self, step: SubworkflowStep, scope: Scope, request: RunRequest, spending: Spending
    ) -> tuple[NodeRecord, Coroutine[Any, Any, NodeResult]]:
        """Let a node begin, go on where it was when the run continued as new, or be tried again.

        Returns its record and its work; ExpressionError when its inputs cannot be rendered.
        """
        again = scope.retried.get(step.id)
        inputs = scope.render(again.config.get("inputs", step.inputs) if again else step.inputs)
        calling = scope.carried.calling.get(step.id)
        before = again.attempts if again else 0
        if calling is None or calling.attempt <= before:
            calling = Calling(started_at=workflow.now(), attempt=before + 1, before=before)
        self._calling[place(scope.path, step.id)] = calling
        running = NodeRecord(
            node_id=step.id,
            scope=scope.path,
            status="running",
            started_at=calling.started_at,
            attempt=calling.attempt,
            decision=again.decision if again else None,
        )
        return running, self._result(step, running, request, inputs, spending)

    def carried(self, scope: str, node_ids: Iterable[str]) -> dict[str, Calling]:
        """Return how far these nodes of a scope are, which are under way."""
        return {
            node_id: calling
            for node_id in node_ids
            if (calling := self._calling.get(place(scope, node_id))) is not None
        }

    def untaken(self) -> dict[str, RunRecord]:
        """Return the ends that were told and not taken yet."""
        return dict(self._ended)

    async def told(self) -> None:
        """Wait until every run that has to stop was told: what is still to be sent ends with the workflow."""
        while self._cancelling:
            await asyncio.gather(*self._cancelling)

    async def _result(
        self,
        step: SubworkflowStep,
        running: NodeRecord,
        request: RunRequest,
        inputs: dict[str, Any],
        spending: Spending,
    ) -> NodeResult:
        """Begin the other run, or go on with it, and wait for its end; begin another if it fails and may."""
        at = running.place
        while True:
            calling = self._calling[at]
            if calling.until is not None:
                await asyncio.sleep(max((calling.until - workflow.now()).total_seconds(), 0))
            child = _child(step, running.scope, request, inputs, calling)
            child = child if calling.begun else child.model_copy(update={"budget": spending.left()})
            end = await self._attempt(child, at)
            used_up = spending.called(end.spent)
            if used_up or end.status == "succeeded" or not _may_go_on(step, calling, end):
                break
            self._calling[at] = _next(step, calling)
        del self._calling[at]
        name = request.plans[step.pin].plan.name
        return NodeResult(record=_settled(step, running, calling, end, name), recorded=False)

    async def _attempt(self, child: RunRequest, at: str) -> RunRecord:
        """Wait for the end of a run, which is begun if it was not; cancelled, it cancels that run."""
        expected = self._expected[child.run_id] = asyncio.Future()
        try:
            if child.run_id not in self._ended:
                handle = None if self._calling[at].begun else await _begin(child)
                self._calling[at] = self._calling[at].model_copy(update={"begun": True, "until": None})
                await self._first(child.run_id, expected, handle)
            return self._ended.pop(child.run_id)
        except asyncio.CancelledError:
            task = asyncio.create_task(_cancel(child.run_id))
            self._cancelling.add(task)
            task.add_done_callback(self._cancelling.discard)
            raise
        finally:
            del self._expected[child.run_id]

    async def _first(self, run_id: str, expected: "asyncio.Future[None]", handle: Handle | None) -> None:
        """Wait until the end is told, or is known from the server because nobody could tell it."""
        if run_id in self._ended:
            return
        if handle is None:
            await expected
            return
        either: list[asyncio.Future[Any]] = [expected, handle]
        await workflow.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not expected.done():
            self._ended[run_id] = _known(handle)


async def report(parent: Parent, run_id: str, end: RunRecord) -> None:
    """Tell a parent how its sub-workflow ended; one that has ended itself needs to know nothing."""
    handle = workflow.get_external_workflow_handle(workflow_id(parent.run_id))
    with contextlib.suppress(FailureError):
        await handle.signal(CHILD_ENDED, ChildEnd(run_id=run_id, record=end))


def _child(
    step: SubworkflowStep, scope: str, request: RunRequest, inputs: dict[str, Any], calling: Calling
) -> RunRequest:
    pinned = request.plans[step.pin]
    parent = Parent(run_id=request.run_id, scope=scope, node_id=step.id, attempt=calling.attempt)
    limit = None if step.timeout_s is None else workflow.now() + timedelta(seconds=step.timeout_s)
    return RunRequest(
        run_id=child_run_id(request.run_id, place(scope, step.id), calling.attempt),
        plan=pinned.plan,
        plans=request.plans,
        inputs=inputs,
        history_limit=request.history_limit,
        parent=parent,
        version_id=pinned.version_id,
        deadline=limit,
    )


async def _begin(child: RunRequest) -> Handle | None:
    """Begin a run; None where an execution before this one did so already."""
    try:
        handle: Handle = await workflow.start_child_workflow(
            GRAPH_RUN,
            child,
            id=workflow_id(child.run_id),
            result_type=RunRecord,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
    except WorkflowAlreadyStartedError:
        return None
    except ChildWorkflowError as error:  # so it comes, when this run is told to stop at this very moment
        if is_cancelled_exception(error):
            raise asyncio.CancelledError from error
        raise
    handle.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, though not taken
    return handle


async def _cancel(run_id: str) -> None:
    """Ask a run to stop; one that has ended, or never began, is left alone."""
    with contextlib.suppress(FailureError):
        await workflow.get_external_workflow_handle(workflow_id(run_id)).cancel()


def _known(handle: Handle) -> RunRecord:
    """Return the end of a run that ended without a word: it was ended from outside."""
    try:
        return handle.result()
    except ChildWorkflowError as error:
        if is_cancelled_exception(error):
            return RunRecord(status="cancelled", at=workflow.now())
        kind = "terminated" if isinstance(error.cause, TerminatedError) else "ended-outside"
        failure = Failure(kind=kind, message=f"It was ended from outside: {error.cause}")
        return RunRecord(status="failed", at=workflow.now(), error=failure)


def _may_go_on(step: SubworkflowStep, calling: Calling, end: RunRecord) -> bool:
    """Whether another run is begun after one that did not succeed."""
    attempts = step.attempts
    if calling.attempt - calling.before >= attempts.maximum or end.error is None or end.error.kind in FINAL:
        return False
    since = (workflow.now() - calling.started_at).total_seconds()
    in_time = (
        attempts.total_s is None
        or since + attempts.pause_s(calling.attempt - calling.before) < attempts.total_s
    )
    return in_time and attempts.repeats(end.error.kind)


def _next(step: SubworkflowStep, calling: Calling) -> Calling:
    until = workflow.now() + timedelta(seconds=step.attempts.pause_s(calling.attempt - calling.before))
    changed = {"attempt": calling.attempt + 1, "begun": False, "until": until}
    return calling.model_copy(update=changed)


def _settled(
    step: SubworkflowStep, running: NodeRecord, calling: Calling, end: RunRecord, name: str
) -> NodeRecord:
    now = workflow.now()
    more = {"scope": running.scope, "attempt": calling.attempt, "decision": running.decision}
    if end.status == "succeeded":
        record = inline.succeeded(step, now, output=end.outputs or {}, started_at=calling.started_at)
        return record.model_copy(update=more)
    failure = end.error or Failure(kind="cancelled", message="It was cancelled")
    told = failure.model_copy(update={"message": f"{name}: {failure.message}", "node": None, "place": None})
    return inline.failed(step, told, now, calling.started_at).model_copy(update=more)
