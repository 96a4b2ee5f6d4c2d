"""Tasks as services give them back, and what of a row the engine's rules read."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from engine.contracts import Deliberation, HumanAction, HumanDecision, TaskOpened, TaskOpening
from engine.errors import Failure
from workbench.db.ids import now
from workbench.db.tables import TaskCommentRow, TaskDecisionRow, TaskRow
from workbench.services import differences
from workbench.services.shapes import Shape, ValueChange

Status = Literal["open", "decided", "done", "cancelled"]


class TaskSummary(Shape):
    """A task in a list. `decided` means that its run has yet to take note of the outcome.

    `choices` is what can be decided, about the data at `revision`. `context` is its beginning. `decided_by`
    decided last; until `held_until` they can undo that. `unread`: you have not seen the task.
    """

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
    context: str = ""
    choices: tuple[str, ...] = ()
    revision: int = 1
    decided_by: str | None = None
    decided_name: str | None = None
    decided_at: datetime | None = None
    held_until: datetime | None = None
    unread: bool = False


class TaskDecision(Shape):
    """What somebody decided. While it is `held` they can undo it; `pending`: the run is still to be told.

    `changes` are the first places where edited data differs from that before, `to` those it was handed on to.
    """

    id: str
    action: HumanAction
    by: str
    name: str
    at: datetime
    reason: str
    text: str
    revision: int
    status: Literal["held", "pending", "counted", "refused"]
    why: str | None
    to: tuple[str, ...] = ()
    changes: tuple[ValueChange, ...] = ()


class TaskComment(Shape):
    """What somebody said, as Markdown. `files` are artifacts, as values hold them."""

    id: str
    by: str
    name: str
    at: datetime
    text: str
    edited_at: datetime | None = None
    mentions: tuple[str, ...] = ()
    files: tuple[dict[str, Any], ...] = ()


class Happening(Shape):
    """Something that happened to a task; `services.task_history` says what `what` may be.

    `ref` is the id of the decision or comment; `name` is empty where the workbench did it by itself.
    """

    at: datetime
    what: str
    by: str = ""
    name: str = ""
    text: str = ""
    ref: str = ""


class Pause(Shape):
    """What one decides a pause by: what went wrong, after how many attempts, and what else could be.

    `settings` are those of the step in the document, with their expressions: what a new attempt may have
    otherwise; of a run, its budget. `ports` are those by which an output that is supplied can leave.
    """

    failure: Failure
    attempts: int = 1
    settings: dict[str, Any] = Field(default_factory=dict)
    ports: tuple[str, ...] = ()


class TaskDetail(TaskSummary):
    """A task with all that one needs to decide it. `revision` is that of `data`: a decision names it.

    Of a step that failed, `data` is the input that it had, and `pause` what went wrong.
    """

    data: Any
    data_schema: dict[str, Any] | None
    edited: bool
    quorum: int
    votes: str
    apart: tuple[str, ...]
    expires_at: datetime | None
    reminded_at: datetime | None
    escalated_at: datetime | None
    pause: Pause | None
    decisions: tuple[TaskDecision, ...]
    comments: tuple[TaskComment, ...]
    history: tuple[Happening, ...] = ()


_PLAIN = frozenset(TaskSummary.model_fields) - {
    "context", "choices", "revision", "decided_by", "decided_name", "decided_at", "held_until", "unread",
}  # fmt: skip


def summary(row: Any) -> TaskSummary:
    """Return the shape of a task in a list; `row` is one of `task_lists.page`."""
    last = row.last or {}
    return _summary(
        row,
        context=" ".join((row.context or "").split()),
        choices=tuple(row.choices),
        revision=row.revision,
        decided_by=last.get("by"),
        decided_name=last.get("name"),
        decided_at=last.get("at"),
        unread=not row.seen,
    )


def _summary(row: Any, **more: Any) -> TaskSummary:
    held = row.held_until if row.held_until is not None and row.held_until > now() else None
    plain = {name: getattr(row, name) for name in _PLAIN}
    return TaskSummary.model_validate({**plain, "held_until": held, **more})


def detail(
    row: TaskRow,
    decisions: Sequence[TaskDecisionRow],
    comments: Sequence[TaskCommentRow],
    history: tuple[Happening, ...] = (),
) -> TaskDetail:
    """Return the whole shape of a task."""
    opening, opened, so_far = parts(row)
    last = so_far.verdicts[-1] if so_far.verdicts else None
    listed = _summary(
        row,
        context=opening.context,
        choices=opening.choices,
        revision=so_far.revision,
        decided_by=last.by if last else None,
        decided_name=last.name if last else None,
        decided_at=last.at if last else None,
    )
    return TaskDetail(
        **dict(listed),
        data=so_far.data if so_far.edited or so_far.outcome == "submit" else row.data,
        data_schema=opening.data_schema,
        edited=so_far.edited,
        quorum=1 if opened.alone else opening.quorum,
        votes=opening.votes,
        apart=() if opened.alone else opening.apart,
        expires_at=opening.expires_at,
        reminded_at=row.reminded_at,
        escalated_at=row.escalated_at,
        pause=Pause.model_validate(row.pause) if row.pause else None,
        decisions=tuple(_decisions(row.data, decisions)),
        comments=tuple(TaskComment(**one.model_dump(exclude={"task_id"})) for one in comments),
        history=history,
    )


_SHOWN = {"id", "action", "by", "name", "at", "reason", "text", "revision", "to"}


def _decisions(data: Any, rows: Sequence[TaskDecisionRow]) -> Iterator[TaskDecision]:
    """Yield the decisions, those that edited the data with what they changed of that before."""
    for row in rows:
        made = stored(row)
        edits = made.action == "edit" and row.status != "refused"
        changed = differences.changes(data, made.value) if edits else ()
        data = made.value if edits else data
        shown = made.model_dump(include=_SHOWN)
        yield TaskDecision.model_validate({**shown, "status": row.status, "why": row.why, "changes": changed})


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
