"""Steps that only wait: what each begins with, and delays, which are timers."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temporalio import workflow

from engine.contracts import DelayStep, NodeRecord, NodeResult, Waiting
from engine.workflows import inline
from engine.workflows.scopes import Scope


@dataclass(frozen=True, slots=True)
class Begun:
    """A step that began to wait: its record, what it carries over, and the work of waiting.

    Without `work` there is nothing to wait for: the record is a settled one.
    """

    record: NodeRecord
    waiting: Waiting
    work: Coroutine[Any, Any, NodeResult] | None = None


def begin(step: DelayStep, scope: Scope) -> Begun:
    """Let a delay begin, or go on; ExpressionError when its settings name no instant."""
    now = workflow.now()
    carried = scope.carried.waiting.get(step.id)
    until = carried.until if carried else None
    until = until or inline.deadline(step, scope.context, now)
    waiting = Waiting(started_at=carried.started_at if carried else now, until=until)
    if until <= now:
        return Begun(_over(step, until, waiting), waiting)
    record = NodeRecord(node_id=step.id, scope=scope.path, status="waiting", started_at=waiting.started_at)
    return Begun(record, waiting, _wait(step, until, waiting, scope.path))


async def _wait(step: DelayStep, until: datetime, waiting: Waiting, scope: str) -> NodeResult:
    await asyncio.sleep((until - workflow.now()).total_seconds())
    return NodeResult(record=_over(step, until, waiting).model_copy(update={"scope": scope}), recorded=False)


def _over(step: DelayStep, until: datetime, waiting: Waiting) -> NodeRecord:
    output = until.isoformat()
    return inline.succeeded(step, workflow.now(), output=output, started_at=waiting.started_at)
