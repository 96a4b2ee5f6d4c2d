"""The steps that workflow code executes by itself: pure functions of the plan and of what is settled."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from engine import expressions
from engine.contracts import (
    ActivityStep,
    ConditionStep,
    DelayStep,
    InputStep,
    MergeStep,
    NodeRecord,
    OutputStep,
    Step,
    TransformStep,
)
from engine.errors import ExpressionError, Failure
from engine.nodes.output import passed_on
from engine.nodes.transform import shaped

LONGEST_DELAY = timedelta(days=366)
"""A delay beyond this is taken for a mistake in its expression."""

Context = Mapping[str, Any]
Settled = Mapping[str, NodeRecord]


def evaluate(step: Step, context: Context, settled: Settled, now: datetime) -> NodeRecord:
    """Return the settled record of an inline step; an expression that fails makes it a failed one."""
    try:
        value, port, media_type = _value(step, context, settled)
        expressions.bounded(value)
    except ExpressionError as error:
        return failed(step, Failure(kind="expression", message=str(error)), now)
    return succeeded(step, now, output=value, port=port, media_type=media_type)


def _value(step: Step, context: Context, settled: Settled) -> tuple[Any, str, str]:
    """Return output, port and media type of an inline step."""
    match step:
        case InputStep():
            return context["inputs"], "out", "application/json"
        case OutputStep():
            return expressions.render(step.value, context), "out", _passed_on_media_type(step, settled)
        case TransformStep():
            value = expressions.render(step.value, context)
            return shaped(value, step.media_type), "out", step.media_type
        case ConditionStep():
            holds = bool(expressions.render(step.expression, context))
            return holds, "true" if holds else "false", "application/json"
        case MergeStep():
            return _merged(step, settled), "out", _merged_media_type(step, settled)
        case DelayStep() | ActivityStep():
            raise TypeError(f"step {step.id} of type {step.type} is not executed inline")
        case _:
            assert_never(step)


def _passed_on_media_type(step: OutputStep, settled: Settled) -> str:
    source = settled.get(passed_on(step.value) or "")
    return source.media_type if source else "application/json"


def _live_sources(step: MergeStep, settled: Settled) -> list[NodeRecord]:
    """Return the records that reached a merge along a live edge, each once, in the order of its edges."""
    live = {
        edge.source: settled[edge.source] for edge in step.incoming if settled[edge.source].port == edge.port
    }
    return list(live.values())


def _merged(step: MergeStep, settled: Settled) -> Any:
    sources = _live_sources(step, settled)
    match step.mode:
        case "first":
            return sources[0].output if sources else None
        case "list":
            return [source.output for source in sources]
        case "object":
            return {source.node_id: source.output for source in sources}
        case _:
            assert_never(step.mode)


def _merged_media_type(step: MergeStep, settled: Settled) -> str:
    sources = _live_sources(step, settled)
    return sources[0].media_type if step.mode == "first" and sources else "application/json"


def deadline(step: DelayStep, context: Context, now: datetime) -> datetime:
    """Return the instant a delay waits for; ExpressionError when it is no such thing."""
    if step.until is not None:
        instant = _instant(step.id, expressions.render(step.until, context))
    else:
        instant = now + timedelta(seconds=_seconds(step.id, expressions.render(step.seconds, context)))
    if instant - now > LONGEST_DELAY:
        raise ExpressionError(
            f"{step.id} would wait until {instant.isoformat()}; the longest delay is a year"
        )
    return instant


def _seconds(node_id: str, value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise ExpressionError(f"seconds of {node_id} is {_shown(value)}, not a number") from None
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_DELAY.total_seconds():
        raise ExpressionError(f"seconds of {node_id} is {_shown(value)}; it must lie between 0 and a year")
    return seconds


def _instant(node_id: str, value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise ExpressionError(f"until of {node_id} is {_shown(value)}, not an ISO 8601 instant") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def rendered_config(step: ActivityStep, context: Context) -> dict[str, Any]:
    """Return a step's config with its expressions rendered, but for the fields that name secrets."""
    plain = {key: value for key, value in step.config.items() if key not in step.secret_fields}
    rendered: dict[str, Any] = expressions.bounded(expressions.render(plain, context))
    return {**step.config, **rendered}


def secret_context(step: ActivityStep, context: Context) -> dict[str, Any]:
    """Return the part of the context that a step's secret fields read: they are rendered in its activity."""
    part: dict[str, Any] = {}
    for path in step.reads if step.secret_fields else ():
        root, _, name = path.partition(".")
        if root != "nodes":
            part[root] = context[root]
        elif name in context["nodes"]:
            part.setdefault("nodes", {})[name] = context["nodes"][name]
    return part


def succeeded(
    step: Step,
    now: datetime,
    *,
    output: Any,
    port: str = "out",
    media_type: str = "application/json",
    started_at: datetime | None = None,
) -> NodeRecord:
    """Return the record of a step that came to an output."""
    return NodeRecord(
        node_id=step.id,
        status="succeeded",
        started_at=started_at or now,
        finished_at=now,
        port=port,
        output=output,
        media_type=media_type,
    )


def failed(step: Step, failure: Failure, now: datetime, started_at: datetime | None = None) -> NodeRecord:
    """Return the record of a step that failed for good; it leaves along its error port."""
    return NodeRecord(
        node_id=step.id,
        status="failed",
        started_at=started_at or now,
        finished_at=now,
        port="error",
        error=failure.model_copy(update={"node": step.id}),
    )


def view(record: NodeRecord) -> dict[str, Any]:
    """Return what expressions see of a settled node: `nodes.<id>.output`, `.status` and `.error`."""
    error = record.error.model_dump() if record.error else None
    return {"output": record.output, "status": record.status, "error": error}
