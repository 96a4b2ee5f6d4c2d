"""The inbox: tasks are listed, read, claimed and released; see `task_decisions` and `task_comments`."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from engine import deciding
from engine.contracts import Deliberation
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import task_lists, task_pages
from workbench.db import tasks as queries
from workbench.db.ids import is_id, now
from workbench.db.json_text import text_of
from workbench.db.paging import Named, Rows, decode_named, encode_named, page_size
from workbench.db.pauses import PAUSE
from workbench.db.tables import TaskRow
from workbench.db.task_lists import Queue as Queue
from workbench.db.task_lists import Sort as Sort
from workbench.db.task_lists import Wanted
from workbench.errors import Conflict, Forbidden, Invalid, NotFound
from workbench.services import task_events, task_history, task_shapes, task_views
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import Page
from workbench.services.task_shapes import TaskDetail, TaskSummary

MOST_WORDS = 8
"""Words of a search that are looked for."""


@requires(Action.TASKS_READ)
async def list_tasks(
    principal: Principal,
    *,
    queue: Queue = "open",
    sort: Sort = "newest",
    search: str = "",
    workflow_id: str | None = None,
    node_id: str | None = None,
    kind: str | None = None,
    priority: int | None = None,
    due_before: datetime | None = None,
    overdue: bool = False,
    assignee: str | None = None,
    ids: Collection[str] | None = None,
    run_id: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[TaskSummary]:
    """Return a page of tasks; `task_lists.Queue` and `Sort` say what each of those is.

    `search`: every word of it is found in the task or in the name of a person who has to do with it.
    `assignee` is the id of a person or group who is asked, `ids` are tasks among which to look. `run_id`:
    those of a run and of the runs that it called.
    """
    limit, words = page_size(limit), tuple(dict.fromkeys(text_of(search).lower().split()[:MOST_WORDS]))
    wanted = Wanted(
        queue=queue,
        me=principal.id,
        groups=principal.groups,
        sort=sort,
        workflow_id=_text(workflow_id),
        node_id=_text(node_id),
        kind=_text(kind),
        assignee=_text(assignee),
        priority=priority,
        due_before=_earlier(due_before, now() if overdue else None),
        words=words,
        ids=ids,
        run_id=_text(run_id),
    )
    after = _place(cursor, wanted)

    async def query(session: AsyncSession) -> Rows:
        people = await task_lists.called(session, words)
        return await task_lists.page(session, replace(wanted, people=people), limit=limit + 1, after=after)

    rows = await get_resources().read(query)
    last = rows[limit - 1] if len(rows) > limit else None
    next_cursor = encode_named(f"{_order(wanted)} {last.key}", last.id) if last else None
    return Page(items=tuple(map(task_shapes.summary, rows[:limit])), next_cursor=next_cursor)


def _order(wanted: Wanted) -> str:
    """Return what a cursor belongs to: lists of different orders have different keys."""
    return "closed" if wanted.sort == "newest" and wanted.queue == "done" else wanted.sort


def _place(cursor: str | None, wanted: Wanted) -> Named | None:
    """Return where a page begins. Raises Invalid for a cursor of a list of another order."""
    known = decode_named(cursor)
    if known is None:
        return None
    order, _, key = known[0].partition(" ")
    priority, _, instant = key.rpartition("|")
    try:
        if order != _order(wanted) or (order == "priority") != bool(priority) or not is_id(known[1]):
            raise ValueError(order)
        if instant != "infinity" and datetime.fromisoformat(instant).tzinfo is None:
            raise ValueError(instant)
        int(priority or 0)
    except ValueError as error:
        raise Invalid("The cursor is of another list; ask for the first page of this one.") from error
    return key, known[1]


def _text(value: str | None) -> str | None:
    return None if value is None else text_of(value)


def _earlier(first: datetime | None, second: datetime | None) -> datetime | None:
    given = [one for one in (first, second) if one is not None]
    return min(given) if given else None


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
