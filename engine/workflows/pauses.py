"""Steps that failed and wait for somebody's decision: what may be decided, and what comes of it."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from engine import expressions
from engine.contracts import (
    ActivityStep,
    Decided,
    NodeDecision,
    NodeRecord,
    NodeResult,
    Retried,
    Step,
    StepBase,
    SubworkflowStep,
    place,
)
from engine.errors import ExpressionError
from engine.workflows.durable import update_kept
from engine.workflows.scopes import Scope

LATE = "decision-late"
UNFIT = "decision-unfit"
"""The types of the errors with which a decision is refused."""

FIXED = frozenset({*StepBase.model_fields, "kind", "body"})
"""The fields of a step that no decision replaces: where it stands, and what stands in it."""


def is_failure(step: Step, record: NodeRecord) -> bool:
    """Whether a step's record is a failure that somebody is to decide about."""
    aborted = record.decision is not None and record.decision.action == "abort"
    failed = record.error is not None and record.status in ("failed", "waiting")
    return step.on_error == "pause" and failed and not aborted


def amended(step: Step, settings: Mapping[str, Any]) -> Step:
    """Return a step with some of its fields replaced; ValueError when they do not fit.

    Activities and sub-workflows take other settings where theirs are rendered.
    """
    if not settings or isinstance(step, ActivityStep | SubworkflowStep):
        return step
    unknown = settings.keys() - (type(step).model_fields.keys() - FIXED)
    if unknown:
        raise ValueError(f"{', '.join(sorted(unknown))} cannot be replaced")
    return type(step).model_validate({**dict(step), **settings})


def paused(step: Step, record: NodeRecord, scope: Scope) -> NodeRecord:
    """Return the record of a step that failed and now waits, with the input that it had.

    Activities have written down theirs; what a step evaluates by itself is its settings alone.
    """
    changes: dict[str, Any] = {"status": "waiting", "finished_at": None, "ports": ()}
    if isinstance(step, SubworkflowStep):
        again = scope.retried.get(step.id)
        with contextlib.suppress(ExpressionError):
            changes["input"] = scope.render(again.config.get("inputs", step.inputs) if again else step.inputs)
    return record.model_copy(update=changes)


@dataclass(slots=True)
class _Pause:
    step: Step
    record: NodeRecord
    decided: asyncio.Future[NodeDecision] = field(default_factory=asyncio.Future)


class Pauses:
    """The steps that wait for a decision, by their places. A decision is taken once.

    `known` says that the steps that were carried over are among them.
    """

    def __init__(self) -> None:
        self.known = False
        self._open: dict[str, _Pause] = {}

    @property
    def decided(self) -> bool:
        """Whether a decision was taken that its step has not followed yet."""
        return any(pause.decided.done() for pause in self._open.values())

    async def followed(self) -> None:
        """Wait until every decision that was taken has come to its step: it cannot be carried over."""
        if self.decided:
            await workflow.wait_condition(lambda: not self.decided)

    def check(self, decision: NodeDecision) -> None:
        """Refuse a decision that comes too late or cannot be carried out, before it is recorded anywhere."""
        pause = self._open.get(place(decision.scope, decision.node_id))
        if pause is None or pause.decided.done():
            raise _refused(LATE, f"{decision.node_id} does not wait for a decision, or no longer.")
        if pause.record.attempt != decision.attempt:
            raise _refused(
                LATE,
                f"{decision.node_id} failed again meanwhile: the decision was about attempt "
                f"{decision.attempt}, and it is at attempt {pause.record.attempt}.",
            )
        if decision.action == "retry" and pause.record.tally is not None:
            raise _refused(
                UNFIT,
                f"{decision.node_id} has begun its passes, and their steps act once in a run. Give its "
                "output, skip or abort; a new run can go on from the pass that failed.",
            )
        if isinstance(pause.step, SubworkflowStep) and decision.config.keys() - {"inputs"}:
            raise _refused(
                UNFIT, f"{decision.node_id} stays with its version; only its inputs can be others."
            )
        try:
            amended(pause.step, decision.config)
        except ValueError as error:
            raise _refused(UNFIT, f"These settings do not fit {decision.node_id}: {error}") from None
        try:
            expressions.bounded([decision.output, decision.config])
        except ExpressionError as error:
            raise _refused(UNFIT, str(error)) from None

    def take(self, decision: NodeDecision) -> None:
        """Let a checked decision come to the step that waits for it."""
        self._open[place(decision.scope, decision.node_id)].decided.set_result(decision)

    async def result(self, step: Step, record: NodeRecord, retried: dict[str, Retried]) -> NodeResult:
        """Wait for the decision about a paused step; a step to be tried again is put into `retried`."""
        pause = _Pause(step, record)
        self._open[record.place] = pause
        try:
            decision = await pause.decided
            await update_kept()
        finally:
            del self._open[record.place]
        if decision.action == "retry":
            config = {**(retried[step.id].config if step.id in retried else {}), **decision.config}
            again = Retried(attempts=record.attempt, decision=_why(decision), config=config)
            retried[step.id] = again
        return NodeResult(record=_outcome(record, decision), recorded=False)


def _why(decision: NodeDecision) -> Decided:
    return Decided(
        action=decision.action, by=decision.by, at=decision.at, reason=decision.reason, id=decision.id
    )


def _outcome(record: NodeRecord, decision: NodeDecision) -> NodeRecord:
    """Return what a step's record becomes by a decision; one to be tried again stays unsettled."""
    ended = {"decision": _why(decision), "finished_at": workflow.now(), "input": None}
    match decision.action:
        case "retry":
            changes = {"decision": _why(decision), "status": "running", "input": None}
        case "output":
            given = {"output": decision.output, "ports": (decision.port,), "error": None}
            changes = {**ended, **given, "status": "succeeded", "media_type": "application/json"}
        case "skip":
            changes = {**ended, "status": "skipped", "error": None}
        case "abort":
            changes = {**ended, "status": "failed", "ports": ("error",)}
    return record.model_copy(update=changes)


def _refused(kind: str, message: str) -> ApplicationError:
    return ApplicationError(message, type=kind, non_retryable=True)
