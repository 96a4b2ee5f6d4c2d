"""Queries about who may decide tasks in a workspace: people with a role that lets them, and their groups."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import GroupMemberRow, GroupRow, MembershipRow, UserRow


@dataclass(frozen=True)
class Deciders:
    """Whoever has one of these roles in a workspace; the roles are those that let somebody decide."""

    workspace_id: str
    roles: Collection[str]


async def known(session: AsyncSession, here: Deciders, names: Collection[str]) -> dict[str, str]:
    """Return the ids of those of these who may decide here: ids, addresses of people, names of groups.

    A group is known when one of its people may decide.
    """
    lower = {name.lower() for name in names}
    people = select(col(UserRow.id), func.lower(col(UserRow.email))).where(
        or_(col(UserRow.id).in_(names), func.lower(col(UserRow.email)).in_(lower)), _may(here)
    )
    groups = select(col(GroupRow.id), func.lower(col(GroupRow.name))).where(
        or_(col(GroupRow.id).in_(names), func.lower(col(GroupRow.name)).in_(lower)),
        col(GroupRow.id).in_(_groups_of(select(col(UserRow.id)).where(_may(here)))),
    )
    found: dict[str, str] = {}
    for query in (groups, people):
        for id_, name in await session.execute(query):
            found |= {id_.lower(): id_, name: id_}
    return {name: found[name.lower()] for name in names if name.lower() in found}


async def among(session: AsyncSession, here: Deciders, subjects: Collection[str]) -> frozenset[str]:
    """Return the people among these people and groups who may decide here."""
    through = select(col(GroupMemberRow.user_id)).where(col(GroupMemberRow.group_id).in_(subjects))
    person = col(UserRow.id)
    query = select(person).where(or_(person.in_(subjects), person.in_(through)), _may(here))
    return frozenset((await session.execute(query)).scalars())


def _groups_of(people: Select[str]) -> Select[str]:
    return select(col(GroupMemberRow.group_id)).where(col(GroupMemberRow.user_id).in_(people))


def _may(here: Deciders) -> ColumnElement[bool]:
    """Return what holds of people who may decide here."""
    subjects = select(col(MembershipRow.subject_id)).where(
        col(MembershipRow.workspace_id) == here.workspace_id, col(MembershipRow.role).in_(here.roles)
    )
    through = select(col(GroupMemberRow.user_id)).where(col(GroupMemberRow.group_id).in_(subjects))
    person = col(UserRow.id)
    return col(UserRow.disabled_at).is_(None) & or_(
        col(UserRow.administrator), person.in_(subjects), person.in_(through)
    )
