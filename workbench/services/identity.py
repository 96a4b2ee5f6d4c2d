"""From credentials to a principal: the one place that says who is calling, for the API, the pages and events.

What a person may do is read once and kept until somebody's access changes anywhere: `access_changed` counts
up a number in Redis, which every call reads together with its session. So a warm call asks Redis once and the
database never, and a change counts from the next call on in every process.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Literal

from redis.exceptions import RedisError

from workbench.auth import keys
from workbench.auth.principal import OWNER, Principal
from workbench.auth.roles import EVERYTHING, INSTALLATION, Action, Role, allowed
from workbench.db import identity as queries
from workbench.db.identity import Standing
from workbench.errors import Unauthenticated, Unavailable
from workbench.services import key_callers, sessions
from workbench.services.access import everywhere
from workbench.services.epoch import EPOCH as EPOCH
from workbench.services.epoch import Remembered
from workbench.services.epoch import access_changed as access_changed
from workbench.services.epoch import epoch as epoch
from workbench.services.key_callers import Key
from workbench.services.oidc import bearer, kept, upkeep
from workbench.services.resources import get_resources
from workbench.services.sessions import Session

SIGN_IN = "Sign in to do this."
ENDED = "Your session has ended. Sign in again."


@dataclass(frozen=True)
class Credentials:
    """What a request brings: its session cookie, its `Authorization` header, the workspace that it names.

    `address` is where it comes from, for the audit log and rate limits.
    """

    cookie: str | None = None
    authorization: str | None = None
    workspace: str | None = None
    address: str = ""


@dataclass(frozen=True)
class Caller:
    """Who is calling, by which credentials, and through which session (a person in a browser) or API key."""

    principal: Principal
    credentials: Credentials
    session: Session | None = None
    key: Key | None = None


_standings = Remembered[Standing]()
"""By person."""


ANSWER_S = 5.0
"""What Redis may take to say whose a session is."""


async def authenticate(credentials: Credentials, *, asleep: bool = False) -> Caller:
    """Return who is calling; in single-user mode it is always the owner.

    Asked `asleep`, for an open tab in which nobody does anything, it does not keep the session from ending.
    Raises Unauthenticated, and Unavailable when Redis, which knows the sessions, does not answer.
    """
    if get_resources().settings.mode == "single":
        return Caller(OWNER, credentials)
    try:
        return await _authenticate(credentials, asleep)
    except (RedisError, TimeoutError) as error:
        reason = str(error) or f"nothing within {ANSWER_S:g} seconds"
        raise Unavailable(f"Redis, which knows who is signed in, does not answer: {reason}") from error


async def _authenticate(credentials: Credentials, asleep: bool) -> Caller:
    if credentials.authorization is not None:
        return await _by_token(credentials, credentials.authorization)
    if not credentials.cookie:
        raise Unauthenticated(SIGN_IN)
    key, good = sessions.key_of(credentials.cookie), kept.good(sessions.digest(credentials.cookie))
    async with asyncio.timeout(ANSWER_S):  # a Redis that hangs would be waited for four times
        text, counted, holds = await get_resources().redis.mget(key, EPOCH, good)
    session, at = sessions.parse(text), str(counted or "")
    if session is None:
        raise Unauthenticated(ENDED)
    if session.provider_id is not None and holds is None:
        if not await upkeep.still_holds(session):
            raise Unauthenticated(ENDED)
        at = await epoch()  # what the provider gives may have changed just now
    principal = await principal_of(session, epoch=at, workspace=credentials.workspace)
    if not asleep:
        await sessions.seen(session)
    return Caller(principal, credentials, session)


async def _by_token(credentials: Credentials, authorization: str) -> Caller:
    """Return whom an `Authorization` header stands for: the holder of an API key, or of a provider's token.

    Raises Unauthenticated, and what a key raises.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send an API key or a provider's token: Authorization: Bearer …")
    if not keys.is_key(token.strip()):
        return await _by_provider(credentials, token.strip())
    at = await epoch()
    key = await key_callers.find(token.strip(), epoch=at, address=credentials.address)
    return Caller(await _holder(key, at, credentials.workspace), credentials, key=key)


async def _by_provider(credentials: Credentials, token: str) -> Caller:
    standing, kind = await bearer.standing_of(token, address=credentials.address)
    principal = person(standing, credentials.workspace, kind=kind)
    return Caller(replace(principal, actions=principal.actions & keys.PERSONAL), credentials)


async def _holder(key: Key, at: str, asked: str | None) -> Principal:
    """Return the program, or the person as far as the key lets them, in the workspace that is asked for."""
    if key.user_id is None:
        return key_callers.service(key, key_callers.workspace(key.workspaces, asked))
    standing = await _standing(key.user_id, at)
    if standing is None:
        raise Unauthenticated(key_callers.NO_KEY)
    there = {id_: name for id_, name in _workspaces(standing).items() if id_ in key.workspaces}
    principal = person(standing, key_callers.workspace(there, asked))
    actions = principal.actions & key.actions & keys.PERSONAL
    return replace(principal, actions=actions, administrator=False, key=key.id, workspaces=there)


async def principal_of(session: Session, *, epoch: str, workspace: str | None = None) -> Principal:
    """Return whom a session stands for, in `workspace` or the one chosen last. Raises Unauthenticated."""
    standing = await _standing(session.user_id, epoch)
    if standing is None:
        raise Unauthenticated("Your account is disabled. Ask an administrator of this workbench.")
    principal = person(standing, workspace or session.workspace)
    if session.impersonator is None:
        return principal
    behind = await _standing(session.impersonator, epoch)
    mine = await sessions.by_id(session.back or "")
    may = behind is not None and behind.administrator and not standing.administrator
    gone = mine is None or (mine.provider_id is not None and not await upkeep.still_holds(mine))
    if behind is None or gone or not may:
        raise Unauthenticated("You may not act as another person any more. Sign in again.")
    return replace(
        principal,
        actions=principal.actions & keys.PERSONAL - INSTALLATION,  # and so no keys, which would stay
        impersonator=behind.user.id,
        impersonator_name=behind.user.name,
    )


def person(
    standing: Standing, workspace: str | None, *, kind: Literal["person", "service"] = "person"
) -> Principal:
    """Return a person as a principal in `workspace`, or in the first that they belong to."""
    user, mine = standing.user, _workspaces(standing)
    here = workspace if workspace in mine else next(iter(mine), "")
    actions = allowed(frozenset(Role(role) for role in standing.roles.get(here, ())))
    if standing.administrator:
        actions = EVERYTHING
    return Principal(
        id=user.id,
        name=user.name,
        workspace=here,
        actions=actions,
        groups=standing.groups,
        kind=kind,
        administrator=standing.administrator,
        workspaces=mine,
    )


async def actions_in(user_id: str) -> dict[str, frozenset[Action]]:
    """Return what a person may do in each of their workspaces, the first one first; nothing for nobody."""
    standing = await _standing(user_id, await epoch())
    if standing is None:
        return {}
    return {one: person(standing, one).actions for one in _workspaces(standing)}


def _workspaces(standing: Standing) -> dict[str, str]:
    known = standing.workspaces
    return known if standing.administrator else {id_: known[id_] for id_ in standing.roles}


async def _standing(user_id: str, at: str) -> Standing | None:
    if (known := _standings.get(user_id, at)) is not None:
        return known
    with everywhere():
        found = await get_resources().read(lambda session: queries.standing(session, user_id))
    if found is not None:
        _standings.put(user_id, at, found)
    return found
