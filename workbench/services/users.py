"""People: their own profile, and what administrators of the installation do with everybody's account."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action, Role
from workbench.db import users as queries
from workbench.db.ids import now
from workbench.db.paging import decode_named, encode_named, page_size
from workbench.db.tables import UserRow
from workbench.errors import Conflict, NotFound
from workbench.services import audit, last_admins, names, sessions
from workbench.services.access import requires
from workbench.services.identity import access_changed
from workbench.services.resources import get_resources
from workbench.services.shapes import Page, Shape

PROVIDED = "An identity provider makes this person an administrator; change what its claims give."
ONESELF = "You cannot disable your own account; another administrator can."


class User(Shape):
    """A person, as administrators see them."""

    id: str
    email: str
    name: str
    administrator: bool
    second_factor: bool
    created_at: datetime
    disabled_at: datetime | None
    last_seen_at: datetime | None


class Belonging(Shape):
    """The roles that somebody has in a workspace, whatever gives them."""

    workspace_id: str
    workspace: str
    roles: tuple[Role, ...]


class InGroup(Shape):
    """A group that somebody is in."""

    id: str
    name: str


class UserDetail(User):
    """A person with the groups and workspaces they belong to."""

    groups: tuple[InGroup, ...]
    workspaces: tuple[Belonging, ...]


class UserChange(BaseModel):
    """What an administrator changes of a person; what is not given stays."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"disabled": True}, {"name": "Ada"}]}
    )

    name: str | None = None
    administrator: bool | None = None
    disabled: bool | None = None


class Preferences(BaseModel):
    """What a person likes: kept with them, whatever browser they use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    appearance: Literal["system", "light", "dark"] = "system"


class Me(Shape):
    """Who is calling, and what they may do in the workspace in which they act."""

    id: str
    name: str
    email: str | None
    workspace: str
    actions: tuple[Action, ...]
    administrator: bool
    impersonator: str | None
    preferences: Preferences


class MeChange(BaseModel):
    """What a person changes of themselves; what is not given stays."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"name": "Ada Lovelace", "preferences": {"appearance": "dark"}}]},
    )

    name: str | None = None
    preferences: Preferences | None = None


@requires(Action.USERS_MANAGE)
async def list_users(
    principal: Principal, *, limit: int = 50, cursor: str | None = None, search: str = ""
) -> Page[User]:
    """Return a page of the installation's people by name; `search` is a part of a name or an address."""
    limit, after = page_size(limit), decode_named(cursor)
    rows = await get_resources().read(
        lambda session: queries.page(session, limit=limit + 1, after=after, search=names.wanted(search))
    )
    items = tuple(User.model_validate(dict(row._mapping)) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_named(rows[limit - 1].sort, items[-1].id) if more else None)


@requires(Action.USERS_MANAGE)
async def get_user(principal: Principal, user_id: str) -> UserDetail:
    """Return a person with what they belong to. Raises NotFound."""
    return await get_resources().read(lambda session: _detail(session, user_id))


@requires(Action.USERS_MANAGE)
async def change_user(principal: Principal, user_id: str, change: UserChange) -> UserDetail:
    """Change a person's name, whether they are disabled, and whether they are an administrator.

    Who is disabled is signed out everywhere. Raises NotFound, and Conflict for the last administrator, for
    the last admin of a workspace, and for one whom a provider makes an administrator. Raises Forbidden for a
    key that would make administrators: it could make one that is allowed more than itself.
    """
    if change.administrator is not None:
        principal.require(Action.SELF_SECURE)
    if change.disabled and user_id == principal.id:
        raise Conflict(ONESELF)
    async with get_resources().transaction() as session:
        async with last_admins.stay(session):
            row = await _require(session, user_id, lock=True)
            done = _apply(row, change)
            await session.flush()
            if change.administrator is False and await queries.administrates(session, user_id):
                raise Conflict(PROVIDED)
        for action in done:
            await audit.record(session, principal, action, target=f"user:{user_id}")
        detail = await _detail(session, user_id)
    if change.disabled:
        await sessions.end_all(user_id)
    if done:
        await access_changed()
    return detail


@requires(Action.SELF)
async def get_me(principal: Principal) -> Me:
    """Return who is calling."""
    row = await get_resources().read(lambda session: queries.get(session, principal.id))
    return _me(principal, row)


@requires(Action.SELF)
async def change_me(principal: Principal, change: MeChange) -> Me:
    """Change one's own name and preferences. Raises Conflict for the one person who has no account."""
    async with get_resources().transaction() as session:
        row = await queries.get(session, principal.id, lock=True)
        if row is None:
            raise Conflict("You act without an account of your own here, so there is nothing to change.")
        renamed = change.name is not None and (name := names.clean(change.name, "a person")) != row.name
        if renamed:
            row.name = name
            await audit.record(session, principal, "user-renamed", target=f"user:{row.id}")
        if change.preferences is not None:
            row.preferences = change.preferences.model_dump()
        me = _me(principal, row)
    if renamed:
        await access_changed()
    return me


def _apply(row: UserRow, change: UserChange) -> list[str]:
    """Change a person's row; return what was done, as the audit log calls it."""
    done = []
    if change.name is not None and (name := names.clean(change.name, "a person")) != row.name:
        row.name = name
        done.append("user-renamed")
    if change.administrator is not None and change.administrator != row.administrator:
        row.administrator = change.administrator
        done.append("administrator-made" if change.administrator else "administrator-unmade")
    if change.disabled is not None and change.disabled != (row.disabled_at is not None):
        row.disabled_at = now() if change.disabled else None
        done.append("user-disabled" if change.disabled else "user-enabled")
    return done


async def _require(session: AsyncSession, user_id: str, *, lock: bool = False) -> UserRow:
    row = await queries.get(session, user_id, lock=lock)
    if row is None:
        raise NotFound(f"There is no person {user_id[:64]!r}.")
    return row


async def _detail(session: AsyncSession, user_id: str) -> UserDetail:
    row = await _require(session, user_id)
    groups = tuple(InGroup(id=id_, name=name) for id_, name in await queries.groups_of(session, user_id))
    subjects = frozenset({user_id, *(group.id for group in groups)})
    roles: dict[tuple[str, str], list[Role]] = {}
    for workspace_id, workspace, role in await queries.roles_of(session, subjects):
        roles.setdefault((workspace_id, workspace), []).append(Role(role))
    return UserDetail(
        **row.model_dump(include=set(User.model_fields) - {"second_factor", "administrator"}),
        administrator=await queries.administrates(session, user_id),
        second_factor=row.totp_at is not None,
        groups=groups,
        workspaces=tuple(
            Belonging(workspace_id=id_, workspace=name, roles=tuple(given))
            for (id_, name), given in roles.items()
        ),
    )


def _me(principal: Principal, row: UserRow | None) -> Me:
    return Me(
        id=principal.id,
        name=row.name if row else principal.name,
        email=row.email if row else None,
        workspace=principal.workspace,
        actions=tuple(sorted(principal.actions)),
        administrator=principal.administrator,
        impersonator=principal.impersonator,
        preferences=Preferences.model_validate(row.preferences) if row else Preferences(),
    )
