"""Groups of people: known in every workspace, where each may have roles of its own."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import groups as queries
from workbench.db import users
from workbench.db.ids import new_id, now
from workbench.db.paging import decode_named, encode_named, page_size
from workbench.db.tables import GroupRow
from workbench.errors import Conflict, NotFound
from workbench.services import audit, last_admins, names
from workbench.services.access import requires
from workbench.services.access_news import lists_changed
from workbench.services.identity import access_changed
from workbench.services.resources import get_resources
from workbench.services.shapes import Page, Shape

LOCAL = "local"


class Group(Shape):
    """A group in a list, with the number of its people."""

    id: str
    name: str
    people: int
    created_at: datetime


class GroupMember(Shape):
    """A person in a group. `fixed`: an identity provider says so, and only there it can be changed."""

    id: str
    name: str
    email: str
    disabled_at: datetime | None
    fixed: bool


@requires(Action.MEMBERS_READ)
async def list_groups(
    principal: Principal, *, limit: int = 50, cursor: str | None = None, search: str = ""
) -> Page[Group]:
    """Return a page of the installation's groups by name; `search` is a part of it."""
    limit, after = page_size(limit), decode_named(cursor)
    rows = await get_resources().read(
        lambda session: queries.page(session, limit=limit + 1, after=after, search=names.wanted(search))
    )
    items = tuple(Group.model_validate(dict(row._mapping)) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_named(rows[limit - 1].sort, items[-1].id) if more else None)


@requires(Action.USERS_MANAGE)
async def make_group(principal: Principal, *, name: str) -> Group:
    """Make a group that nobody is in yet. Raises Conflict when there is one of this name."""
    row = GroupRow(id=new_id(), name=names.clean(name, "a group"), created_at=now())
    async with get_resources().transaction() as session:
        await _require_free(session, row.name)
        session.add(row)
        await audit.record(
            session, principal, "group-made", target=f"group:{row.id}", detail={"name": row.name}
        )
    await lists_changed()
    return Group(id=row.id, name=row.name, people=0, created_at=row.created_at)


@requires(Action.USERS_MANAGE)
async def rename_group(principal: Principal, group_id: str, *, name: str) -> None:
    """Give a group another name. Raises NotFound, or Conflict when there is one of this name."""
    name = names.clean(name, "a group")
    async with get_resources().transaction() as session:
        row = await _require(session, group_id, lock=True)
        await _require_free(session, name, but=group_id)
        row.name = name
        await audit.record(
            session, principal, "group-renamed", target=f"group:{group_id}", detail={"name": name}
        )
    await access_changed()


@requires(Action.USERS_MANAGE)
async def delete_group(principal: Principal, group_id: str) -> None:
    """Delete a group: its people lose what they had through it.

    Raises NotFound, or Conflict where a workspace would lose its last admin.
    """
    async with get_resources().transaction() as session:
        row = await _require(session, group_id, lock=True)
        detail = {"name": row.name}
        async with last_admins.stay(session):
            await queries.remove(session, group_id)
        await audit.record(session, principal, "group-deleted", target=f"group:{group_id}", detail=detail)
    await access_changed()


@requires(Action.USERS_MANAGE)
async def list_people(
    principal: Principal, group_id: str, *, limit: int = 50, cursor: str | None = None
) -> Page[GroupMember]:
    """Return a page of a group's people by name. Raises NotFound."""
    limit, after = page_size(limit), decode_named(cursor)
    async with get_resources().transaction() as session:
        await _require(session, group_id)
        rows = await queries.people(session, group_id, limit=limit + 1, after=after)
    items = tuple(
        GroupMember.model_validate({**row._mapping, "fixed": any(source != LOCAL for source in row.sources)})
        for row in rows[:limit]
    )
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_named(rows[limit - 1].sort, items[-1].id) if more else None)


@requires(Action.USERS_MANAGE)
async def put_person(principal: Principal, group_id: str, user_id: str) -> None:
    """Put a person into a group. Raises NotFound."""
    async with get_resources().transaction() as session:
        await _require(session, group_id, lock=True)
        if await users.get(session, user_id) is None:
            raise NotFound(f"There is no person {user_id[:64]!r}.")
        await queries.put(session, group_id, user_id)
        detail = {"group": group_id}
        await audit.record(session, principal, "group-joined", target=f"user:{user_id}", detail=detail)
    await access_changed()


@requires(Action.USERS_MANAGE)
async def take_person(principal: Principal, group_id: str, user_id: str) -> None:
    """Take a person out of a group. Raises NotFound.

    Raises Conflict where an identity provider put them, or a workspace would lose its last admin.
    """
    async with get_resources().transaction() as session:
        await _require(session, group_id, lock=True)
        sources = await queries.sources(session, group_id, user_id)
        if not sources:
            raise NotFound("This person is not in the group.")
        if sources != {LOCAL}:
            raise Conflict("An identity provider puts this person into the group; change it there.")
        async with last_admins.stay(session):
            await queries.take(session, group_id, user_id)
        detail = {"group": group_id}
        await audit.record(session, principal, "group-left", target=f"user:{user_id}", detail=detail)
    await access_changed()


async def _require(session: AsyncSession, group_id: str, *, lock: bool = False) -> GroupRow:
    row = await queries.get(session, group_id, lock=lock)
    if row is None:
        raise NotFound(f"There is no group {group_id[:64]!r}.")
    return row


async def _require_free(session: AsyncSession, name: str, *, but: str = "") -> None:
    other = await queries.named(session, name)
    if other is not None and other.id != but:
        raise Conflict(f"There is a group called {other.name!r} already.")
