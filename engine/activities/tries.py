"""How long an attempt may take, and whether there is another: the retry policy as an activity keeps it."""

from datetime import UTC, datetime, timedelta

from engine.contracts import NodeTask
from engine.errors import Failure, NodeFailed


def seconds_left(task: NodeTask) -> float:
    """Return what this attempt may take; NodeFailed when the time of all attempts together is over."""
    if task.deadline is None:
        return task.timeout_s
    left = (task.deadline - datetime.now(UTC)).total_seconds()
    if left <= 0:
        raise timed_out(task, task.deadline)
    return min(task.timeout_s, left)


def another(task: NodeTask, error: NodeFailed, attempt: int) -> bool:
    """Whether a failed attempt is followed by one that could still begin in time."""
    if not error.retryable or attempt >= task.max_attempts or not task.attempts.repeats(error.failure.kind):
        return False
    pause = timedelta(seconds=task.attempts.pause_s(attempt))
    return task.deadline is None or datetime.now(UTC) + pause < task.deadline


def timed_out(task: NodeTask, deadline: datetime | None = None) -> NodeFailed:
    """Return the failure of an attempt that took too long, or (with `deadline`) of all of them together."""
    total = task.attempts.total_s
    if deadline is not None and total is not None:
        message = f"The step took longer than the {total:g} seconds that all its attempts may take"
    else:
        message = f"The step took longer than its {task.timeout_s:g} seconds"
    hint = "Give it more time in its policy, or ask for less at a time."
    return NodeFailed(Failure(kind="timeout", message=message, hint=hint), retryable=True)
