"""Who calls with an API key. A key that was seen before costs one question to Redis and none to the database.

A key is kept until somebody's access changes anywhere (`identity.epoch`), and revoking one is such a change:
so it counts at once in every process. Only keys that nobody knows yet are limited: who tries many gets
nowhere, and no caller with a right one behind the same address suffers.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog

from engine.errors import Problem
from workbench.auth import keys
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import api_keys as queries
from workbench.db.ids import now
from workbench.errors import Forbidden, Invalid, Unauthenticated
from workbench.services import audit, rate_limits
from workbench.services.access import everywhere
from workbench.services.epoch import Remembered
from workbench.services.rate_limits import Limit, Paused, network
from workbench.services.resources import get_resources

log = structlog.get_logger(__name__)

NO_KEY = "This API key is not known, has expired or was revoked. Make a new one."
WHICH = "which-workspace"
MOST_KEPT = 10_000
USED_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a key was last used."""

UNKNOWN = Limit("api-key", free=30)
"""Tries with keys that nobody knows, from one address."""


@dataclass(frozen=True)
class Key:
    """What a key allows: `actions` in `workspaces`; without a `user_id` by itself.

    `workspaces` are the names of those that are there, by their ids, the oldest first.
    """

    id: str
    name: str
    user_id: str | None
    actions: frozenset[Action]
    workspaces: Mapping[str, str]
    expires_at: datetime | None


_known = Remembered[Key]()
"""By hash."""

_noted: dict[str, float] = {}
"""By id: when it was last noted, on the monotonic clock, that a key is used."""

_noting: set[asyncio.Task[None]] = set()


async def find(text: str, *, epoch: str, address: str) -> Key:
    """Return the key that somebody sent. Raises Unauthenticated, or TooMany after too many wrong ones."""
    hash_ = keys.digest(text)
    key = _known.get(hash_, epoch)
    if key is None:
        key = await _read(text, hash_, address)
        _known.put(hash_, epoch, key)
    if key.expires_at is not None and key.expires_at <= now():
        raise Unauthenticated(NO_KEY)
    _note(key)
    return key


def workspace(there: Mapping[str, str], asked: str | None) -> str:
    """Return where a key acts: of those that it and its person have, the one asked for, or the only one.

    Raises Invalid when it is not clear which, Forbidden when there is none.
    """
    if not there:
        raise Forbidden("workspace", "The workspaces of this API key are archived, or closed to its person.")
    if asked in there or (asked is None and len(there) == 1):
        return asked or next(iter(there))
    known = ", ".join(f"{id_} ({name})" for id_, name in there.items())
    message = f"This API key acts in {known}."
    hint = "Send the header Workbench-Workspace with one of the ids."
    problem = Problem(code=WHICH, field="Workbench-Workspace", message=message, hint=hint)
    raise Invalid(f"It is not clear in which workspace to act. {message} {hint}", (problem,))


def service(key: Key, here: str) -> Principal:
    """Return the program whose own a key is, in the workspace `here`."""
    actions = key.actions & keys.SERVICE
    return Principal(
        f"key:{key.id}", key.name, here, actions, kind="service", key=key.id, workspaces=key.workspaces
    )


async def settled() -> None:
    """Return when what was used until now is noted."""
    await asyncio.gather(*_noting)


async def _read(text: str, hash_: str, address: str) -> Key:
    """Return a key from the database. Raises Unauthenticated; who tries too many is told to wait."""
    await _count(address)
    with everywhere():
        found = await get_resources().read(lambda session: queries.by_hash(session, hash_))
    if found is None:
        await audit.refused(None, "api-keys:use", detail={"key": keys.shown(text)}, address=address)
        raise Unauthenticated(NO_KEY)
    await rate_limits.forgive(UNKNOWN, network(address))
    row, workspaces = found
    actions = frozenset(action for action in Action if action in row.actions)
    return Key(row.id, row.name, row.user_id, actions, workspaces, row.expires_at)


async def _count(address: str) -> None:
    try:
        await rate_limits.count(UNKNOWN, network(address))
    except Paused as error:
        if error.first:
            detail = {"reason": "too many tries"}
            await audit.refused(None, "api-keys:use", detail=detail, address=address)
        raise


def _note(key: Key) -> None:
    """Let it be noted, after the request and now and then, that a key is used."""
    at = monotonic()
    if at - _noted.get(key.id, -USED_EVERY.total_seconds()) < USED_EVERY.total_seconds():
        return
    if len(_noted) >= MOST_KEPT:
        _noted.clear()
    _noted[key.id] = at
    task = asyncio.create_task(_write_used(key.id))
    _noting.add(task)
    task.add_done_callback(_noting.discard)


async def _write_used(key_id: str) -> None:
    try:
        with everywhere():
            async with get_resources().transaction(patient=False) as session:
                await queries.used(session, key_id, now(), every=USED_EVERY)
    except Exception as error:
        log.warning("api-key.not-noted", key=key_id, error=str(error))
