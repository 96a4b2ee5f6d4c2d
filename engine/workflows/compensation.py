"""Undoing: when a run fails or is cancelled, what had succeeded is compensated, the last one first."""

from collections.abc import Sequence

from temporalio import workflow

from engine.contracts import ActivityStep, NodeRecord, NodeResult, Plan, Step
from engine.errors import ExpressionError
from engine.workflows import inline, tasks
from engine.workflows.journal import Journal
from engine.workflows.line import Line
from engine.workflows.scopes import Scope


def due(plan: Plan, settled: Sequence[NodeRecord]) -> list[Step]:
    """Return the steps that undo what succeeded in this run, in the reverse order of success."""
    done = (record.node_id for record in reversed(settled) if _happened_here(record))
    return [plan.compensations[node_id] for node_id in done if node_id in plan.compensations]


def _happened_here(record: NodeRecord) -> bool:
    """Whether a node did its work in this run; what was taken from another is that one's to undo."""
    return record.status == "succeeded" and record.origin is None


async def compensate(steps: Sequence[Step], root: Scope, journal: Journal, line: Line) -> None:
    """Run the steps one after the other; one that fails is recorded, and the others are run all the same."""
    for step in steps:
        result = await _result(step, root, journal, line)
        if result.recorded:
            journal.forget(step.id)
        else:
            journal.note(result.record, durable=isinstance(step, ActivityStep))
        root.add(result.record)


async def _result(step: Step, root: Scope, journal: Journal, line: Line) -> NodeResult:
    now = workflow.now()
    if not isinstance(step, ActivityStep):
        return NodeResult(record=inline.evaluate(step, root.context, root.settled, now), recorded=False)
    try:
        task = tasks.task(step, root, journal, now)
    except ExpressionError as error:
        return NodeResult(record=inline.failed(step, inline.reason(error), now), recorded=False)
    return await tasks.done(step, task, journal, now, line)
