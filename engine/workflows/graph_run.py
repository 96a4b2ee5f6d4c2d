"""One workflow that interprets a plan: the graph is data, and the interpreter is all the code there is.

A run that fails is a result, not an error: the workflow completes with a RunRecord of status `failed`.
Only a cancelled run ends as a cancelled workflow. Anything unforeseen in the interpreter fails the run
with what went wrong, so that no run hangs on a task that fails for ever.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, NoReturn

from pydantic import ValidationError
from structlog.contextvars import bound_contextvars
from temporalio import workflow

from engine import expressions
from engine.contracts import (
    ActivityStep,
    DelayStep,
    MergeStep,
    NodeRecord,
    NodeResult,
    NodeTask,
    OutputStep,
    Resume,
    RunRecord,
    RunRequest,
    Waiting,
)
from engine.errors import ExpressionError, Failure, NodeFailed
from engine.workflows import calls, inline
from engine.workflows.flights import Flights, fault
from engine.workflows.journal import Journal
from engine.workflows.progress import Decision, Progress

MAX_IN_FLIGHT = 100
"""Activities of one run at a time; the server accepts 2,000, a worker has 100 slots."""

BREATH = timedelta(seconds=2)
"""After so long in one workflow task, a run of local activities hands the task back."""

EFFORT = 2_000_000
"""After so many units of evaluation, likewise: a task may take 10 s, and a slow machine is often busy."""


@workflow.defn(name="GraphRun", failure_exception_types=[ValidationError])
class GraphRun:
    """The run of one plan."""

    @workflow.run
    async def run(self, request: RunRequest) -> RunRecord:
        """Execute the plan; returns the run's last record."""
        with bound_contextvars(run_id=request.run_id):
            return await _Interpreter(request).run()


