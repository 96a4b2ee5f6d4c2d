"""API keys: made, shown once, listed, revoked. A person's own, and the workspace's for its programs."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from engine.errors import Problem
from workbench.auth import keys
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import api_keys as queries
from workbench.db.ids import is_id, new_id, now
from workbench.db.paging import page_size
from workbench.db.tables import ApiKeyRow
from workbench.errors import Conflict, Invalid, NotFound
from workbench.services import audit, identity
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.shapes import Page, Shape

Kind = Literal["personal", "service"]

MOST = 100
"""How many keys a person, or the programs of a workspace, may have at a time."""

MAX_NAME = 100


class ApiKey(Shape):
    """A key as it is listed. `shown` is its first part; there is no shape that holds its secret."""

    id: str
    kind: Kind
    name: str
    shown: str
    actions: tuple[str, ...]
    workspaces: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class MadeKey(ApiKey):
    """A key that was just made. `key` is what its holder sends; it cannot be read again."""

    key: str


@dataclass(frozen=True)
class Wanted:
    """What a key shall be. Without `workspaces` it is for the one in which it is made."""

    name: str
    actions: frozenset[Action]
    workspaces: tuple[str, ...] = ()
    expires_at: datetime | None = None


@requires(Action.SELF_SECURE)
async def make_key(principal: Principal, wanted: Wanted) -> MadeKey:
    """Make a key by which one's own programs act for one. Raises Invalid, or Conflict for one too many.

    It allows what it names, as far as its person may do it at that moment.
    """
    wanted = _checked(principal, wanted)
    there = await identity.actions_in(principal.id)
    problems = [
        _problem("workspaces", "workspace-unknown", f"You have no workspace {one[:64]!r}.")
        for one in wanted.workspaces
        if one not in there
    ]
    may = frozenset().union(*(there.get(one, frozenset()) for one in wanted.workspaces)) & keys.PERSONAL
    problems += _excess(wanted.actions, may)
    _refuse(problems)
    return await _store(principal, wanted, user_id=principal.id)


@requires(Action.SERVICE_KEYS_WRITE)
async def make_service_key(principal: Principal, wanted: Wanted) -> MadeKey:
    """Make a key for a program, which acts by itself in this workspace, also when its maker has left.

    Raises Invalid, or Conflict for one too many.
    """
    wanted = _checked(principal, wanted)
    problems = [
        _problem("workspaces", "workspace-unknown", "A program's key is for the workspace it is made in.")
        for one in wanted.workspaces
        if one != principal.workspace
    ]
    problems += _excess(wanted.actions, principal.actions & keys.SERVICE)
    _refuse(problems)
    return await _store(principal, wanted, user_id=None)


@requires(Action.SELF)
async def list_keys(principal: Principal, *, limit: int = 50, cursor: str | None = None) -> Page[ApiKey]:
    """Return a page of one's own keys, newest first; the cursor is the last one's id."""

    async def read(limit: int) -> Sequence[ApiKeyRow]:
        return await get_resources().read(
            lambda session: queries.of_person(session, principal.id, limit=limit, before=cursor)
        )

    return await _page(read, limit, cursor)


@requires(Action.SERVICE_KEYS_WRITE)
async def list_service_keys(
    principal: Principal, *, limit: int = 50, cursor: str | None = None
) -> Page[ApiKey]:
    """Return a page of the keys of this workspace's programs, newest first; the cursor is the last id."""

    async def read(limit: int) -> Sequence[ApiKeyRow]:
        return await get_resources().read(
            lambda session: queries.of_workspace(session, principal.workspace, limit=limit, before=cursor)
        )

    return await _page(read, limit, cursor)


@requires(Action.SELF)
async def get_key(principal: Principal, key_id: str) -> ApiKey:
    """Return one's own key or, for who manages them, a program's of this workspace. Raises NotFound."""
    row = await get_resources().read(lambda session: queries.get(session, _id(key_id)))
    return _shape(_mine(principal, row))


