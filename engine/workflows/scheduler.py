"""Which step is next, in whatever scope: steps are decided, begun, settled, and given up."""

from collections import deque
from datetime import datetime

from temporalio import workflow

from engine.contracts import (
    ActivityStep,
    Container,
    DelayStep,
    HumanStep,
    LoopStep,
    MapStep,
    MergeStep,
    NodeRecord,
    NodeResult,
    RunRequest,
    ScopeState,
    Step,
    SubworkflowStep,
    WaitStep,
    place,
)
from engine.errors import ExpressionError, Failure, NodeFailed
from engine.workflows import carried, containers, inline, pauses
from engine.workflows.compensation import Deeds
from engine.workflows.departures import Departures, Outward
from engine.workflows.flights import Flights
from engine.workflows.journal import Journal
from engine.workflows.limits import Spending
from engine.workflows.outside import Outside
from engine.workflows.passes import Passes
from engine.workflows.progress import Decision
from engine.workflows.queue import Queue
from engine.workflows.scopes import Scope

MAX_IN_FLIGHT = 100
"""Activities of one run at a time; the server accepts 2,000, a worker has 100 slots."""


class Scheduler:
    """Begins each step the moment its inputs are there, and lets what has finished count.

    - `root`: the run's own scope; `_scopes`: those under way, by path; `deeds`: what can be undone.
    - `_ready`: decided steps, not yet looked at; `_queued`: activities above the limit.
    - `flights`: steps under way; `_containers`: maps and loops under way, by their place.
    - `leaving`: nothing new may begin, since the run is about to continue as new.
    - `failure`: why the run fails, once it is certain that it does; `held`: why nothing more may begin yet.
    """

    def __init__(
        self,
        request: RunRequest,
        root: Scope,
        deeds: Deeds,
        journal: Journal,
        spending: Spending,
        outside: Outside,
    ) -> None:
        self.root = root
        self.deeds = deeds
        self._journal = journal
        self._spending = spending
        self._outside = outside
        self._ready: deque[tuple[Scope, Decision]] = deque((root, decision) for decision in root.begin())
        self._queued = Queue()
        self._scopes = {root.path: root}
        self._containers: dict[str, Passes] = {}
        self.flights = Flights()
        self._departures = Departures(request, journal, self.flights, spending, outside)
        self.leaving = False
        self.failure: Failure | None = None
        self.held: Failure | None = None

    def advance(self) -> bool:
        """Do the next piece of work; False when there is none that may be done now."""
        if self.held:
            return False
        if self._ready:
            scope, decision = self._ready.popleft()
            if not scope.closed:
                self._decide(scope, decision)
            return True
        if not self._queued or self.leaving or self.flights.activities >= MAX_IN_FLIGHT:
            return False
        if (item := self._queued.next(self.flights.groups)) is None:
            return False
        scope, step = item
        if scope.closed:
            return True
        if self._affords(scope, step):
            self._start(scope, step)
        else:
            self._queued.put_back(scope, step)
        return True

    def land(self, result: NodeResult) -> None:
        """Take note of a step that was under way."""
        record = result.record
        scope = self._scopes.get(record.scope)
        step = scope.progress.step(record.node_id) if scope else None
        activity = step is None or isinstance(step, ActivityStep)
        if scope is not None and record.status == "running":  # it was told to try again
            self._begin(scope, scope.progress.step(record.node_id))
            return
        if activity:
            self._spending.worked(record)
        elif isinstance(step, DelayStep | WaitStep | HumanStep) and scope and record.decision is None:
            record = scope.attempted(record)
        if step is not None and scope is not None and pauses.is_failure(step, record):
            record = pauses.paused(step, record, scope)
            self._pause(step, record)
        if result.recorded:
            self._journal.forget(record.place)
        else:
            self._journal.note(record, durable=activity or isinstance(step, SubworkflowStep))
        if scope is None:
            self.deeds.add_late(None, record)
        elif record.status != "waiting":
            self._count(scope, record)

    def _pause(self, step: Step, record: NodeRecord) -> None:
        """Let a step that failed wait for a decision."""
        work = self._outside.pauses.result(step, record, self._scopes[record.scope].retried)
        started_at = record.started_at or workflow.now()
        self.flights.start(step, work, scope=record.scope, started_at=started_at, paused=record)

    def may_leave(self) -> bool:
        """Whether the run is to continue as new, and no activity would be lost by that."""
        return self.leaving and self.flights.activities == self._outside.line.standing

    def state(self, scope: Scope) -> ScopeState:
        """Return what a scope, and what is under way in it, carries over."""
        return carried.state(scope, tuple(self._containers.values()), self.flights, self._outside)

    def stop(self, at: datetime) -> list[NodeRecord]:
        """Cancel all that is under way; return its last records, of what has just landed as well."""
        last = [passes.cancelled(at) for passes in self._containers.values()] + self.flights.stop(at)
        for record in last:
            if record.status == "succeeded":
                self.deeds.add_late(self._scopes.get(record.scope), record)
        return last

    def _decide(self, scope: Scope, decision: Decision) -> None:
        """Skip a step, evaluate it, or let it begin."""
        step, now = decision.step, workflow.now()
        if step.id in scope.settled:  # it was dropped while it was ready
            return
        if not decision.runs:
            self._settle(scope, NodeRecord(node_id=step.id, status="skipped", finished_at=now))
        elif step.id in scope.carried.paused:
            self._pause(step, scope.carried.paused[step.id])
        elif not isinstance(step, ActivityStep) and not self._affords(scope, step):
            self._ready.appendleft((scope, decision))
        else:
            self._begin(scope, step)

    def _begin(self, scope: Scope, step: Step) -> None:
        """Let a step begin, or begin again, perhaps with other settings."""
        if step.id in scope.retried:
            step = pauses.amended(step, scope.retried[step.id].config)
        if isinstance(step, ActivityStep):
            self._queued.add(scope, step)
        elif isinstance(step, DelayStep | WaitStep | HumanStep | SubworkflowStep):
            self._start(scope, step)
        elif isinstance(step, MapStep | LoopStep):
            self._start_container(scope, step)
        else:
            record = inline.evaluate(step, scope.context, scope.settled, workflow.now())
            self._settle(scope, scope.attempted(record))
            if isinstance(step, MergeStep) and step.needs is not None and not scope.closed:
                self._drop(scope, scope.progress.moot(step.id))

    def _affords(self, scope: Scope, step: Step) -> bool:
        """Count a step that is about to begin; fail or hold the run where its budget is used up."""
        calls = isinstance(step, SubworkflowStep)
        failure = None if scope.goes_on(step.id) else self._spending.begin(calls=calls)
        if self._spending.pauses:
            self.held = failure
        else:
            self.failure = self.failure or failure
        return failure is None

    def _settle(self, scope: Scope, record: NodeRecord) -> None:
        """Take note of a step that is finished at once."""
        if scope.path:
            record = record.model_copy(update={"scope": scope.path})
        step = scope.progress.step(record.node_id)
        if pauses.is_failure(step, record):
            record = pauses.paused(step, record, scope)
            self._pause(step, record)
        self._journal.note(record)
        if record.status != "waiting":
            self._count(scope, record)

    def _fail(self, scope: Scope, step: Step, error: ExpressionError | NodeFailed) -> None:
        """Settle a step that failed before it began."""
        record = inline.failed(step, inline.reason(error), workflow.now())
        self._settle(scope, scope.attempted(record))

    def _count(self, scope: Scope, record: NodeRecord) -> None:
        """Let a finished step count: its targets may become ready, or its scope fails or ends by it."""
        scope.add(record)
        self.deeds.add(scope, record)
        if record.error and scope.progress.step(record.node_id).on_error != "continue":
            self._end(scope, record.error)
            return
        self._ready.extend((scope, decision) for decision in scope.progress.settle(record))
        if scope.progress.done:
            self._end(scope)

    def _end(self, scope: Scope, failure: Failure | None = None) -> None:
        """Close a scope that has failed, or whose steps are all settled, and let its container go on."""
        if scope is self.root:
            self.failure = self.failure or failure
            scope.closed = failure is not None
            return
        self._close(scope)
        passes = self._containers[scope.path.rpartition("/")[0]]
        passes.end(scope, failure)
        self._go_on(passes)

    def _close(self, scope: Scope) -> None:
        """Give up whatever is still under way in a scope."""
        scope.closed = True
        self._scopes.pop(scope.path, None)
        now = workflow.now()
        for passes in self._inside(scope):
            self._journal.note(self._give_up(passes, now))
        for abandoned in self.flights.abandon_all(scope.path, now):
            self._journal.take_back(abandoned.carried, durable=True)
            self._journal.note(abandoned.record)
        self.deeds.close(scope, landing=self.flights.inside(scope.path))

    def _give_up(self, passes: Passes, now: datetime) -> NodeRecord:
        """Give up a container with all its passes; return its last record."""
        del self._containers[passes.place]
        for scope in list(passes.scopes.values()):
            self._close(scope)
        return passes.cancelled(now)

    def _inside(self, scope: Scope) -> list[Passes]:
        return [passes for passes in self._containers.values() if passes.parent is scope]

    def _drop(self, scope: Scope, moot: list[str]) -> None:
        """Cancel the steps that no longer matter; those that did not begin are skipped."""
        now, gone = workflow.now(), set(moot)
        self._queued.drop(scope, gone)
        for node_id in moot:
            at = place(scope.path, node_id)
            abandoned = self.flights.abandon(at, now)
            if abandoned:
                self._journal.take_back(abandoned.carried, durable=True)
                self._settle(scope, abandoned.record)
            elif at in self._containers:
                self._settle(scope, self._give_up(self._containers[at], now))
            elif not self.flights.landed(at):
                self._settle(scope, NodeRecord(node_id=node_id, status="skipped", finished_at=now))

    def _start_container(self, scope: Scope, step: Container) -> None:
        try:
            passes = containers.begin(step, scope, workflow.now())
        except (ExpressionError, NodeFailed) as error:
            self._fail(scope, step, error)
        else:
            self._containers[passes.place] = passes
            self._go_on(passes)

    def _go_on(self, passes: Passes) -> None:
        """Begin the passes that may begin, or settle a container that is over."""
        now = workflow.now()
        if passes.over:
            for other in list(passes.scopes.values()):
                self._close(other)
            del self._containers[passes.place]
            self._settle(passes.parent, passes.parent.attempted(passes.record(now)))
            return
        if passes.is_news:
            self._journal.note(passes.parent.attempted(passes.record(now)))
        while not self.leaving and (scope := passes.next()):
            self._scopes[scope.path] = scope
            self._ready.extend((scope, decision) for decision in scope.begin())

    def _start(self, scope: Scope, step: Outward) -> None:
        try:
            settled = self._departures.start(step, scope)
        except (ExpressionError, NodeFailed) as error:
            self._fail(scope, step, error)
            return
        if settled is not None:
            self._settle(scope, scope.attempted(settled))