class _Interpreter:
    """Schedules each step the moment its inputs are there, and keeps the records up to date.

    - `_ready`: decided steps, not yet looked at; `_queued`: activities above the limit.
    - `_flights`: steps under way.
    - `_settled`, `_views`: finished steps, as records and as expressions see them.
    """

    def __init__(self, request: RunRequest) -> None:
        self._request = request
        self._resume = request.resume or Resume(started_at=workflow.now(), status="queued", settled=())
        self._journal = Journal(request.run_id, self._resume.started_at, self._resume.status)
        self._settled = {record.node_id: record for record in self._resume.settled}
        self._views = {record.node_id: inline.view(record) for record in self._resume.settled}
        self._context: dict[str, Any] = {
            "inputs": request.inputs,
            "nodes": self._views,
            "run": {"id": request.run_id, "started_at": self._resume.started_at.isoformat()},
        }
        self._ready: deque[Decision] = deque()
        self._queued: deque[ActivityStep] = deque()
        self._flights = Flights()
        self._failure: Failure | None = None
        self._task = (workflow.info().get_current_history_length(), workflow.now())
        self._effort = 0

    async def run(self) -> RunRecord:
        """Drive the run to its end, write that end down, and return it."""
        cancelled = False
        try:
            end = await self._drive()
        except asyncio.CancelledError:
            cancelled = True
            end = self._journal.change("cancelled")
        except Exception as error:
            workflow.logger.exception("The interpreter failed")
            end = self._journal.change("failed", error=fault(error))
        await _shielded(self._finish(end))
        if cancelled:
            raise asyncio.CancelledError
        return end

    async def _drive(self) -> RunRecord:
        self._progress = Progress(self._request.plan)
        self._ready.extend(self._progress.resume(self._resume.settled))
        while True:
            leaving = self._history_is_full()
            await self._advance(launch=not leaving)
            if self._failure:
                return self._journal.change("failed", error=self._failure)
            if not self._flights and not self._queued:
                return await self._succeeded()
            if leaving and not self._flights.activities:
                await self._journal.write()
                self._continue_as_new()
            await self._journal.write("running" if self._flights.activities else "waiting")
            for result in await self._flights.landing():
                self._land(result)
            if not self._flights.activities and self._task_age() >= BREATH:
                await self._breathe()

    def _history_is_full(self) -> bool:
        info = workflow.info()
        length = info.get_current_history_length()
        return info.is_continue_as_new_suggested() or length >= self._request.history_limit

    def _task_age(self) -> timedelta:
        """Return how long this workflow task has gone on; each task has a longer history than the last."""
        length = workflow.info().get_current_history_length()
        if length != self._task[0]:
            self._task = (length, workflow.now())
        return workflow.now() - self._task[1]

    async def _breathe(self) -> None:
        """Hand the workflow task back for the length of a round trip: only so is a cancellation noticed."""
        await asyncio.sleep(0.001)
        self._effort = 0

    async def _advance(self, *, launch: bool) -> None:
        """Work off what is ready; `launch` says whether activities may be started."""
        while not self._failure:
            before = expressions.spent()
            if self._ready:
                self._decide(self._ready.popleft())
            elif launch and self._queued and self._flights.activities < MAX_IN_FLIGHT:
                self._start_activity(self._queued.popleft())
            else:
                return
            self._effort += expressions.spent() - before
            if self._journal.full:
                await self._journal.write()
            if self._effort >= EFFORT:
                await self._breathe()

    def _decide(self, decision: Decision) -> None:
        """Skip a step, evaluate it, or let it begin."""
        step = decision.step
        if step.id in self._settled:  # it was dropped while it was ready
            return
        if not decision.runs:
            self._settle(NodeRecord(node_id=step.id, status="skipped", finished_at=workflow.now()))
        elif isinstance(step, ActivityStep):
            self._queued.append(step)
        elif isinstance(step, DelayStep):
            self._start_delay(step)
        else:
            self._settle(inline.evaluate(step, self._context, self._settled, workflow.now()))
            if isinstance(step, MergeStep) and step.needs is not None and not self._failure:
                self._drop(self._progress.moot(step.id))

    def _drop(self, moot: list[str]) -> None:
        """Cancel the steps that no longer matter; those that did not begin are skipped."""
        now, gone = workflow.now(), set(moot)
        self._queued = deque(step for step in self._queued if step.id not in gone)
        for node_id in moot:
            abandoned = self._flights.abandon(node_id, now)
            if abandoned:
                self._journal.take_back(abandoned.carried, durable=True)
                self._settle(abandoned.record)
            elif not self._flights.landed(node_id):
                self._settle(NodeRecord(node_id=node_id, status="skipped", finished_at=now))

    def _land(self, result: NodeResult) -> None:
        """Take note of a step that was under way."""
        if result.recorded:
            self._journal.forget(result.record.node_id)
        else:
            durable = isinstance(self._progress.step(result.record.node_id), ActivityStep)
            self._journal.note(result.record, durable=durable)
        self._count(result.record)

    def _settle(self, record: NodeRecord) -> None:
        """Take note of a step that is finished at once."""
        self._journal.note(record)
        self._count(record)

    def _count(self, record: NodeRecord) -> None:
        """Let a finished step count: its targets may become ready, or the run fails by it."""
        self._settled[record.node_id] = record
        self._views[record.node_id] = inline.view(record)
        if record.error and self._progress.step(record.node_id).on_error == "fail":
            self._failure = self._failure or record.error
        else:
            self._ready.extend(self._progress.settle(record))

    def _start_activity(self, step: ActivityStep) -> None:
        now = workflow.now()
        try:
            config = inline.rendered_config(step, self._context)
        except ExpressionError as error:
            self._settle(inline.failed(step, Failure(kind="expression", message=str(error)), now))
            return
        carried, durable = self._journal.hand_over()
        task = NodeTask(
            run_id=self._request.run_id,
            node_id=step.id,
            type=step.type,
            config=config,
            secret_fields=step.secret_fields,
            context=inline.secret_context(step, self._context),
            timeout_s=step.timeout_s,
            max_attempts=step.attempts.maximum,
            pending=carried,
            run=self._journal.changed("running"),
            durable=durable,
        )
        self._flights.start(step, self._run_activity(step, task, now), started_at=now, carried=carried)

    async def _run_activity(self, step: ActivityStep, task: NodeTask, started_at: datetime) -> NodeResult:
        try:
            return await calls.run_node(step, task)
        except NodeFailed as error:
            self._journal.take_back(task.pending, durable=task.durable)
            record = inline.failed(step, error.failure, workflow.now(), started_at)
            return NodeResult(record=record, recorded=False)

    def _start_delay(self, step: DelayStep) -> None:
        now = workflow.now()
        waiting = self._resume.waiting.get(step.id)
        try:
            waiting = waiting or Waiting(started_at=now, until=inline.deadline(step, self._context, now))
        except ExpressionError as error:
            self._settle(inline.failed(step, Failure(kind="expression", message=str(error)), now))
            return
        started_at = waiting.started_at
        if waiting.until <= now:
            self._settle(inline.succeeded(step, now, output=waiting.until.isoformat(), started_at=started_at))
            return
        self._journal.note(NodeRecord(node_id=step.id, status="waiting", started_at=started_at))
        self._flights.start(step, self._wait(step, waiting), started_at=started_at, until=waiting.until)

    async def _wait(self, step: DelayStep, waiting: Waiting) -> NodeResult:
        await asyncio.sleep((waiting.until - workflow.now()).total_seconds())
        output = waiting.until.isoformat()
        record = inline.succeeded(step, workflow.now(), output=output, started_at=waiting.started_at)
        return NodeResult(record=record, recorded=False)

    async def _succeeded(self) -> RunRecord:
        steps = (step for step in self._request.plan.steps if isinstance(step, OutputStep))
        reached = (step for step in steps if self._settled[step.id].status == "succeeded")
        outputs = {step.name: self._settled[step.id].output for step in reached}
        for name, value in self._request.plan.outputs.items():
            before = expressions.spent()
            try:
                outputs[name] = expressions.render(value, self._context)
                expressions.bounded(outputs)
            except ExpressionError as error:
                failure = Failure(kind="expression", message=f"output {name}: {error}")
                return self._journal.change("failed", error=failure)
            self._effort += expressions.spent() - before
            if self._effort >= EFFORT:
                await self._breathe()
        return self._journal.change("succeeded", outputs=outputs)

    async def _finish(self, end: RunRecord) -> None:
        """Stop what is under way and write the end of the run."""
        carried = self._flights.carried()
        await self._journal.close(end, carried, self._flights.stop(end.at))

    def _continue_as_new(self) -> NoReturn:
        resume = Resume(
            started_at=self._resume.started_at,
            status=self._journal.status,
            settled=tuple(self._settled.values()),
            waiting=self._flights.waiting(),
        )
        workflow.continue_as_new(self._request.model_copy(update={"resume": resume}))


async def _shielded(work: Coroutine[Any, Any, None]) -> None:
    """Finish `work` whatever is cancelled meanwhile: the end of a run is decided once."""
    task = asyncio.create_task(work)
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise
    task.result()
