"""Tasks as services give them back, and what of a row the engine's rules read."""

from datetime import datetime
from typing import Any, Literal

from engine.contracts import Deliberation, HumanAction, HumanDecision, TaskOpened, TaskOpening
from workbench.db.tables import TaskCommentRow, TaskDecisionRow, TaskRow
from workbench.services.shapes import Shape

Status = Literal["open", "decided", "done", "cancelled"]


class TaskSummary(Shape):
    """A task in a list. `decided` means that its run has yet to take note of the outcome."""

    id: str
    kind: str
    title: str
    status: Status
    outcome: str | None
    priority: int
    workflow_id: str | None
    workflow_name: str
    run_id: str
    scope: str
    node_id: str
    assignees: tuple[str, ...]
    claimed_by: str | None
    claimed_name: str | None
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None


class TaskDecision(Shape):
    """What somebody decided. While it is `pending` the run is still to be told."""

    id: str
    action: HumanAction
    by: str
    name: str
    at: datetime
    reason: str
    text: str
    revision: int
    status: Literal["pending", "counted", "refused"]
    why: str | None


class TaskComment(Shape):
    """What somebody said, as Markdown."""

    id: str
    by: str
    name: str
    at: datetime
    text: str


class TaskDetail(TaskSummary):
    """A task with all that one needs to decide it. `revision` is that of `data`: a decision names it."""

    context: str
    data: Any
    data_schema: dict[str, Any] | None
    choices: tuple[str, ...]
    revision: int
    edited: bool
    quorum: int
    votes: str
    apart: tuple[str, ...]
    expires_at: datetime | None
    reminded_at: datetime | None
    escalated_at: datetime | None
    decisions: tuple[TaskDecision, ...]
    comments: tuple[TaskComment, ...]


def summary(row: Any) -> TaskSummary:
    """Return the shape of a task in a list; `row` has the columns of `tasks` as attributes."""
    return TaskSummary.model_validate({name: getattr(row, name) for name in TaskSummary.model_fields})


def detail(row: TaskRow, decisions: list[TaskDecisionRow], comments: list[TaskCommentRow]) -> TaskDetail:
    """Return the whole shape of a task."""
    opening, opened, so_far = parts(row)
    return TaskDetail(
        **dict(summary(row)),
        context=opening.context,
        data=so_far.data if so_far.edited or so_far.outcome == "submit" else row.data,
        data_schema=opening.data_schema,
        choices=opening.choices,
        revision=so_far.revision,
        edited=so_far.edited,
        quorum=1 if opened.alone else opening.quorum,
        votes=opening.votes,
        apart=() if opened.alone else opening.apart,
        expires_at=opening.expires_at,
        reminded_at=row.reminded_at,
        escalated_at=row.escalated_at,
        decisions=tuple(decision(one) for one in decisions),
        comments=tuple(TaskComment(**one.model_dump(exclude={"task_id"})) for one in comments),
    )


def decision(row: TaskDecisionRow) -> TaskDecision:
    """Return the shape of a decision."""
    made = stored(row)
    shown = made.model_dump(include={"id", "action", "by", "name", "at", "reason", "text", "revision"})
    return TaskDecision.model_validate({**shown, "status": row.status, "why": row.why})


def stored(row: TaskDecisionRow) -> HumanDecision:
    """Return a decision as its run is told it."""
    return HumanDecision.model_validate(row.decision)


def parts(row: TaskRow) -> tuple[TaskOpening, TaskOpened, Deliberation]:
    """Return what the engine's rules read of a task."""
    return (
        TaskOpening.model_validate(row.opening),
        TaskOpened.model_validate(row.opened),
        Deliberation.model_validate(row.deliberation),
    )
