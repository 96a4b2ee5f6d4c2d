"""People for tests: each in a workspace of their own, so that they meet nobody by chance."""

from workbench.auth.principal import Principal
from workbench.auth.roles import EVERYTHING, Action, Role
from workbench.db.ids import new_id, now
from workbench.db.tables import MembershipRow, UserRow, WorkspaceRow
from workbench.services import identity
from workbench.services.resources import Resources
from workbench.services.sessions import Session


def somebody(
    name: str = "Ada",
    *,
    workspace: str | None = None,
    actions: frozenset[Action] = EVERYTHING,
    administrator: bool = False,
) -> Principal:
    """Return a person nobody has met, in a new workspace unless one is given."""
    return Principal(
        id=new_id(),
        name=name,
        workspace=workspace or new_id(),
        actions=actions,
        administrator=administrator,
    )


async def member(
    resources: Resources, roles: dict[str, Role], *, name: str = "Ada", administrator: bool = False
) -> UserRow:
    """Store a person with a role in each of some workspaces, which are made if they are not there."""
    user = UserRow(
        id=new_id(), email=f"{new_id()}@example.org", name=name, administrator=administrator, created_at=now()
    )
    async with resources.transaction() as session:
        session.add(user)
        for workspace_id in roles:
            if await session.get(WorkspaceRow, workspace_id) is None:
                session.add(WorkspaceRow(id=workspace_id, name="Lab", created_at=now()))
        await session.flush()
        for workspace_id, role in roles.items():
            session.add(
                MembershipRow(workspace_id=workspace_id, subject_id=user.id, role=role, created_at=now())
            )
    return user


async def signed_in(user: UserRow, workspace: str | None = None) -> Principal:
    """Return a stored person as they are once signed in."""
    session = Session(id="", user_id=user.id, began_at=now(), seen_at=now())
    return await identity.principal_of(session, epoch=await identity.epoch(), workspace=workspace)
