"""Queries about notices and the channels by which they are delivered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from workbench.db.ids import first_id
from workbench.db.paging import Rows
from workbench.db.pauses import KINDS
from workbench.db.tables import (
    ChannelRow,
    DeliveryRow,
    GroupMemberRow,
    GroupRow,
    IdentityRow,
    MembershipRow,
    NoticeRow,
    TaskRow,
    UserRow,
    WorkflowAccessRow,
    WorkflowRow,
)


@dataclass(frozen=True)
class Reader:
    """Somebody who may be told something about a workspace: their roles in it and their groups."""

    roles: frozenset[str]
    groups: frozenset[str]
    administrator: bool


async def people_among(session: AsyncSession, subjects: Collection[str]) -> frozenset[str]:
    """Return the people among these ids, and those in the groups among them."""
    people = select(col(UserRow.id)).where(col(UserRow.id).in_(subjects))
    members = select(col(GroupMemberRow.user_id)).where(col(GroupMemberRow.group_id).in_(subjects))
    return frozenset((await session.execute(people.union(members))).scalars())


async def named(session: AsyncSession, names: Collection[str]) -> dict[str, str]:
    """Return the ids of the people and groups of these names: ids, e-mail addresses, names of groups."""
    wanted = {name.lower() for name in names}
    people = select(col(UserRow.id), func.lower(col(UserRow.email))).where(
        or_(col(UserRow.id).in_(names), func.lower(col(UserRow.email)).in_(wanted)),
        col(UserRow.disabled_at).is_(None),
    )
    groups = select(col(GroupRow.id), func.lower(col(GroupRow.name))).where(
        or_(col(GroupRow.id).in_(names), func.lower(col(GroupRow.name)).in_(wanted))
    )
    found: dict[str, str] = {}
    for query in (groups, people):
        for id_, name in await session.execute(query):
            found |= {id_.lower(): id_, name: id_}
    return {name: found[name.lower()] for name in names if name.lower() in found}


async def readers(
    session: AsyncSession, workspace_id: str, among: Collection[str] | None
) -> dict[str, Reader]:
    """Return who has a role in a workspace or administrates, of those `among`; nobody who is disabled."""
    said = exists().where(col(IdentityRow.user_id) == col(UserRow.id), col(IdentityRow.administrator))
    query = select(col(UserRow.id), or_(col(UserRow.administrator), said)).where(
        col(UserRow.disabled_at).is_(None)
    )
    if among is not None:
        query = query.where(col(UserRow.id).in_(among))
    people = {row[0]: row[1] for row in await session.execute(query)}
    groups: dict[str, set[str]] = {id_: set() for id_ in people}
    belong = select(col(GroupMemberRow.user_id), col(GroupMemberRow.group_id)).where(
        col(GroupMemberRow.user_id).in_(people)
    )
    for user_id, group_id in await session.execute(belong):
        groups[user_id].add(group_id)
    roles: dict[str, set[str]] = {}
    given = select(col(MembershipRow.subject_id), col(MembershipRow.role)).where(
        col(MembershipRow.workspace_id) == workspace_id
    )
    for subject_id, role in await session.execute(given):
        roles.setdefault(subject_id, set()).add(role)
    found = {}
    for id_, administrator in people.items():
        own = frozenset(role for one in (id_, *groups[id_]) for role in roles.get(one, ()))
        if own or administrator:
            found[id_] = Reader(own, frozenset(groups[id_]), administrator)
    return found


async def narrowed_to(session: AsyncSession, workflow_id: str | None) -> frozenset[str] | None:
    """Return the people and groups to whom a workflow is narrowed; None where it is open to all."""
    # Columns of the tables, since who asks may be somebody to whom the workflow is hidden.
    workflow, access = WorkflowRow.metadata.tables["workflows"].c, WorkflowAccessRow.metadata.tables
    narrowed = await session.execute(select(workflow.narrowed).where(workflow.id == workflow_id))
    if workflow_id is None or not narrowed.scalar_one_or_none():
        return None
    listed = access["workflow_access"].c
    found = await session.execute(select(listed.subject_id).where(listed.workflow_id == workflow_id))
    return frozenset(found.scalars())


async def insert_notices(session: AsyncSession, rows: Sequence[NoticeRow]) -> Sequence[NoticeRow]:
    """Store notices; return those that were not there."""
    if not rows:
        return ()
    insertion = insert(NoticeRow).values([row.model_dump() for row in rows])
    stored = await session.execute(
        insertion.on_conflict_do_nothing(index_elements=["subject_id", "key"]).returning(col(NoticeRow.id))
    )
    new = set(stored.scalars())
    return [row for row in rows if row.id in new]


async def forget_notices(session: AsyncSession, key: str) -> None:
    """Take back what people were told under a key, as far as it was not sent."""
    await session.execute(delete(NoticeRow).where(col(NoticeRow.key) == key))


async def insert_deliveries(session: AsyncSession, rows: Sequence[DeliveryRow]) -> None:
    """Put notices into the outbox, each once for a channel."""
    if rows:
        insertion = insert(DeliveryRow).values([row.model_dump() for row in rows])
        await session.execute(insertion.on_conflict_do_nothing())


async def ready_channels(session: AsyncSession, *, at: datetime, limit: int) -> Sequence[ChannelRow]:
    """Return channels for which something is due, and nothing on its way; nobody else gets them meanwhile."""
    waiting = exists().where(
        col(DeliveryRow.channel_id) == col(ChannelRow.id),
        col(DeliveryRow.status) == "waiting",
        col(DeliveryRow.due_at) <= at,
    )
    other = aliased(DeliveryRow)
    sending = exists().where(col(other.channel_id) == col(ChannelRow.id), col(other.status) == "sending")
    free = or_(col(ChannelRow.next_at).is_(None), col(ChannelRow.next_at) <= at)
    query = select(ChannelRow).where(waiting, ~sending, free).order_by(col(ChannelRow.id)).limit(limit)
    rows = await session.execute(query.with_for_update(of=ChannelRow, skip_locked=True))
    return rows.scalars().all()


async def postpone(session: AsyncSession, channel_id: str, *, at: datetime, until: datetime) -> None:
    """Let what is due for a channel wait until an instant."""
    await session.execute(update(DeliveryRow).where(*_waiting(channel_id, at)).values(due_at=until))


async def take_batch(session: AsyncSession, channel_id: str, batch_id: str, *, at: datetime) -> None:
    """Make one message of all that is due for a channel."""
    values = {"status": "sending", "batch_id": batch_id, "told_at": at, "attempts": 0}
    await session.execute(update(DeliveryRow).where(*_waiting(channel_id, at)).values(**values))


def _waiting(channel_id: str, at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(DeliveryRow.channel_id) == channel_id,
        col(DeliveryRow.status) == "waiting",
        col(DeliveryRow.due_at) <= at,
    )


async def silent_batches(session: AsyncSession, *, before: datetime, at: datetime, limit: int) -> list[str]:
    """Return messages whose delivery was begun before an instant and of which nothing was heard since."""
    query = (
        select(col(DeliveryRow.batch_id))
        .where(col(DeliveryRow.status) == "sending", col(DeliveryRow.told_at) < before)
        .distinct()
        .limit(limit)
    )
    found = [batch for batch in (await session.execute(query)).scalars() if batch]
    await heard_of(session, found, at=at)
    return found


async def heard_of(session: AsyncSession, batches: Collection[str], *, at: datetime) -> None:
    """Keep that something was heard of messages."""
    if batches:
        mine = (col(DeliveryRow.batch_id).in_(batches), col(DeliveryRow.status) == "sending")
        await session.execute(update(DeliveryRow).where(*mine).values(told_at=at))


async def batch(session: AsyncSession, batch_id: str) -> Sequence[tuple[DeliveryRow, NoticeRow]]:
    """Return what one message is made of, in its order, as far as it is still to be sent; locked."""
    query = (
        select(DeliveryRow, NoticeRow)
        .join(NoticeRow, col(NoticeRow.id) == col(DeliveryRow.notice_id))
        .where(col(DeliveryRow.batch_id) == batch_id, col(DeliveryRow.status) == "sending")
        .order_by(col(NoticeRow.id))
        .with_for_update(of=DeliveryRow)
    )
    return [(delivery, notice) for delivery, notice in await session.execute(query)]


async def over(session: AsyncSession, task_ids: Collection[str]) -> frozenset[str]:
    """Return those of these tasks about which nobody is asked any more."""
    query = select(col(TaskRow.id)).where(col(TaskRow.id).in_(task_ids), col(TaskRow.status) != "open")
    return frozenset((await session.execute(query)).scalars())


async def of_subject(
    session: AsyncSession, subject_id: str, *, limit: int, before: str = "", unread: bool = False
) -> Sequence[NoticeRow]:
    """Return what somebody was told, the latest first; `before` is the id of the last one of a page."""
    query = select(NoticeRow).where(col(NoticeRow.subject_id) == subject_id)
    if before:
        query = query.where(col(NoticeRow.id) < before)
    if unread:
        query = query.where(col(NoticeRow.read_at).is_(None))
    rows = await session.execute(query.order_by(col(NoticeRow.id).desc()).limit(limit))
    return rows.scalars().all()


async def unread(session: AsyncSession, subject_id: str, *, most: int) -> int:
    """Return how much of what somebody was told they have not read, `most` at most."""
    mine = (col(NoticeRow.subject_id) == subject_id, col(NoticeRow.read_at).is_(None))
    some = select(col(NoticeRow.id)).where(*mine).limit(most).subquery()
    return (await session.execute(select(func.count()).select_from(some))).scalar_one()


async def mark_read(
    session: AsyncSession,
    subject_id: str,
    *,
    at: datetime,
    ids: Collection[str] | None = None,
    task_id: str | None = None,
) -> None:
    """Keep that somebody has read some of what they were told: those, those of a task, or (neither) all."""
    mine: list[ColumnElement[bool]] = [
        col(NoticeRow.subject_id) == subject_id,
        col(NoticeRow.read_at).is_(None),
    ]
    if ids is not None:
        mine.append(col(NoticeRow.id).in_(ids))
    if task_id is not None:
        mine.append(col(NoticeRow.task_id) == task_id)
    await session.execute(update(NoticeRow).where(*mine).values(read_at=at))


async def notice(session: AsyncSession, notice_id: str, *, lock: bool = False) -> NoticeRow | None:
    """Return a notice."""
    query = select(NoticeRow).where(col(NoticeRow.id) == notice_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def of_task(session: AsyncSession, task_id: str) -> Rows:
    """Return how what was told about a task was delivered, with whom it was for, in its order."""
    columns: tuple[Any, ...] = (
        col(DeliveryRow.id),
        col(NoticeRow.occasion),
        col(NoticeRow.subject_id),
        col(UserRow.name).label("person"),
        col(NoticeRow.at),
        col(ChannelRow.kind),
        col(ChannelRow.service),
        col(ChannelRow.workspace_id),
        col(ChannelRow.name).label("channel"),
        col(DeliveryRow.status),
        col(DeliveryRow.attempts),
        col(DeliveryRow.why),
        col(DeliveryRow.due_at),
        col(DeliveryRow.ended_at),
    )
    query = (
        select(*columns)
        .join(NoticeRow, col(NoticeRow.id) == col(DeliveryRow.notice_id))
        .join(ChannelRow, col(ChannelRow.id) == col(DeliveryRow.channel_id))
        .outerjoin(UserRow, col(UserRow.id) == col(NoticeRow.subject_id))
        .where(col(NoticeRow.task_id) == task_id)
        .order_by(col(DeliveryRow.id))
    )
    return (await session.execute(query)).all()


async def untold_pauses(session: AsyncSession, *, since: datetime, limit: int) -> Sequence[TaskRow]:
    """Return open tasks about pauses, made since an instant, of which nobody was told; locked."""
    told = exists().where(col(NoticeRow.task_id) == col(TaskRow.id))
    query = select(TaskRow).where(
        col(TaskRow.id) >= first_id(since),
        col(TaskRow.kind).in_(KINDS),
        col(TaskRow.status) == "open",
        ~told,
    )
    rows = await session.execute(query.limit(limit).with_for_update(skip_locked=True))
    return rows.scalars().all()
