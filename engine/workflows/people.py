"""Steps that ask people: a task is opened once, then costs nothing until an update or its timer wakes it."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from engine import deciding, expressions
from engine.contracts import (
    Deliberation,
    HumanDecision,
    HumanState,
    HumanStep,
    NodeRecord,
    NodeResult,
    TaskNote,
    TaskOpened,
    TaskOpening,
    TaskSettled,
    TaskTimes,
    Waiting,
    place,
)
from engine.errors import ExpressionError, Failure, NodeFailed
from engine.nodes.people import names_of
from engine.workflows import calls, inline, task_times
from engine.workflows.delays import Begun
from engine.workflows.durable import update_kept
from engine.workflows.scopes import Scope

T = TypeVar("T")

TIMEOUT = "timeout"
FAILED = "expired"
LONGEST_TITLE = 300
LONGEST_CONTEXT = 100_000
NOBODY_NAMED = "nobody-named"
"""Marks runs in which a setting that names nobody fails its step; before it meant anybody."""


@dataclass(slots=True)
class _Task:
    """A step that asks people, in this execution of its run."""

    step: HumanStep
    opening: TaskOpening
    state: HumanState
    expected: asyncio.Future[None] = field(default_factory=asyncio.Future)

    @property
    def opened(self) -> TaskOpened:
        return self.state.opened or TaskOpened()

    @property
    def times(self) -> TaskTimes:
        return deciding.times_of(self.opening, self.opened)

    def change(self, **changes: Any) -> None:
        self.state = self.state.model_copy(update=changes)


class People:
    """The tasks that a run waits for, by the places of their steps. A decision is counted once.

    `known` says that the tasks that were carried over are among them.
    """

    def __init__(self) -> None:
        self.known = False
        self._tasks: dict[str, _Task] = {}
        self._asking = 0

    def begin(self, run_id: str, step: HumanStep, scope: Scope) -> Begun:
        """Let a step ask; ExpressionError or NodeFailed when its settings give nothing to ask."""
        now, retried = workflow.now(), scope.retried.get(step.id)
        attempt = retried.attempts + 1 if retried else 1
        carried = scope.carried.waiting.get(step.id)
        if carried is None or carried.human is None or carried.human.attempt != attempt:
            carried = Waiting(started_at=now, human=HumanState(attempt=attempt))
        opening = _opening(run_id, step, scope, carried.started_at, attempt)
        task = _Task(step, opening, carried.human or HumanState(attempt=attempt))
        waiting = carried.model_copy(update={"until": opening.expires_at})
        self._tasks[place(scope.path, step.id)] = task
        return Begun(_record(opening), waiting, self._result(task))

    def check(self, decision: HumanDecision) -> None:
        """Refuse a decision that a rule is against, before it is recorded anywhere."""
        task = self._tasks.get(place(decision.scope, decision.node_id))
        if task is None or task.state.opened is None:
            message = f"{decision.node_id} does not wait for a decision, or no longer."
            raise ApplicationError(message, type="decision-late", non_retryable=True)
        against = deciding.refusal(task.opening, task.opened, task.state.deliberation, decision)
        if against:
            raise ApplicationError(against.message, type=against.rule, non_retryable=True)
        try:
            expressions.bounded(decision.value)
        except ExpressionError as error:
            raise ApplicationError(str(error), type="decision-unfit", non_retryable=True) from None

    def take(self, decision: HumanDecision) -> Deliberation:
        """Count a checked decision; return what has come of its task."""
        task = self._tasks[place(decision.scope, decision.node_id)]
        after = deciding.counted(task.opening, task.opened, task.state.deliberation, decision)
        task.change(deliberation=after)
        if after.outcome and not task.expected.done():
            task.expected.set_result(None)
        return after

    def carried(self, waiting: Mapping[str, Waiting], scope: str) -> dict[str, Waiting]:
        """Return the waits of a scope with what the next execution needs to know of those for people."""
        known = {node_id: self._tasks.get(place(scope, node_id)) for node_id in waiting}
        return {
            node_id: wait.model_copy(update={"human": task.state}) if (task := known[node_id]) else wait
            for node_id, wait in waiting.items()
        }

    async def asked(self) -> None:
        """Wait until nothing is asked of the inbox: an answer cannot come once the run continues as new."""
        while self._asking:
            await workflow.wait_condition(lambda: not self._asking)

    async def _ask(self, question: Awaitable[T]) -> T:
        self._asking += 1
        try:
            return await question
        finally:
            self._asking -= 1

    async def _result(self, task: _Task) -> NodeResult:
        opening = task.opening
        try:
            if task.state.opened is None:
                task.change(opened=await self._ask(calls.open_task(opening)))
            failure = task.opened.failure
            if failure is None:
                await self._outcome(task)
                await self._ask(calls.settle_task(_settled(task)))
        finally:
            at = place(opening.scope, opening.node_id)
            if self._tasks.get(at) is task:  # perhaps it asks again already, in another attempt
                del self._tasks[at]
        return NodeResult(record=_ended(task, failure), recorded=False)

    async def _outcome(self, task: _Task) -> None:
        """Wait until people, or time, have brought a task to its outcome."""
        while task.state.deliberation.outcome is None:
            due = _next(task)
            task.expected = asyncio.Future()
            try:
                await asyncio.wait_for(task.expected, None if due is None else _left(due))
                await update_kept()
            except TimeoutError:
                if task.state.deliberation.outcome is None:
                    await self._time_is_over(task)

    async def _time_is_over(self, task: _Task) -> None:
        """Expire a task, escalate it, or remind of it, whatever is due."""
        now, opening, state, times = workflow.now(), task.opening, task.state, task.times
        rules = task.step.rules
        if times.expires_at is not None and now >= times.expires_at:
            by_time = {"port": TIMEOUT, "default": rules.default or TIMEOUT, "fail": FAILED}[rules.on_expiry]
            over = {"outcome": by_time, "by_time": True}
            task.change(deliberation=state.deliberation.model_copy(update=over))
            return
        note = TaskNote(**_address(opening), what="reminded", at=now)
        if not state.escalated and times.escalate_at is not None and now >= times.escalate_at:
            task.change(escalated=True, deliberation=deciding.escalated(state.deliberation, task.opened))
            await self._ask(calls.note_task(note.model_copy(update={"what": "escalated"})))
        elif (passed := sum(moment <= now for moment in times.reminders)) > state.reminded:
            task.change(reminded=passed)
            await self._ask(calls.note_task(note))


def _address(opening: TaskOpening) -> dict[str, Any]:
    return {name: getattr(opening, name) for name in ("run_id", "scope", "node_id", "attempt")}


def _next(task: _Task) -> datetime | None:
    """Return when something is to happen by itself."""
    times, state = task.times, task.state
    moments = (
        times.expires_at,
        None if state.escalated else times.escalate_at,
        *times.reminders[state.reminded :],
    )
    return min((moment for moment in moments if moment is not None), default=None)


def _left(moment: datetime) -> float:
    return max((moment - workflow.now()).total_seconds(), 0.001)


def _opening(run_id: str, step: HumanStep, scope: Scope, began: datetime, attempt: int) -> TaskOpening:
    """Return what is asked, with everything rendered."""
    rules = step.rules
    title = expressions.text_of(scope.render(step.title)).strip()
    context = expressions.text_of(scope.render(step.context))
    if not title or len(title) > LONGEST_TITLE or len(context) > LONGEST_CONTEXT:
        message = f"The title needs 1 to {LONGEST_TITLE} characters, the context at most {LONGEST_CONTEXT}"
        raise NodeFailed(Failure(kind="task-unfit", message=message))
    return TaskOpening(
        run_id=run_id,
        scope=scope.path,
        node_id=step.id,
        attempt=attempt,
        type=step.type,
        title=title,
        context=context,
        data=scope.render(step.data),
        data_schema=step.data_schema,
        choices=step.choices,
        assignees=_named("assignees", rules.assignees, scope),
        escalate_to=_named("escalate_to", rules.escalate_to, scope),
        quorum=rules.quorum,
        votes=rules.votes,
        apart=rules.apart,
        priority=rules.priority,
        opened_at=began,
        **task_times.of(step, scope, began),
    )


def _named(setting: str, wanted: Any, scope: Scope) -> tuple[str, ...]:
    """Return whom a setting names; NodeFailed where it was to name somebody and names nobody.

    An expression that gives an empty list must not mean that anybody decides.
    """
    names = names_of(setting, scope.render(wanted))
    if wanted and not names and workflow.patched(NOBODY_NAMED):
        message, hint = f"“{setting}” names nobody", "Look at the expression that says who is asked."
        raise NodeFailed(Failure(kind="assignee-unknown", message=message, hint=hint))
    return names


def _record(opening: TaskOpening) -> NodeRecord:
    """Return the record of a step that waits for people: its output tells for what."""
    until = opening.expires_at and opening.expires_at.isoformat()
    return NodeRecord(
        node_id=opening.node_id,
        scope=opening.scope,
        status="waiting",
        started_at=opening.opened_at,
        output={"task": opening.title, "choices": list(opening.choices), "until": until},
    )


def _settled(task: _Task) -> TaskSettled:
    so_far = task.state.deliberation
    ids = tuple(verdict.id for verdict in so_far.verdicts)
    outcome = so_far.outcome or TIMEOUT
    return TaskSettled(**_address(task.opening), outcome=outcome, at=workflow.now(), counted=ids)


def _ended(task: _Task, failure: Failure | None) -> NodeRecord:
    now, opening, so_far = workflow.now(), task.opening, task.state.deliberation
    if so_far.outcome == FAILED:
        hint = "Decide in time, give more time, or let the step leave by “timeout”."
        failure = Failure(kind="expired", message="Nobody decided the task in time", hint=hint)
    if failure:
        record = inline.failed(task.step, failure, now, opening.opened_at)
    else:
        record = inline.succeeded(
            task.step, now, output=_output(task), ports=_ports(task), started_at=opening.opened_at
        )
    return record.model_copy(update={"scope": opening.scope})


def _ports(task: _Task) -> tuple[str, ...]:
    outcome = task.state.deliberation.outcome or TIMEOUT
    return ("out" if outcome == "submit" else outcome,)


def _output(task: _Task) -> Any:
    """Return a form's answer, or the decision with the data as it was decided, and who decided what."""
    so_far = task.state.deliberation
    if so_far.outcome == "submit":
        return so_far.data
    if task.step.choices == ("submit",):
        return None
    said = next((verdict.text for verdict in reversed(so_far.verdicts) if verdict.text), "")
    return {
        "decision": so_far.outcome,
        "data": so_far.data if so_far.edited else task.opening.data,
        "text": said,
        "by": [
            {
                "id": verdict.by,
                "name": verdict.name,
                "decision": verdict.action,
                "at": verdict.at.isoformat(),
                "reason": verdict.reason,
            }
            for verdict in so_far.verdicts
        ],
    }
