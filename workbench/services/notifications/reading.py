"""What one was told, as one's browser shows it, and how what was told about a task was delivered."""

from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import notices as queries
from workbench.db.ids import is_id, now
from workbench.db.paging import page_size
from workbench.db.tables import NoticeRow
from workbench.errors import Invalid
from workbench.services import tasks
from workbench.services.access import requires
from workbench.services.notifications import links, messages
from workbench.services.notifications.occasions import Occasion
from workbench.services.resources import get_resources
from workbench.services.shapes import Page, Shape

MOST_COUNTED = 100
MOST_AT_ONCE = 200


class Notice(Shape):
    """Something that one was told. `text` is plain, a workflow's message Markdown; `href` a path here."""

    id: str
    occasion: Occasion
    head: str
    title: str
    text: str
    href: str
    task_id: str | None
    run_id: str | None
    at: datetime
    read_at: datetime | None


class Notices(Page[Notice]):
    """A page of what one was told, the latest first. `unread` counts up to a hundred."""

    unread: int


class TaskDelivery(Shape):
    """How somebody was, or will be, told about a task.

    `to` is a person, or the name of a workspace's channel; `by` the service. While it is `waiting` or
    `sending`, `due_at` is when it is sent; `why` says what the last try failed of, or why it was dropped.
    """

    id: str
    occasion: Occasion
    to: str
    by: str
    status: Literal["waiting", "sending", "retrying", "sent", "failed", "dropped"]
    attempts: int
    why: str | None
    at: datetime
    due_at: datetime
    ended_at: datetime | None


@requires(Action.SELF)
async def list_notices(
    principal: Principal, *, unread: bool = False, limit: int = 50, cursor: str | None = None
) -> Notices:
    """Return what one was told in the workspace; the cursor is the id of the last one."""
    if cursor and not is_id(cursor):
        raise Invalid("The cursor is not one that a list gave out; ask for the first page again.")
    limit = page_size(limit)

    async def query(session: AsyncSession) -> Notices:
        rows = await queries.of_subject(
            session, principal.id, limit=limit + 1, before=cursor or "", unread=unread
        )
        items = tuple(_shape(row) for row in rows[:limit])
        count = await queries.unread(session, principal.id, most=MOST_COUNTED)
        return Notices(items=items, next_cursor=items[-1].id if len(rows) > limit else None, unread=count)

    return await get_resources().read(query)


@requires(Action.SELF)
async def mark_read(principal: Principal, ids: list[str] | None = None) -> None:
    """Keep that one has read some of what one was told in the workspace, or (None) all of it."""
    if ids is not None and len(ids) > MOST_AT_ONCE:
        raise Invalid(f"Name at most {MOST_AT_ONCE} notices.")
    async with get_resources().transaction() as session:
        await queries.mark_read(session, principal.id, at=now(), ids=ids)


@requires(Action.SELF)
async def saw_task(principal: Principal, task_id: str) -> None:
    """Keep that one has seen a task: what one was told of it is read."""
    async with get_resources().transaction() as session:
        await queries.mark_read(session, principal.id, at=now(), task_id=task_id)


@requires(Action.TASKS_READ)
async def deliveries_of(principal: Principal, task_id: str) -> tuple[TaskDelivery, ...]:
    """Return how what was told about a task was delivered, in its order. Raises NotFound."""

    async def query(session: AsyncSession) -> tuple[TaskDelivery, ...]:
        await tasks.found(session, task_id)
        return tuple(_delivery(row) for row in await queries.of_task(session, task_id))

    return await get_resources().read(query)


def _shape(row: NoticeRow) -> Notice:
    shown = row.model_dump(include=set(Notice.model_fields))
    return Notice.model_validate({**shown, "head": messages.head(row), "href": links.target(row)})


def _delivery(row: object) -> TaskDelivery:
    values = {name: getattr(row, name) for name in TaskDelivery.model_fields if hasattr(row, name)}
    shared = getattr(row, "workspace_id", None) is not None
    person = getattr(row, "person", None) or "Owner"
    values |= {"to": getattr(row, "channel", "") if shared else person, "by": getattr(row, "service", "")}
    if values["status"] == "sending" and values["attempts"]:
        values["status"] = "retrying"
    return TaskDelivery.model_validate(values)
