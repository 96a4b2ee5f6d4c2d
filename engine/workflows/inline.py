"""The steps that workflow code executes by itself: pure functions of the plan and of what is settled."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from engine import expressions
from engine.contracts import (
    ActivityStep,
    ConditionStep,
    DelayStep,
    FailStep,
    HumanStep,
    InputStep,
    LoopStep,
    MapStep,
    MergeStep,
    NodeRecord,
    OutputStep,
    Step,
    SubworkflowStep,
    SwitchStep,
    TransformStep,
    WaitStep,
)
from engine.errors import ExpressionError, Failure, NodeFailed
from engine.nodes.output import passed_on
from engine.nodes.transform import shaped

LONGEST_DELAY = timedelta(days=366)
"""A delay beyond this is taken for a mistake in its expression."""

LONGEST_MESSAGE = 2_000
"""Characters of an error that a document states; a run's error is shown in lists."""

Context = Mapping[str, Any]
Settled = Mapping[str, NodeRecord]
"""The finished steps, in the order in which they finished."""

OUT = ("out",)
JSON = "application/json"


def evaluate(step: Step, context: Context, settled: Settled, now: datetime) -> NodeRecord:
    """Return the settled record of an inline step; an expression that fails makes it a failed one."""
    try:
        value, ports, media_type = _value(step, context, settled)
        expressions.bounded(value)
    except (ExpressionError, NodeFailed) as error:
        return failed(step, reason(error), now)
    return succeeded(step, now, output=value, ports=ports, media_type=media_type)


def _value(step: Step, context: Context, settled: Settled) -> tuple[Any, tuple[str, ...], str]:
    """Return output, ports and media type of an inline step; NodeFailed when it cannot come to one."""
    match step:
        case InputStep():
            return context["inputs"], OUT, JSON
        case OutputStep():
            return expressions.render(step.value, context), OUT, _passed_on_media_type(step, settled)
        case TransformStep():
            value = expressions.render(step.value, context)
            return shaped(value, step.media_type), OUT, step.media_type
        case ConditionStep():
            holds = bool(expressions.render(step.expression, context))
            return holds, ("true" if holds else "false",), JSON
        case SwitchStep():
            ports = _matching(step, context)
            return list(ports) if step.matches == "all" else ports[0], ports, JSON
        case MergeStep():
            sources = _joined(step, context, settled)
            media_type = sources[0].media_type if step.mode == "first" and sources else JSON
            return _merged(step, sources), OUT, media_type
        case FailStep():
            raise NodeFailed(_stated(step, context))
        case (
            DelayStep()
            | WaitStep()
            | HumanStep()
            | MapStep()
            | LoopStep()
            | SubworkflowStep()
            | ActivityStep()
        ):
            raise TypeError(f"step {step.id} of type {step.type} is not executed inline")
        case _:
            assert_never(step)


def _passed_on_media_type(step: OutputStep, settled: Settled) -> str:
    source = settled.get(passed_on(step.value) or "")
    return source.media_type if source else JSON


def _matching(step: SwitchStep, context: Context) -> tuple[str, ...]:
    """Return the ports that a switch is left by; a case behind the first match is not evaluated."""
    found = []
    for port, expression in step.cases:
        if expressions.render(expression, context):
            found.append(port)
            if step.matches == "first":
                break
    return tuple(found) or ("default",)


def _stated(step: FailStep, context: Context) -> Failure:
    message = expressions.text_of(expressions.render(step.message, context))
    shown = message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"
    return Failure(kind=step.failure_kind, message=shown)


def needed(step: MergeStep, context: Context) -> int | None:
    """Return how many branches a merge waits for, None for all; NodeFailed where what says so does not."""
    if not isinstance(step.needs, str):
        return step.needs
    value = expressions.render(step.needs, context)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= step.branches:
        return value
    raise NodeFailed(
        Failure(
            kind="at-least-unfit",
            message=f"“At least” gave {_shown(value)}, not a whole number from 1 to {step.branches}",
            hint="So many branches lead to this step; look at the expression that says how many are enough.",
        )
    )


