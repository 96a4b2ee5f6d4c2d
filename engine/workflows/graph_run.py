"""One workflow that interprets a plan: the graph is data, and the interpreter is all the code there is.

What reaches a run from outside, while it goes on, comes in here.
"""

from pydantic import ValidationError
from structlog.contextvars import bound_contextvars
from temporalio import workflow

from engine.contracts import (
    CHILD_ENDED,
    DECIDE,
    DECIDE_TASK,
    EVENT_ARRIVED,
    EVENTS_ARRIVED,
    GRAPH_RUN,
    RAISE_BUDGET,
    SLOT_FREE,
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
from engine.workflows.interpreter import Interpreter
from engine.workflows.outside import Outside


@workflow.defn(name=GRAPH_RUN, failure_exception_types=[ValidationError])
class GraphRun:
    """The run of one plan."""

    def __init__(self) -> None:
        self._outside = Outside()

    @workflow.signal(name=EVENTS_ARRIVED)
    def events_arrived(self, brought: Arrivals) -> None:
        """Wake the nodes that wait for these events; brought again, they do nothing."""
        for arrival in brought.arrivals:
            self._outside.waits.bring(arrival)

    @workflow.signal(name=EVENT_ARRIVED)
    def event_arrived(self, arrival: Arrival) -> None:
        """Likewise: runs that are under way may have this one in their history."""
        self._outside.waits.bring(arrival)

    @workflow.signal(name=CHILD_ENDED)
    def child_ended(self, end: ChildEnd) -> None:
        """Wake the node that waits for its sub-workflow; told again, it does nothing."""
        self._outside.children.ended(end)

    @workflow.signal(name=SLOT_FREE)
    def slot_free(self, at: str) -> None:
        """Let the node at a place ask for a slot at once; one that does not stand in line goes on."""
        self._outside.line.tell(at)

    @workflow.signal(name=RAISE_BUDGET)
    def raise_budget(self, budget: Budget) -> None:
        """Let the run spend more than it was allowed at first."""
        self._outside.allowance.given = budget

    @workflow.update(name=DECIDE)
    async def decide(self, decision: NodeDecision) -> None:
        """Let a node that failed, and waits, go on as somebody decided."""
        if not self._outside.pauses.known:  # it came before this execution knew what it was carrying on
            await workflow.wait_condition(lambda: self._outside.pauses.known)
            self._outside.pauses.check(decision)
        self._outside.pauses.take(decision)

    @decide.validator
    def check_decision(self, decision: NodeDecision) -> None:
        """Refuse a decision before it enters history."""
        if self._outside.pauses.known:
            self._outside.pauses.check(decision)

    @workflow.update(name=DECIDE_TASK)
    async def decide_task(self, decision: HumanDecision) -> Deliberation:
        """Count what somebody decided about a step that asks people; brought again, it counts once."""
        people = self._outside.people
        if not people.known:
            await workflow.wait_condition(lambda: people.known)
            people.check(decision)
        return people.take(decision)

    @decide_task.validator
    def check_task_decision(self, decision: HumanDecision) -> None:
        """Refuse a decision before it enters history."""
        if self._outside.people.known:
            self._outside.people.check(decision)

    @workflow.run
    async def run(self, request: RunRequest) -> RunRecord:
        """Execute the plan; returns the run's last record."""
        with bound_contextvars(run_id=request.run_id):
            return await Interpreter(request, self._outside).run()
