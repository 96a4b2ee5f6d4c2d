"""Steps that are activities: what each is given to do, and what becomes of it when that cannot be done."""

from datetime import datetime, timedelta

from temporalio import workflow

from engine.contracts import ActivityStep, NodeResult, NodeTask
from engine.errors import NodeFailed
from engine.workflows import calls, inline
from engine.workflows.journal import Journal
from engine.workflows.line import Line
from engine.workflows.scopes import Scope


def task(step: ActivityStep, scope: Scope, journal: Journal, now: datetime) -> NodeTask:
    """Return what a step's activity is to do; it takes along what is not written down yet.

    Raises ExpressionError, and takes nothing along, when the step's settings cannot be rendered.
    """
    again = scope.retried.get(step.id)
    before = again.attempts if again else 0
    in_line = scope.carried.in_line.get(step.id)
    if in_line and in_line.attempts_before < before:  # it failed since, and was told to try again
        in_line = None
    if again:
        step = step.model_copy(update={"config": {**step.config, **again.config}})
    config = inline.rendered_config(step, scope.context)
    carried, durable = journal.hand_over()
    total = step.attempts.total_s
    deadline = None if total is None else now + timedelta(seconds=total)
    return NodeTask(
        run_id=journal.run_id,
        node_id=step.id,
        scope=scope.path,
        type=step.type,
        config=config,
        secret_fields=step.secret_fields,
        context=inline.secret_context(step, scope.context),
        timeout_s=step.timeout_s,
        max_attempts=before + step.attempts.maximum,
        attempts_before=in_line.attempts_before if in_line else before,
        attempts=step.attempts,
        deadline=in_line.deadline if in_line else deadline,
        slots=step.slots if step.slots and step.slots.across == "all" else None,
        pauses=step.on_error == "pause",
        decision=again.decision if again else None,
        pending=carried,
        run=journal.changed("running"),
        durable=durable,
    )


async def done(
    step: ActivityStep, made: NodeTask, journal: Journal, started_at: datetime, line: Line
) -> NodeResult:
    """Let a step's activity do its work; where that cannot be brought about, the step has failed."""
    try:
        return await calls.run_node(step, made, line)
    except NodeFailed as error:
        journal.take_back(made.pending, durable=made.durable)
        record = inline.failed(step, error.failure, workflow.now(), started_at)
        at = {"scope": made.scope, "attempt": made.attempts_before + 1}
        return NodeResult(record=record.model_copy(update=at), recorded=False)