def _joined(step: MergeStep, context: Context, settled: Settled) -> list[NodeRecord]:
    """Return the records that a merge joins, each once, in the order of its edges.

    One that does not wait for all joins those that arrived first. NodeFailed when too few arrived.
    """
    taken = (edge.source for edge in step.incoming if edge.port in _ports(edge.source, settled))
    live = {source: settled[source] for source in taken}
    needs = needed(step, context)
    if needs is None:
        return list(live.values())
    if len(live) < needs:
        raise NodeFailed(_too_few(needs, len(live)))
    first = set([node_id for node_id in settled if node_id in live][:needs])
    return [record for source, record in live.items() if source in first]


def _ports(node_id: str, settled: Settled) -> tuple[str, ...]:
    return settled[node_id].ports if node_id in settled else ()


def _too_few(needs: int, live: int) -> Failure:
    return Failure(
        kind="too-few-branches",
        message=f"{live} of the {needs} branches that this step waits for came to an end that leads here",
        hint="The others were skipped, or failed and left by another port.",
    )


def _merged(step: MergeStep, sources: Sequence[NodeRecord]) -> Any:
    match step.mode:
        case "first":
            return sources[0].output if sources else None
        case "list":
            return [source.output for source in sources]
        case "object":
            return {source.node_id: source.output for source in sources}
        case _:
            assert_never(step.mode)


def deadline(step: DelayStep, context: Context, now: datetime) -> datetime:
    """Return the instant a delay waits for; ExpressionError when it is no such thing."""
    if step.until is not None:
        instant = _instant(step.id, expressions.render(step.until, context))
    else:
        instant = now + timedelta(
            seconds=seconds(step.id, "seconds", expressions.render(step.seconds, context))
        )
    if instant - now > LONGEST_DELAY:
        raise ExpressionError(
            f"{step.id} would wait until {instant.isoformat()}; the longest delay is a year"
        )
    return instant


def seconds(node_id: str, setting: str, value: Any) -> float:
    """Return a setting's value as seconds; ExpressionError when it is none, or beyond a year."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ExpressionError(f"{setting} of {node_id} is {_shown(value)}, not a number") from None
    if not math.isfinite(number) or not 0 <= number <= LONGEST_DELAY.total_seconds():
        raise ExpressionError(f"{setting} of {node_id} is {_shown(value)}; it must lie between 0 and a year")
    return number


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
    kept = {*step.secret_fields, *step.literal_fields}
    plain = {key: value for key, value in step.config.items() if key not in kept}
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
    ports: tuple[str, ...] = OUT,
    media_type: str = JSON,
    started_at: datetime | None = None,
) -> NodeRecord:
    """Return the record of a step that came to an output."""
    return NodeRecord(
        node_id=step.id,
        status="succeeded",
        started_at=started_at or now,
        finished_at=now,
        ports=ports,
        output=output,
        media_type=media_type,
    )


def reason(error: ExpressionError | NodeFailed) -> Failure:
    """Return what an error says about the step in which it happened."""
    if isinstance(error, NodeFailed):
        return error.failure
    return Failure(kind="expression", message=str(error))


def failed(step: Step, failure: Failure, now: datetime, started_at: datetime | None = None) -> NodeRecord:
    """Return the record of a step that failed for good; it leaves along its error port."""
    return NodeRecord(
        node_id=step.id,
        status="failed",
        started_at=started_at or now,
        finished_at=now,
        ports=("error",),
        error=failure.model_copy(update={"node": step.id}),
    )


def view(record: NodeRecord) -> dict[str, Any]:
    """Return what expressions see of a settled node: `nodes.<id>.output`, `.status` and `.error`."""
    error = record.error.model_dump() if record.error else None
    return {"output": record.output, "status": record.status, "error": error}
