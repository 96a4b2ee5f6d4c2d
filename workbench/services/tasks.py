"""The inbox: tasks are listed, read, claimed and released; see `task_decisions` and `task_comments`."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from engine import deciding
from engine.contracts import Deliberation
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import task_pages
from workbench.db import tasks as queries
from workbench.db.ids import now
from workbench.db.paging import decode_cursor, encode_cursor, page_size
from workbench.db.pauses import PAUSE
from workbench.db.tables import TaskRow
from workbench.errors import Conflict, Forbidden, NotFound
from workbench.services import task_events, task_history, task_shapes, task_views
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import Page
from workbench.services.task_shapes import TaskDetail, TaskSummary

Queue = queries.Queue


@requires(Action.TASKS_READ)
async def list_tasks(
    principal: Principal,
    *,
    queue: queries.Queue = "open",
    workflow_id: str | None = None,
    priority: int | None = None,
    due_before: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[TaskSummary]:
    """Return a page of tasks, the newest first.

    `queue`: all that are open; mine (I am named, or have claimed it); those of my groups or of anybody; those
    that I have decided and that wait for others; those that are done.
    """
    limit, before = page_size(limit), decode_cursor(cursor)
    wanted = queries.Wanted(
        queue=queue,
        me=principal.id,
        groups=principal.groups,
        workflow_id=workflow_id,
        priority=priority,
        due_before=due_before,
    )
    rows = await get_resources().read(
        lambda session: queries.page(session, wanted, limit=limit + 1, before=before)
    )
    items = tuple(task_shapes.summary(row) for row in rows[:limit])
    last = items[-1] if len(rows) > limit else None
    return Page(items=items, next_cursor=encode_cursor(last.opened_at, last.id) if last else None)


@requires(Action.TASKS_READ)
async def get_task(principal: Principal, task_id: str) -> TaskDetail:
    """Return a task with what was decided and said; NotFound, also where its workflow is hidden.

    That the principal has seen its data is noted in the audit log.
    """

    async def query(session: AsyncSession) -> TaskDetail:
        return await whole(session, await found(session, task_id))

    task = await get_resources().read(query)
    await task_views.seen(principal, task.id)
    return task


@requires(Action.TASKS_DECIDE)
async def claim(principal: Principal, task_id: str) -> TaskDetail:
    """Keep a task for oneself; Conflict when somebody else has it, or several people are to decide."""
    async with get_resources().transaction() as session:
        row = await asked_and_open(session, principal, task_id)
        opening, opened, so_far = task_shapes.parts(row)
        if against := deciding.kept_apart(opening, opened, so_far, principal.id):
            raise Forbidden("tasks:decide", against.message)
        if opening.quorum > 1 and not opened.alone:
            raise Conflict(
                f"{opening.quorum} people are to decide this task; nobody keeps it for themselves."
            )
        if row.claimed_by is None:
            row.claimed_by, row.claimed_name, row.claimed_at = principal.id, principal.name, now()
            await task_events.record(session, row, "claimed", who=principal)
        return await whole(session, row)


@requires(Action.TASKS_DECIDE)
async def release(principal: Principal, task_id: str) -> TaskDetail:
    """Let others have a task that one has claimed; admins may do so for anybody."""
    async with get_resources().transaction() as session:
        row = await found(session, task_id, lock=True)
        if row.claimed_by not in (None, principal.id) and not principal.may(Action.MEMBERS_WRITE):
            raise Conflict(claimed(row))
        if row.claimed_by is not None:
            row.claimed_by = row.claimed_name = row.claimed_at = None
            await task_events.record(session, row, "released", who=principal)
        return await whole(session, row)


async def found(session: AsyncSession, task_id: str, *, lock: bool = False) -> TaskRow:
    """Return a task; NotFound."""
    row = await queries.get(session, task_id, lock=lock)
    if row is None:
        raise NotFound(f"There is no task {task_id[:64]!r}.")
    return row


async def asked_and_open(session: AsyncSession, principal: Principal, task_id: str) -> TaskRow:
    """Return an open task, locked, about which the principal is asked and that nobody else has claimed.

    Raises Conflict, which says who was first, and Forbidden.
    """
    row = await found(session, task_id, lock=True)
    _, opened, so_far = task_shapes.parts(row)
    if row.status == "cancelled":
        raise Conflict("The task is over: its step or its run was cancelled.")
    if row.status != "open":
        raise Conflict(_over(row, so_far))
    if not deciding.is_asked(opened, so_far, principal.id, principal.groups):
        raise Forbidden("tasks:decide", "You are not among those who are asked to decide this task.")
    if row.claimed_by not in (None, principal.id):
        raise Conflict(claimed(row))
    return row


def _over(row: TaskRow, so_far: Deliberation) -> str:
    """Return the sentence that says how a task came to its end, and by whom."""
    if so_far.outcome is None or not so_far.verdicts:  # the rows know of no decision that brought it there
        return f"Nobody decided the task in time: it expired, and went on as {row.outcome or 'expired'}."
    last = so_far.verdicts[-1]
    by = f"{last.name} decided {last.action} at {last.at:%Y-%m-%d %H:%M} UTC"
    return f"The task is {row.outcome or 'decided'} already: {by}."


def claimed(row: TaskRow) -> str:
    """Return the sentence that says who has claimed a task."""
    return f"{row.claimed_name} has claimed the task at {row.claimed_at:%Y-%m-%d %H:%M} UTC."


async def whole(session: AsyncSession, row: TaskRow) -> TaskDetail:
    """Return a task with all that hangs on it."""
    decisions, comments = (
        await queries.decisions(session, row.id),
        await queries.comments(session, row.id),
    )
    events = await task_pages.events(session, row.id)
    history = task_history.history(row, decisions, comments, events)
    shown = task_shapes.detail(row, decisions, comments, history)
    if shown.pause is None or row.kind != PAUSE:
        return shown
    tried = await queries.tried_with(session, row)
    settings = {name: value for more in (shown.pause.settings, *tried) for name, value in more.items()}
    return shown.model_copy(update={"pause": shown.pause.model_copy(update={"settings": settings})})
