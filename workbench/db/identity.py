"""Queries about people and what they may do where."""

from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import GroupMemberRow, IdentityRow, MembershipRow, UserRow, WorkspaceRow


@dataclass(frozen=True)
class Standing:
    """A person, their groups, and the roles that they have in each workspace, their groups' included.

    `workspaces` are the names of all that are not archived by their ids, the oldest first. `administrator`
    somebody is by themselves, or because a provider says so.
    """

    user: UserRow
    administrator: bool
    groups: frozenset[str]
    workspaces: dict[str, str]
    roles: dict[str, frozenset[str]] = field(default_factory=dict)


async def standing(session: AsyncSession, user_id: str, *, but: str = "") -> Standing | None:
    """Return who a person is and what they have; None for somebody unknown or disabled.

    What the provider `but` gave them is left out.
    """
    user = await session.get(UserRow, user_id)
    if user is None or user.disabled_at is not None:
        return None
    groups = select(col(GroupMemberRow.group_id)).where(
        col(GroupMemberRow.user_id) == user_id, col(GroupMemberRow.source) != but
    )
    mine = frozenset((await session.execute(groups)).scalars())
    known = select(col(WorkspaceRow.id), col(WorkspaceRow.name)).where(
        col(WorkspaceRow.archived_at).is_(None)
    )
    found = await session.execute(known.order_by(col(WorkspaceRow.created_at)))
    workspaces = {row.id: row.name for row in found}
    subject = col(MembershipRow.subject_id)
    given = select(col(MembershipRow.workspace_id), col(MembershipRow.role)).where(
        or_(subject == user_id, subject.in_(mine)), col(MembershipRow.source) != but
    )
    roles: defaultdict[str, set[str]] = defaultdict(set)
    for workspace_id, role in await session.execute(given):
        roles[workspace_id].add(role)
    here = {id_: frozenset(roles[id_]) for id_ in workspaces if id_ in roles}
    said = select(col(IdentityRow.user_id)).where(
        col(IdentityRow.user_id) == user_id,
        col(IdentityRow.administrator),
        col(IdentityRow.provider_id) != but,
    )
    administrator = user.administrator or (await session.execute(said)).first() is not None
    return Standing(user=user, administrator=administrator, groups=mine, workspaces=workspaces, roles=here)


async def roles_of_groups(session: AsyncSession, groups: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Return the roles that groups have: (workspace, role) pairs."""
    query = select(col(MembershipRow.workspace_id), col(MembershipRow.role)).where(
        col(MembershipRow.subject_id).in_(groups)
    )
    return frozenset((workspace_id, role) for workspace_id, role in await session.execute(query))
