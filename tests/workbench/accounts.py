"""People, groups and workspaces that are rows, and the principals as whom they act."""

from datetime import UTC, datetime

from workbench.auth.principal import Principal
from workbench.auth.roles import EVERYTHING, Role, allowed
from workbench.db.ids import new_id
from workbench.db.tables import (
    GroupMemberRow,
    GroupRow,
    IdentityRow,
    MembershipRow,
    ProviderRow,
    UserRow,
    WorkspaceRow,
)
from workbench.services import identity, sessions
from workbench.services.identity import Caller, Credentials
from workbench.services.resources import Resources


class Installation:
    """What a test needs of other people: made directly, since who may make them is what is tested."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    async def workspace(self, name: str = "Research") -> str:
        """Make a workspace; return its id."""
        return await self._add(WorkspaceRow(id=new_id(), name=name, created_at=datetime.now(UTC)))

    async def workspace_called(self, id_: str) -> None:
        """Give a workspace that a test made up a row, to which memberships can refer."""
        await self._add(WorkspaceRow(id=id_, name="Research", created_at=datetime.now(UTC)))

    async def person(self, name: str = "Ada", **columns: object) -> str:
        """Make a person; return their id."""
        id_ = new_id()
        values = {"id": id_, "email": f"{id_}@example.org", "name": name, "created_at": datetime.now(UTC)}
        return await self._add(UserRow(**{**values, **columns}))

    async def group(self, name: str | None = None, *people: str, source: str = "local") -> str:
        """Make a group of these people; return its id."""
        id_ = new_id()
        await self._add(GroupRow(id=id_, name=name or f"Group {id_}", created_at=datetime.now(UTC)))
        for person in people:
            async with self.resources.transaction() as session:
                session.add(GroupMemberRow(group_id=id_, user_id=person, source=source))
        return id_

    async def give(self, workspace: str, subject: str, *roles: Role, source: str = "local") -> None:
        """Give a person or a group roles."""
        async with self.resources.transaction() as session:
            for role in roles:
                session.add(
                    MembershipRow(
                        workspace_id=workspace,
                        subject_id=subject,
                        role=role,
                        source=source,
                        created_at=datetime.now(UTC),
                    )
                )

    async def provider(self) -> str:
        """Set up an identity provider; return its id."""
        id_, at = f"p-{new_id()[-12:]}", datetime.now(UTC)
        row = ProviderRow(
            id=id_, name=id_, issuer=f"https://{id_}.example", client_id="w", created_at=at, updated_at=at
        )
        return await self._add(row)

    async def named_administrator(self, person: str) -> str:
        """Let a provider say that a person is an administrator; return the provider's id."""
        provider, at = await self.provider(), datetime.now(UTC)
        async with self.resources.transaction() as session:
            session.add(
                IdentityRow(
                    provider_id=provider,
                    subject=person,
                    user_id=person,
                    administrator=True,
                    created_at=at,
                    last_seen_at=at,
                )
            )
        return provider

    async def caller(self, person: str) -> Caller:
        """Sign somebody in; return them as the workbench knows them in team mode."""
        return await self.again(await sessions.begin(person))

    async def again(self, token: str) -> Caller:
        """Return who a session's cookie stands for now."""
        return await identity.authenticate(Credentials(cookie=token))

    async def _add(self, row: WorkspaceRow | UserRow | GroupRow | ProviderRow) -> str:
        async with self.resources.transaction() as session:
            session.add(row)
        return row.id


def acting_as(person: str, workspace: str, *roles: Role, groups: frozenset[str] = frozenset()) -> Principal:
    """Return somebody with these roles."""
    actions = allowed(frozenset(roles))
    return Principal(id=person, name="Ada", workspace=workspace, actions=actions, groups=groups)


def administrating(person: str, workspace: str = "") -> Principal:
    """Return an administrator of the installation."""
    return Principal(id=person, name="Root", workspace=workspace, actions=EVERYTHING, administrator=True)
