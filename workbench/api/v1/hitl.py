"""`/hitl/tasks`: what running workflows ask people, and what those decide."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from engine.contracts import Choice, PauseChoice
from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.workflows import Cursor, Limit
from workbench.db.task_lists import Queue, Sort
from workbench.services import inbox, task_decisions, tasks
from workbench.services.shapes import Page
from workbench.services.task_decisions import BulkResult, Decision
from workbench.services.task_shapes import TaskDetail, TaskSummary

router = APIRouter(prefix="/hitl/tasks", tags=["inbox"])


class DecisionMade(BaseModel):
    """A decision. `revision` is that of the data which you saw; `value` the edited data or the form's answer.

    A step that failed is tried again (`retry`, with the settings in `value` in place of its own), goes on
    with `value` as its `output`, leaving by `port`, is skipped (`skip`), or fails (`abort`). A used-up budget
    is raised (`raise`) to that in `value`, or without one doubled, or the run is cancelled (`abort`).

    An `id` (a uuid of yours) that is sent again counts once. For `hold_s` seconds you can undo it; its run is
    told when they have passed.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"action": "approve", "revision": 1, "reason": "Within the budget"},
                {"action": "edit", "revision": 1, "value": {"amount": 90}},
                {"action": "respond", "revision": 1, "text": "Which project is this for?"},
                {"action": "retry", "revision": 1, "value": {"url": "https://example.org/v2"}},
                {"action": "output", "revision": 1, "value": {"id": 7}, "port": "out"},
                {"action": "raise", "revision": 1, "value": {"steps": 500, "on_reached": "pause"}},
                {"action": "reject", "revision": 1, "reason": "Too expensive", "hold_s": 10},
            ]
        },
    )

    action: Choice | PauseChoice
    revision: int = Field(ge=1)
    reason: str = Field(default="", max_length=2_000)
    value: Any = None
    text: str = Field(default="", max_length=20_000)
    id: str | None = Field(default=None, max_length=36)
    port: str = Field(default="out", max_length=63)
    hold_s: float = Field(default=0, ge=0, le=task_decisions.HOLD_S, allow_inf_nan=False)


class Delegation(BaseModel):
    """To whom a task is given: an e-mail address or the name of a group, or an id."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"to": "bob@example.org", "reason": "On leave"}]}
    )

    to: str = Field(min_length=1, max_length=320)
    reason: str = Field(default="", max_length=2_000)


class BulkDecision(BaseModel):
    """One decision about several tasks, each at the revision of its data that you saw, else at its last."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "task_ids": ["0199e3a5-0000-7000-8000-000000000000"],
                    "action": "approve",
                    "reason": "All within the budget",
                    "revisions": {"0199e3a5-0000-7000-8000-000000000000": 1},
                }
            ]
        },
    )

    task_ids: list[str] = Field(min_length=1, max_length=100)
    action: Choice | PauseChoice
    reason: str = Field(default="", max_length=2_000)
    text: str = Field(default="", max_length=20_000)
    hold_s: float = Field(default=0, ge=0, le=task_decisions.HOLD_S, allow_inf_nan=False)
    revisions: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict, max_length=100)


class Marked(BaseModel):
    """Tasks that you have seen, or that are to be new to you again."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"task_ids": ["0199e3a5-0000-7000-8000-000000000000"], "seen": True}]
        },
    )

    task_ids: list[str] = Field(min_length=1, max_length=1_000)
    seen: bool = True


@router.get("", summary="List tasks")
async def list_tasks(
    principal: CurrentPrincipal,
    queue: Queue = "open",
    sort: Sort = "newest",
    search: Annotated[str, Query(max_length=200)] = "",
    workflow_id: Annotated[str | None, Query(max_length=64)] = None,
    node_id: Annotated[str | None, Query(max_length=100)] = None,
    kind: Annotated[str | None, Query(max_length=40)] = None,
    priority: Annotated[int | None, Query(ge=1, le=5)] = None,
    due_before: datetime | None = None,
    overdue: bool = False,
    assignee: Annotated[str | None, Query(max_length=64)] = None,
    run_id: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TaskSummary]:
    """`queue`: `asked` (waits for you), `unread` (of these, what you have not seen), `mine` (you are named),
    `groups` (your groups', or anybody's), `open`, `others` (you have decided, others have not), `snoozed`,
    `done`.

    `sort`: `newest`, `due` (the earliest first) or `priority`. `search`: each word is in the title, the
    context, the name of the workflow, or that of somebody who has to do with the task. `assignee`: the id of
    a person or group, `run_id` a run, with those that it called. A cursor belongs to the list that gave it.
    """
    return await tasks.list_tasks(
        principal,
        queue=queue,
        sort=sort,
        search=search,
        workflow_id=workflow_id,
        node_id=node_id,
        kind=kind,
        priority=priority,
        due_before=due_before,
        overdue=overdue,
        assignee=assignee,
        run_id=run_id,
        limit=limit,
        cursor=cursor,
    )


@router.get("/counts", summary="How many tasks each queue has")
async def count_tasks(principal: CurrentPrincipal) -> dict[Queue, int]:
    """`done` is counted up to 1,000."""
    return await inbox.counts(principal)


@router.post("/seen", summary="Mark tasks as seen, or as new")
async def mark(principal: CurrentPrincipal, body: Marked) -> dict[str, int]:
    """`marked` is how many of them there are; only your own marks change."""
    return {"marked": await inbox.mark(principal, body.task_ids, seen=body.seen)}


@router.post("/bulk", summary="Decide several tasks alike")
async def decide_many(principal: CurrentPrincipal, body: BulkDecision) -> tuple[BulkResult, ...]:
    """Each has its own result; one that fails does not stop the others."""
    asked = Decision(body.action, reason=body.reason, text=body.text, hold_s=body.hold_s)
    return await task_decisions.decide_many(principal, body.task_ids, asked, revisions=body.revisions)


@router.get("/{task_id}", summary="Read a task")
async def read_task(principal: CurrentPrincipal, task_id: str) -> TaskDetail:
    """With its data, what was decided, and what was said."""
    return await tasks.get_task(principal, task_id)


@router.post("/{task_id}/claim", summary="Claim a task")
async def claim(principal: CurrentPrincipal, task_id: str) -> TaskDetail:
    """409 when somebody else has it, or several people are to decide."""
    return await tasks.claim(principal, task_id)


@router.post("/{task_id}/release", summary="Release a task that one has claimed")
async def release(principal: CurrentPrincipal, task_id: str) -> TaskDetail:
    """Admins may release anybody's."""
    return await tasks.release(principal, task_id)


@router.post("/{task_id}/decide", summary="Decide a task")
async def decide(principal: CurrentPrincipal, task_id: str, body: DecisionMade) -> TaskDetail:
    """Counted once. 409 says who was first, or that the data was edited; 403 which rule keeps you from it.

    The task is `decided` until its run has taken note, and the decision `pending`: neither gets lost.
    """
    return await task_decisions.decide(principal, task_id, Decision(**dict(body)))


@router.post("/{task_id}/undo", summary="Undo one's own decision")
async def undo(principal: CurrentPrincipal, task_id: str) -> TaskDetail:
    """As long as it is held (`hold_s`): 409 once the run has been told, or somebody has decided since."""
    return await task_decisions.undo(principal, task_id)


@router.post("/{task_id}/delegate", summary="Let somebody else decide a task")
async def delegate(principal: CurrentPrincipal, task_id: str, body: Delegation) -> TaskDetail:
    """They decide in your place; you no longer do."""
    return await task_decisions.delegate(principal, task_id, to=body.to, reason=body.reason)
