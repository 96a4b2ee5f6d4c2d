"""Queries about who belongs to a workspace, and through what."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.ids import now
from workbench.db.paging import Named, Rows
from workbench.db.tables import GroupMemberRow, GroupRow, MembershipRow, ProviderRow, UserRow, WorkspaceRow
from workbench.db.users import is_administrator, matches

PERSON, GROUP = "person", "group"


async def page(
    session: AsyncSession,
    workspace_id: str,
    *,
    limit: int,
    after: Named | None = None,
    search: str = "",
    only: Collection[str] | None = None,
) -> Rows:
    """Return up to `limit` members by name: kind, id, name, email, administrator, disabled_at, sort.

    Members are the groups with a role in the workspace, the people with one, by name or through a group, and
    the administrators of the installation. `only` narrows them to these ids.
    """
    subjects = select(col(MembershipRow.subject_id)).where(col(MembershipRow.workspace_id) == workspace_id)
    through = select(col(GroupMemberRow.user_id)).where(col(GroupMemberRow.group_id).in_(subjects))
    user, group = col(UserRow.id), col(GroupRow.id)
    people = _people().where(or_(is_administrator(), user.in_(subjects), user.in_(through)))
    groups = _groups().where(group.in_(subjects))
    if only is not None:
        people, groups = people.where(user.in_(only)), groups.where(group.in_(only))
    return await _sorted(session, people, groups, limit=limit, after=after, search=search)


async def anybody(session: AsyncSession, *, limit: int, search: str) -> Rows:
    """Return up to `limit` people who are not disabled, and groups, of the installation; as `page` does."""
    people = _people().where(col(UserRow.disabled_at).is_(None))
    return await _sorted(session, people, _groups(), limit=limit, after=None, search=search)


async def some(session: AsyncSession, subjects: Collection[str]) -> Rows:
    """Return those of these people and groups whom there is, as `page` does, with a role here or without."""
    people = _people().where(col(UserRow.id).in_(subjects))
    groups = _groups().where(col(GroupRow.id).in_(subjects))
    return await _sorted(session, people, groups, limit=len(subjects), after=None, search="")


async def roles(session: AsyncSession, workspace_id: str, subjects: Collection[str]) -> Rows:
    """Return what gives these people and groups a role: subject_id, role, source, provider, group_id, group.

    `subject_id` is the person or group that has the role, `group` the one through which a person has it.
    """
    provider: ColumnElement[str] = col(ProviderRow.name).label("provider")
    here = col(MembershipRow.workspace_id) == workspace_id
    by_name = (
        select(
            col(MembershipRow.subject_id),
            col(MembershipRow.role),
            col(MembershipRow.source),
            provider,
            null().label("group_id"),
            null().label("group"),
        )
        .outerjoin(ProviderRow, col(ProviderRow.id) == col(MembershipRow.source))
        .where(here, col(MembershipRow.subject_id).in_(subjects))
    )
    through = (
        select(
            col(GroupMemberRow.user_id),
            col(MembershipRow.role),
            col(GroupMemberRow.source),
            provider,
            col(GroupRow.id),
            col(GroupRow.name),
        )
        .join(GroupRow, col(GroupRow.id) == col(GroupMemberRow.group_id))
        .join(MembershipRow, and_(here, col(MembershipRow.subject_id) == col(GroupRow.id)))
        .outerjoin(ProviderRow, col(ProviderRow.id) == col(GroupMemberRow.source))
        .where(col(GroupMemberRow.user_id).in_(subjects))
    )
    return (await session.execute(union_all(by_name, through))).all()


async def workspaces_of(session: AsyncSession, user_id: str) -> list[str]:
    """Return the ids of the workspaces in which a person has a role, by name or through a group."""
    groups = select(col(GroupMemberRow.group_id)).where(col(GroupMemberRow.user_id) == user_id)
    subject = col(MembershipRow.subject_id)
    query = select(col(MembershipRow.workspace_id)).where(or_(subject == user_id, subject.in_(groups)))
    return sorted((await session.execute(query.distinct())).scalars())


async def given(session: AsyncSession, workspace_id: str, subject_id: str) -> frozenset[str]:
    """Return the roles that were given here by hand."""
    query = select(col(MembershipRow.role)).where(*_by_hand(workspace_id, subject_id))
    return frozenset((await session.execute(query)).scalars())


async def give(session: AsyncSession, workspace_id: str, subject_id: str, role: str) -> None:
    """Give a role by hand."""
    values = {
        "workspace_id": workspace_id,
        "subject_id": subject_id,
        "role": role,
        "source": "local",
        "created_at": now(),
    }
    await session.execute(insert(MembershipRow).values(values).on_conflict_do_nothing())


async def take(session: AsyncSession, workspace_id: str, subject_id: str, role: str) -> None:
    """Take a role that was given by hand."""
    query = delete(MembershipRow).where(*_by_hand(workspace_id, subject_id), col(MembershipRow.role) == role)
    await session.execute(query)


async def with_a(session: AsyncSession, role: str, only: str | None = None) -> dict[str, str]:
    """Return the names of the workspaces in which somebody has this role, by their ids; `only` that one.

    By name or through a group; who is disabled does not count, nor does a workspace that is archived.
    """
    subject = col(MembershipRow.subject_id)
    active = select(col(UserRow.id)).where(col(UserRow.disabled_at).is_(None))
    through = exists().where(col(GroupMemberRow.group_id) == subject, col(GroupMemberRow.user_id).in_(active))
    somebody = exists().where(
        col(MembershipRow.workspace_id) == col(WorkspaceRow.id),
        col(MembershipRow.role) == role,
        or_(subject.in_(active), through),
    )
    query = select(col(WorkspaceRow.id), col(WorkspaceRow.name)).where(
        somebody, col(WorkspaceRow.archived_at).is_(None)
    )
    if only is not None:
        query = query.where(col(WorkspaceRow.id) == only)
    found = await session.execute(query.order_by(col(WorkspaceRow.name)))
    return {row.id: row.name for row in found}


def _by_hand(workspace_id: str, subject_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(MembershipRow.workspace_id) == workspace_id,
        col(MembershipRow.subject_id) == subject_id,
        col(MembershipRow.source) == "local",
    )


def _people() -> Select[*tuple[Any, ...]]:
    return select(
        literal(PERSON).label("kind"),
        col(UserRow.id).label("id"),
        col(UserRow.name).label("name"),
        col(UserRow.email).label("email"),
        is_administrator().label("administrator"),
        col(UserRow.disabled_at).label("disabled_at"),
    )


def _groups() -> Select[*tuple[Any, ...]]:
    return select(
        literal(GROUP),
        col(GroupRow.id),
        col(GroupRow.name),
        null(),
        false(),
        null(),
    )


async def _sorted(
    session: AsyncSession,
    people: Select[*tuple[Any, ...]],
    groups: Select[*tuple[Any, ...]],
    *,
    limit: int,
    after: Named | None,
    search: str,
) -> Rows:
    """Return both kinds together, by name."""
    if search:
        people = people.where(matches(search))
        groups = groups.where(col(GroupRow.name).icontains(search, autoescape=True))
    found = union_all(people, groups).subquery()
    sort = func.lower(found.c.name)
    query = select(found, sort.label("sort")).order_by(sort, found.c.id).limit(limit)
    if after is not None:
        query = query.where(tuple_(sort, found.c.id) > after)
    return (await session.execute(query)).all()
