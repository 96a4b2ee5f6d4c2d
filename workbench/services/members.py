"""Who belongs to a workspace: the people and groups with a role in it, and what gives them each role.

What is said here is about the workspace in which the caller acts; no other one can be named.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action, Role
from workbench.db import members as queries
from workbench.db import workspaces
from workbench.db.paging import decode_named, encode_named, page_size
from workbench.errors import NotFound
from workbench.services import audit, last_admins, names
from workbench.services.access import requires
from workbench.services.identity import access_changed
from workbench.services.resources import get_resources
from workbench.services.shapes import Page, Shape

FEW = 8
LOCAL = "local"


class GivenRole(Shape):
    """A role and where it comes from.

    Without a `group` it was given by name. `provider` is the identity provider that gives it, or that put the
    person into the group; such a role cannot be taken here.
    """

    role: Role
    group_id: str | None = None
    group: str | None = None
    provider: str | None = None


class Candidate(Shape):
    """A person, or a group, who can be given something."""

    kind: Literal["person", "group"]
    id: str
    name: str
    email: str | None = None


class Member(Candidate):
    """A person or a group with roles. An `administrator` of the installation is an admin everywhere."""

    administrator: bool
    disabled_at: datetime | None
    roles: tuple[GivenRole, ...]


class Roles(BaseModel):
    """The roles that a person or a group shall have by name."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"roles": ["designer", "operator"]}]}
    )

    roles: frozenset[Role]


@requires(Action.MEMBERS_READ)
async def list_members(
    principal: Principal, *, limit: int = 50, cursor: str | None = None, search: str = ""
) -> Page[Member]:
    """Return a page of members by name; `search` is a part of a name or an address."""
    limit, after = page_size(limit), decode_named(cursor)
    async with get_resources().transaction() as session:
        rows = await queries.page(
            session,
            principal.workspace,
            limit=limit + 1,
            after=after,
            search=names.wanted(search),
        )
        items = await _members(session, principal.workspace, rows[:limit])
    more = len(rows) > limit
    return Page(items=items, next_cursor=encode_named(rows[limit - 1].sort, items[-1].id) if more else None)


@requires(Action.MEMBERS_WRITE)
async def find_candidates(principal: Principal, *, search: str) -> tuple[Candidate, ...]:
    """Return a few of the installation's people and groups, whose name or address has `search` in it."""
    rows = await get_resources().read(
        lambda session: queries.anybody(session, limit=FEW, search=names.wanted(search))
    )
    return tuple(Candidate.model_validate(dict(row._mapping)) for row in rows)


@requires(Action.MEMBERS_WRITE)
async def set_roles(principal: Principal, subject_id: str, roles: frozenset[Role]) -> Member:
    """Give a person or a group exactly these roles by name; what comes from elsewhere stays.

    Raises NotFound, or Conflict when nobody would be left who is an admin.
    """
    async with get_resources().transaction() as session:
        await workspaces.get(session, principal.workspace, lock=True)
        found = await queries.some(session, {names.wanted(subject_id)})
        if not found:
            raise NotFound(f"There is no person or group {subject_id[:64]!r}.")
        target = f"{'user' if found[0].kind == queries.PERSON else 'group'}:{subject_id}"
        async with last_admins.stay(session, only=principal.workspace):
            await _change(session, principal, subject_id, target, roles)
        (member,) = await _members(session, principal.workspace, found)
    await access_changed()
    return member


async def _change(
    session: AsyncSession, principal: Principal, subject_id: str, target: str, roles: frozenset[Role]
) -> None:
    here = principal.workspace
    before = {Role(role) for role in await queries.given(session, here, subject_id)}
    for role in sorted(roles - before):
        await queries.give(session, here, subject_id, role)
        await audit.record(session, principal, "role-given", target=target, detail={"role": role})
    for role in sorted(before - roles):
        await queries.take(session, here, subject_id, role)
        await audit.record(session, principal, "role-taken", target=target, detail={"role": role})


async def _members(session: AsyncSession, workspace_id: str, rows: Sequence[Any]) -> tuple[Member, ...]:
    """Return members with their roles, those given by name first."""
    given: dict[str, list[GivenRole]] = {row.id: [] for row in rows}
    for row in await queries.roles(session, workspace_id, list(given)):
        provider = None if row.source == LOCAL else row.provider or row.source
        role = GivenRole(role=Role(row.role), group_id=row.group_id, group=row.group, provider=provider)
        given[row.subject_id].append(role)
    return tuple(
        Member.model_validate({**row._mapping, "roles": tuple(sorted(given[row.id], key=_order))})
        for row in rows
    )


def _order(given: GivenRole) -> tuple[bool, str, int]:
    return (given.group is not None, given.group or "", list(Role).index(given.role))
