"""What people say about a task: Markdown, with the names of those it is meant for, and files."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import members
from workbench.db import task_pages as queries
from workbench.db.ids import new_id, now
from workbench.db.tables import TaskCommentRow, TaskRow
from workbench.errors import Forbidden, Invalid, NotFound
from workbench.services import audit, task_events, task_files, tasks
from workbench.services.access import requires
from workbench.services.notifications import tasks as telling
from workbench.services.resources import get_resources
from workbench.services.task_shapes import TaskDetail

LONGEST = 20_000
MOST_MENTIONS = 50
MOST_FILES = 10


@requires(Action.TASKS_DECIDE)
async def comment(
    principal: Principal,
    task_id: str,
    *,
    text: str,
    mentions: Sequence[str] = (),
    files: Sequence[dict[str, Any]] = (),
) -> TaskDetail:
    """Say something about a task, as Markdown; a text or a file is needed.

    `mentions` are the ids of the people of the workspace whom the text names, `files` what
    `task_files.upload` gave for this task. Raises Invalid.
    """
    _require_text(text, files)
    async with get_resources().transaction() as session:
        row = await tasks.found(session, task_id)
        said = TaskCommentRow(
            id=new_id(),
            task_id=row.id,
            by=principal.id,
            name=principal.name,
            at=now(),
            text=text,
            mentions=await _mentioned(session, principal, mentions),
            files=await task_files.require(session, files),
        )
        session.add(said)
        await session.flush()
        await _tell(session, principal, row, said)
        return await tasks.whole(session, row)


@requires(Action.TASKS_DECIDE)
async def edit(
    principal: Principal, task_id: str, comment_id: str, *, text: str, mentions: Sequence[str] = ()
) -> TaskDetail:
    """Change what one has said; its files stay. Raises NotFound, Forbidden, Invalid."""
    async with get_resources().transaction() as session:
        row, said = await _own(session, principal, task_id, comment_id)
        _require_text(text, said.files)
        said.text, said.edited_at = text, now()
        said.mentions = await _mentioned(session, principal, mentions)
        await _told(session, principal, row, "comment-edited", comment_id)
        await _tell(session, principal, row, said)
        return await tasks.whole(session, row)


@requires(Action.TASKS_DECIDE)
async def delete(principal: Principal, task_id: str, comment_id: str) -> TaskDetail:
    """Take back what one has said; that it was taken back stays in the history."""
    async with get_resources().transaction() as session:
        row, said = await _own(session, principal, task_id, comment_id)
        await session.delete(said)
        await _told(session, principal, row, "comment-deleted", comment_id)
        return await tasks.whole(session, row)


async def _own(
    session: AsyncSession, principal: Principal, task_id: str, comment_id: str
) -> tuple[TaskRow, TaskCommentRow]:
    row = await tasks.found(session, task_id)
    said = await queries.comment(session, row.id, comment_id)
    if said is None:
        raise NotFound(f"The task has no comment {comment_id[:64]!r}.")
    if said.by != principal.id:
        raise Forbidden("tasks:decide", "Only who wrote a comment changes it or takes it back.")
    return row, said


async def _told(
    session: AsyncSession, principal: Principal, row: TaskRow, what: Any, comment_id: str
) -> None:
    await task_events.record(session, row, what, who=principal)
    detail = {"comment": comment_id}
    await audit.record(session, principal, f"task-{what}", target=f"task:{row.id}", detail=detail)


async def _tell(session: AsyncSession, principal: Principal, row: TaskRow, said: TaskCommentRow) -> None:
    """Tell those whom a comment names, each once for it."""
    await telling.mentioned(
        session,
        get_resources(),
        row,
        by=principal.id,
        name=principal.name,
        people=said.mentions,
        id_=said.id,
    )


async def _mentioned(session: AsyncSession, principal: Principal, ids: Sequence[str]) -> list[str]:
    """Return those of these people who are members of the workspace; Invalid for anybody else."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    if len(wanted) > MOST_MENTIONS:
        raise Invalid(f"A comment names at most {MOST_MENTIONS} people.")
    rows = await members.page(session, principal.workspace, limit=len(wanted), only=wanted)
    known = {row.id for row in rows if row.kind == members.PERSON and row.disabled_at is None}
    if missing := [one for one in wanted if one not in known]:
        raise Invalid(f"{missing[0][:64]!r} is not somebody of this workspace.")
    return wanted


def _require_text(text: str, files: Sequence[dict[str, Any]]) -> None:
    if (not text.strip() and not files) or len(text) > LONGEST or "\x00" in text:
        raise Invalid(f"A comment has 1 to {LONGEST} characters, without U+0000.")
    if len(files) > MOST_FILES:
        raise Invalid(f"A comment carries at most {MOST_FILES} files.")
