"""Steps that set out: work that goes on by itself until it lands: an activity, a child run, a wait."""

from typing import assert_never

from temporalio import workflow

from engine.contracts import (
    ActivityStep,
    DelayStep,
    HumanStep,
    NodeRecord,
    RunRequest,
    SubworkflowStep,
    WaitStep,
)
from engine.workflows import delays, tasks
from engine.workflows.delays import Begun
from engine.workflows.flights import Flights
from engine.workflows.journal import Journal
from engine.workflows.limits import Spending
from engine.workflows.outside import Outside
from engine.workflows.scopes import Scope

Outward = ActivityStep | SubworkflowStep | DelayStep | WaitStep | HumanStep
"""The steps whose work goes on while the scheduler does something else."""


class Departures:
    """Lets steps set out, each with what its kind needs."""

    def __init__(
        self, request: RunRequest, journal: Journal, flights: Flights, spending: Spending, outside: Outside
    ) -> None:
        self._request = request
        self._journal = journal
        self._flights = flights
        self._spending = spending
        self._waits = outside.waits
        self._people = outside.people
        self._children = outside.children
        self._line = outside.line

    def start(self, step: Outward, scope: Scope) -> NodeRecord | None:
        """Let a step set out; returns its settled record where there is nothing to wait for.

        Raises ExpressionError or NodeFailed when its settings give nothing to begin with.
        """
        match step:
            case ActivityStep():
                self._work(step, scope)
            case SubworkflowStep():
                self._call(step, scope)
            case DelayStep():
                return self._wait(step, scope, delays.begin(step, scope))
            case WaitStep():
                return self._wait(step, scope, self._waits.begin(self._request.run_id, step, scope))
            case HumanStep():
                return self._wait(step, scope, self._people.begin(self._request.run_id, step, scope))
            case _:
                assert_never(step)
        return None

    def _work(self, step: ActivityStep, scope: Scope) -> None:
        now = workflow.now()
        task = tasks.task(step, scope, self._journal, now)
        work = tasks.done(step, task, self._journal, now, self._line)
        self._flights.start(step, work, scope=scope.path, started_at=now, carried=task.pending)

    def _call(self, step: SubworkflowStep, scope: Scope) -> None:
        running, work = self._children.begin(step, scope, self._request, self._spending)
        self._journal.note(running)
        started_at = running.started_at or workflow.now()
        self._flights.start(step, work, scope=scope.path, started_at=started_at)

    def _wait(self, step: DelayStep | WaitStep | HumanStep, scope: Scope, begun: Begun) -> NodeRecord | None:
        if begun.work is None:
            return begun.record
        self._journal.note(scope.attempted(begun.record))
        self._flights.start(
            step,
            begun.work,
            scope=scope.path,
            started_at=begun.waiting.started_at,
            waiting=begun.waiting,
        )
        return None