@requires(Action.SELF)
async def revoke_key(principal: Principal, key_id: str) -> None:
    """End a key, at once and everywhere. Raises NotFound."""
    async with get_resources().transaction() as session:
        row = _mine(principal, await queries.get(session, _id(key_id), lock=True))
        principal.require(Action.SELF_SECURE if row.user_id else Action.SERVICE_KEYS_WRITE)
        row.revoked_at = now()
        await _record(session, principal, "api-keys:revoke", row)
    await identity.access_changed()


def _checked(principal: Principal, wanted: Wanted) -> Wanted:
    """Return what is wanted with what goes without saying. Raises Invalid; Conflict where nobody signs in."""
    if get_resources().settings.mode == "single":
        raise Conflict("This workbench has one user, and its API asks for no key. WORKBENCH_MODE=team does.")
    name, problems = wanted.name.strip(), []
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        problems.append(
            _problem("name", "bad-name", f"Give the key a name, of at most {MAX_NAME} characters.")
        )
    if not wanted.actions:
        problems.append(_problem("actions", "no-actions", "Say what the key shall allow."))
    if wanted.expires_at is not None and wanted.expires_at <= now():
        problems.append(_problem("expires_at", "expired", "The key would have expired already."))
    _refuse(problems)
    workspaces = tuple(dict.fromkeys(wanted.workspaces)) or (principal.workspace,)
    return Wanted(name, wanted.actions, workspaces, wanted.expires_at)


async def _store(principal: Principal, wanted: Wanted, *, user_id: str | None) -> MadeKey:
    new = keys.make()
    row = ApiKeyRow(
        id=new_id(),
        user_id=user_id,
        name=wanted.name,
        key_hash=new.hash,
        shown=new.shown,
        actions=sorted(wanted.actions),
        workspaces=list(wanted.workspaces),
        created_by=principal.id,
        created_at=now(),
        expires_at=wanted.expires_at,
    )
    async with get_resources().transaction() as session:
        there = await queries.count(session, user_id=user_id, workspace_id=principal.workspace)
        if there >= MOST:
            raise Conflict(f"There are {MOST} keys already. Revoke those that nobody needs any more.")
        session.add(row)
        await _record(session, principal, "api-keys:make", row)
    return MadeKey(**_shape(row).model_dump(), key=new.text)


async def _page(
    read: Callable[[int], Awaitable[Sequence[ApiKeyRow]]], limit: int, cursor: str | None
) -> Page[ApiKey]:
    if cursor and not is_id(cursor):
        raise Invalid("The cursor is not one that a list gave out; ask for the first page again.")
    limit = page_size(limit)
    rows = await read(limit + 1)
    items = tuple(map(_shape, rows[:limit]))
    return Page(items=items, next_cursor=items[-1].id if len(rows) > limit else None)


def _mine(principal: Principal, row: ApiKeyRow | None) -> ApiKeyRow:
    """Return a key that is the principal's to see. Raises NotFound."""
    own = row is not None and row.user_id == principal.id
    ours = row is not None and row.user_id is None and principal.workspace in row.workspaces
    if row is None or not (own or (ours and principal.may(Action.SERVICE_KEYS_WRITE))):
        raise NotFound("There is no such API key.")
    return row


def _id(text: str) -> str:
    if not is_id(text):
        raise NotFound("There is no such API key.")
    return text


def _excess(wanted: frozenset[Action], may: Collection[Action]) -> list[Problem]:
    return [
        _problem("actions", "action-not-yours", f"You cannot give a key the action {action}.")
        for action in sorted(wanted)
        if action not in may
    ]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Invalid(problems[0].message, tuple(problems))


def _problem(field: str, code: str, message: str) -> Problem:
    return Problem(code=code, field=field, message=message)


async def _record(session: AsyncSession, principal: Principal, action: str, row: ApiKeyRow) -> None:
    detail = {
        "name": row.name,
        "shown": row.shown,
        "kind": _kind(row),
        "actions": row.actions,
        "workspaces": row.workspaces,
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
    }
    await audit.record(session, principal, action, target=f"api-key:{row.id}", detail=detail)


def _kind(row: ApiKeyRow) -> Kind:
    return "personal" if row.user_id else "service"


def _shape(row: ApiKeyRow) -> ApiKey:
    values = {name: getattr(row, name) for name in ApiKey.model_fields if name != "kind"}
    return ApiKey.model_validate({**values, "kind": _kind(row)})
