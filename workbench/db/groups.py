"""Queries about groups and who is in them."""

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.ids import is_id
from workbench.db.paging import Named, Rows
from workbench.db.tables import GroupMemberRow, GroupRow, MembershipRow, UserRow, WorkflowAccessRow


async def page(session: AsyncSession, *, limit: int, after: Named | None, search: str) -> Rows:
    """Return up to `limit` groups by name with the number of their people."""
    sort = func.lower(col(GroupRow.name))
    people = (
        select(func.count(col(GroupMemberRow.user_id).distinct()))
        .where(col(GroupMemberRow.group_id) == col(GroupRow.id))
        .scalar_subquery()
    )
    query = select(
        col(GroupRow.id),
        col(GroupRow.name),
        col(GroupRow.created_at),
        people.label("people"),
        sort.label("sort"),
    )
    if search:
        query = query.where(col(GroupRow.name).icontains(search, autoescape=True))
    if after is not None:
        query = query.where(tuple_(sort, col(GroupRow.id)) > after)
    return (await session.execute(query.order_by(sort, col(GroupRow.id)).limit(limit))).all()


async def get(session: AsyncSession, group_id: str, *, lock: bool = False) -> GroupRow | None:
    """Return a group; with `lock` nobody else changes it until the transaction ends."""
    return await session.get(GroupRow, group_id, with_for_update=lock) if is_id(group_id) else None


async def named(session: AsyncSession, name: str) -> GroupRow | None:
    """Return the group of this name, however it is capitalised."""
    query = select(GroupRow).where(func.lower(col(GroupRow.name)) == func.lower(name))
    return (await session.execute(query)).scalars().first()


async def remove(session: AsyncSession, group_id: str) -> None:
    """Delete a group, with every role that it has and everything that was opened to it."""
    await session.execute(delete(MembershipRow).where(col(MembershipRow.subject_id) == group_id))
    await session.execute(delete(WorkflowAccessRow).where(col(WorkflowAccessRow.subject_id) == group_id))
    await session.execute(delete(GroupRow).where(col(GroupRow.id) == group_id))


async def people(session: AsyncSession, group_id: str, *, limit: int, after: Named | None) -> Rows:
    """Return up to `limit` people of a group by name, `sources` being what put them there."""
    sort = func.lower(col(UserRow.name))
    query = (
        select(
            col(UserRow.id),
            col(UserRow.name),
            col(UserRow.email),
            col(UserRow.disabled_at),
            func.array_agg(col(GroupMemberRow.source)).label("sources"),
            sort.label("sort"),
        )
        .join(GroupMemberRow, col(GroupMemberRow.user_id) == col(UserRow.id))
        .where(col(GroupMemberRow.group_id) == group_id)
        .group_by(col(UserRow.id))
    )
    if after is not None:
        query = query.where(tuple_(sort, col(UserRow.id)) > after)
    return (await session.execute(query.order_by(sort, col(UserRow.id)).limit(limit))).all()


async def sources(session: AsyncSession, group_id: str, user_id: str) -> frozenset[str]:
    """Return what has put a person into a group; nothing when they are not in it."""
    query = select(col(GroupMemberRow.source)).where(
        col(GroupMemberRow.group_id) == group_id, col(GroupMemberRow.user_id) == user_id
    )
    return frozenset((await session.execute(query)).scalars())


async def put(session: AsyncSession, group_id: str, user_id: str) -> None:
    """Put a person into a group by hand."""
    values = {"group_id": group_id, "user_id": user_id, "source": "local"}
    await session.execute(insert(GroupMemberRow).values(values).on_conflict_do_nothing())


async def take(session: AsyncSession, group_id: str, user_id: str) -> None:
    """Take a person out of a group into which they were put by hand."""
    query = delete(GroupMemberRow).where(
        col(GroupMemberRow.group_id) == group_id,
        col(GroupMemberRow.user_id) == user_id,
        col(GroupMemberRow.source) == "local",
    )
    await session.execute(query)
