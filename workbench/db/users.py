"""Queries about the people of the installation."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.ids import is_id
from workbench.db.paging import Named, Rows
from workbench.db.tables import (
    GroupMemberRow,
    GroupRow,
    IdentityRow,
    MembershipRow,
    ProviderRow,
    UserRow,
    WorkspaceRow,
)

_ADMINISTRATORS = 0x61646D6E
"""The advisory lock of who is an administrator: "admn"."""


async def page(session: AsyncSession, *, limit: int, after: Named | None, search: str) -> Rows:
    """Return up to `limit` people by name, `sort` being what they are sorted by."""
    sort = func.lower(col(UserRow.name))
    query = select(
        col(UserRow.id),
        col(UserRow.email),
        col(UserRow.name),
        is_administrator().label("administrator"),
        col(UserRow.totp_at).is_not(None).label("second_factor"),
        col(UserRow.created_at),
        col(UserRow.disabled_at),
        col(UserRow.last_seen_at),
        sort.label("sort"),
    )
    if search:
        query = query.where(matches(search))
    if after is not None:
        query = query.where(tuple_(sort, col(UserRow.id)) > after)
    return (await session.execute(query.order_by(sort, col(UserRow.id)).limit(limit))).all()


def is_administrator(*, signs_in: bool = False, but: str = "") -> ColumnElement[bool]:
    """Return the condition that a person is an administrator, by themselves or because a provider says so.

    `signs_in`: only what providers say that are in use. What the provider `but` says is left out.
    """
    identity = col(IdentityRow.user_id) == col(UserRow.id)
    said = select(col(IdentityRow.user_id)).where(
        identity, col(IdentityRow.administrator), col(IdentityRow.provider_id) != but
    )
    if signs_in:
        used = select(col(ProviderRow.id)).where(col(ProviderRow.enabled))
        said = said.where(col(IdentityRow.provider_id).in_(used))
    return or_(col(UserRow.administrator), said.exists())


def matches(search: str) -> ColumnElement[bool]:
    """Return the condition that a person's name or e-mail address has `search` in it."""
    return or_(
        col(UserRow.name).icontains(search, autoescape=True),
        col(UserRow.email).icontains(search, autoescape=True),
    )


async def get(session: AsyncSession, user_id: str, *, lock: bool = False) -> UserRow | None:
    """Return a person; with `lock` nobody else changes them until the transaction ends."""
    if not is_id(user_id):
        return None
    return await session.get(UserRow, user_id, with_for_update=lock, populate_existing=lock)


async def lock_administrators(session: AsyncSession) -> None:
    """Let nobody else make or unmake an administrator until the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(_ADMINISTRATORS)))


async def administrators(session: AsyncSession, *, but: str = "") -> int:
    """Return how many administrators can sign in, without those of whom only the provider `but` says so."""
    mine = is_administrator(signs_in=True, but=but)
    query = select(func.count(col(UserRow.id))).where(mine, col(UserRow.disabled_at).is_(None))
    return (await session.execute(query)).scalar_one()


async def administrates(session: AsyncSession, user_id: str) -> bool:
    """Return whether a person is an administrator, whatever makes them one."""
    query = select(col(UserRow.id)).where(col(UserRow.id) == user_id, is_administrator())
    return (await session.execute(query)).first() is not None


async def groups_of(session: AsyncSession, user_id: str) -> Rows:
    """Return the groups of a person: id, name, by name."""
    query = (
        select(col(GroupRow.id), col(GroupRow.name))
        .join(GroupMemberRow, col(GroupMemberRow.group_id) == col(GroupRow.id))
        .where(col(GroupMemberRow.user_id) == user_id)
        .distinct()
        .order_by(col(GroupRow.name))
    )
    return (await session.execute(query)).all()


async def roles_of(session: AsyncSession, subjects: frozenset[str]) -> Rows:
    """Return workspace_id, workspace and role of all that these people and groups have, by workspace."""
    query: Select[*tuple[Any, ...]] = (
        select(
            col(WorkspaceRow.id).label("workspace_id"),
            col(WorkspaceRow.name).label("workspace"),
            col(MembershipRow.role),
        )
        .join(WorkspaceRow, col(WorkspaceRow.id) == col(MembershipRow.workspace_id))
        .where(col(MembershipRow.subject_id).in_(subjects), col(WorkspaceRow.archived_at).is_(None))
        .distinct()
        .order_by(col(WorkspaceRow.name), col(WorkspaceRow.id), col(MembershipRow.role))
    )
    return (await session.execute(query)).all()
