"""What bounds a run from outside its plan: the instant at which it must have ended, and its budget."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from temporalio import workflow

from engine.contracts import Budget, NodeRecord, Spent
from engine.errors import Failure

SHARED = "shared-budgets"
"""The patch by which a sub-workflow's run spends of its parent's budget."""

LEAST_S = 0.001
"""Seconds that a run may work at least."""


class DeadlineReached(Exception):
    """The run went on at its deadline; `failure` says so to a person."""

    def __init__(self, deadline: datetime) -> None:
        super().__init__(f"The deadline {deadline.isoformat()} was reached")
        self.failure = Failure(
            kind="deadline",
            message=f"The run was cancelled at its deadline, {deadline:%Y-%m-%d %H:%M:%S} UTC",
            hint="Give it more time, or look at its timeline for the step that took it.",
        )


@asynccontextmanager
async def until(deadline: datetime | None) -> AsyncIterator[None]:
    """Cancel the enclosed block at the deadline and raise DeadlineReached. Each execution sets it anew.

    It is a timer of the workflow's own and not Temporal's execution timeout, which would end a run without
    a record of it.
    """
    if deadline is None:
        yield
        return
    deadline = deadline.astimezone(UTC)
    try:
        async with asyncio.timeout((deadline - workflow.now()).total_seconds()) as timer:
            yield
    except TimeoutError as error:
        if not timer.expired():
            raise
        raise DeadlineReached(deadline) from error


class Allowance:
    """A budget that somebody gave a run while it goes on, until the run has taken note of it."""

    def __init__(self) -> None:
        self.given: Budget | None = None

    def is_given(self) -> bool:
        """Whether there is one."""
        return self.given is not None

    def take(self) -> Budget | None:
        """Return the budget that was given since the last time."""
        given, self.given = self.given, None
        return given


class Spending:
    """What a run has spent of its budget, carried over as `spent`."""

    def __init__(self, budget: Budget | None, spent: Spent) -> None:
        self._budget = budget or Budget()
        self._steps = spent.steps
        self._seconds = spent.seconds

    @property
    def pauses(self) -> bool:
        """Whether a run that has used up its budget waits for a larger one."""
        return self._budget.on_reached == "pause"

    def raise_to(self, budget: Budget) -> None:
        """Go on with another budget; what was spent stays spent."""
        self._budget = budget

    @property
    def spent(self) -> Spent:
        """What was spent so far."""
        return Spent(steps=self._steps, seconds=self._seconds)

    def begin(self, *, calls: bool = False) -> Failure | None:
        """Count a step that is about to begin; return why it may not.

        One that `calls` a sub-workflow needs a step for that as well.
        """
        steps, seconds = self._budget.steps, self._budget.seconds
        if seconds is not None and self._seconds >= seconds:
            return _reached(f"the {seconds:g} seconds of work that its budget allows")
        if steps is not None and self._steps >= steps:
            return _reached(f"all {steps:,} steps that its budget allows")
        if calls and self._steps + 1 == steps and workflow.patched(SHARED):
            return _reached(f"{self._steps:,} of the {steps:,} steps that its budget allows")
        self._steps += 1
        return None

    def left(self) -> Budget | None:
        """Return what is left for the run of a sub-workflow, at least a little; None where all is allowed."""
        steps, seconds = self._budget.steps, self._budget.seconds
        if (steps is None and seconds is None) or not workflow.patched(SHARED):
            return None
        left = {
            "steps": steps and max(steps - self._steps, 1),
            "seconds": seconds and max(seconds - self._seconds, LEAST_S),
        }
        return self._budget.model_copy(update=left)

    def called(self, spent: Spent | None) -> bool:
        """Count what the run of a sub-workflow has spent; return whether that was the last of the budget."""
        if spent is None or not workflow.patched(SHARED):
            return False
        self._steps += spent.steps
        self._seconds += spent.seconds
        steps, seconds = self._budget.steps, self._budget.seconds
        used_up = steps is not None and self._steps >= steps
        return used_up or (seconds is not None and self._seconds >= seconds)

    def worked(self, record: NodeRecord) -> None:
        """Count the time of an activity that has ended."""
        if record.started_at and record.finished_at:
            self._seconds += (record.finished_at - record.started_at).total_seconds()


def _reached(what: str) -> Failure:
    return Failure(
        kind="budget",
        message=f"The run has used {what}",
        hint="Give it a larger budget, or raise the limits in the workflow's settings.",
    )
