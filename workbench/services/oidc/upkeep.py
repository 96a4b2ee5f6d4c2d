"""Sessions that a provider began hold for as long as it renews their tokens.

A session's provider is asked at most every 45 s, by a refresh, which also brings what has changed of its
person's roles. Whoever is disabled there is refused, and the session ends. A provider that does not answer
ends nothing, until its refresh token's time is over. The web processes ask by themselves about sessions that
are in use, a little early, so that no call waits; one that was not used is asked about when it is used again,
and so ends at the provider as one that is idle.
"""

import asyncio
from datetime import timedelta

import structlog
from redis.exceptions import RedisError

from workbench.auth.claims import somebody
from workbench.auth.oidc_client import GrantRefused, TokenSet
from workbench.auth.tokens import TokenRefused, verify_id_token
from workbench.db import providers as queries
from workbench.db.ids import now
from workbench.errors import NotFound, Unavailable
from workbench.services import audit, sessions
from workbench.services.access import everywhere
from workbench.services.epoch import access_changed
from workbench.services.oidc import flow, kept, people
from workbench.services.oidc.configured import Provider, provider
from workbench.services.oidc.kept import Kept
from workbench.services.resources import get_resources
from workbench.services.sessions import Session

log = structlog.get_logger(__name__)

POLL_S = 2.0
AT_ONCE = 10
IN_USE = timedelta(minutes=3)
_LOCK_S = 20
_WAIT_S = 0.05


async def still_holds(session: Session) -> bool:
    """Return whether a session's provider still stands by it; one by which it does not is ended.

    Of several that ask at once, one asks the provider and the others wait for what it finds.
    """
    redis = get_resources().redis
    for _ in range(int(_LOCK_S / _WAIT_S)):
        if await redis.exists(kept.good(session.id)):
            return True
        if await redis.set(_lock(session.id), "1", nx=True, ex=_LOCK_S):
            return await _asked(session)
        await asyncio.sleep(_WAIT_S)
        if await sessions.by_id(session.id) is None:
            return False
    return True


async def keep_up() -> None:
    """Ask about sessions in use for as long as the process runs; several processes share the work."""
    if get_resources().settings.mode == "single":
        return
    while True:
        try:
            await once()
        except (Unavailable, RedisError) as error:
            log.warning("oidc.upkeep", error=str(error))
        await asyncio.sleep(POLL_S)


async def once() -> None:
    """Ask about every session whose time it is."""
    ids = await kept.due(200)
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(session_id: str) -> None:
        async with limit:
            await _ask_early(session_id)

    await asyncio.gather(*(one(session_id) for session_id in ids))


async def _ask_early(session_id: str) -> None:
    session = await sessions.by_id(session_id)
    if session is None:
        await kept.forget(session_id)
    elif now() - session.seen_at > IN_USE and not await kept.is_doubted(session_id):
        await kept.rest(session_id)
    elif await get_resources().redis.set(_lock(session_id), "1", nx=True, ex=_LOCK_S):
        await _asked(session)


async def _asked(session: Session) -> bool:
    """Ask a session's provider, under its lock."""
    try:
        if await get_resources().redis.exists(kept.good(session.id)) and not await kept.is_due(session.id):
            return True
        return await _renewed(session)
    finally:
        await get_resources().redis.delete(_lock(session.id))


async def _renewed(session: Session) -> bool:
    tokens = await kept.read(session.id)
    try:
        if tokens is None:
            raise GrantRefused("The provider's time for this session is over.")
        found = await provider(session.provider_id or "")
        if tokens.refresh_token is None:
            await kept.good_for(session.id, kept.MOST_S)
            return True
        fresh = await (await found.client()).refresh(tokens.refresh_token)
        renewed = Kept(tokens.subject, fresh.refresh_token, fresh.id_token or tokens.id_token)
        await kept.keep(session.id, renewed, fresh)
        await _given(found, session, tokens.subject, fresh)
    except (GrantRefused, TokenRefused, NotFound) as error:
        await _ended(session, str(error))
        return False
    except Unavailable as error:
        log.warning("oidc.refresh", session_user=session.user_id, error=str(error))
        await kept.good_for(session.id, kept.AGAIN_S)
        return True
    await kept.good_for(session.id, fresh.expires_in * 0.8)
    return True


async def _given(found: Provider, session: Session, subject: str, fresh: TokenSet) -> None:
    """Let a session's person have what their new tokens say. Raises TokenRefused."""
    identity = {"sub": subject}
    if fresh.id_token is not None:
        token = fresh.id_token
        identity = await found.issuer.verified(
            lambda keys: verify_id_token(
                token, keys, issuer=found.issuer.url, client_id=found.client_id, nonce=None
            )
        )
    if identity["sub"] != subject:
        raise TokenRefused("The new tokens are about somebody else.")
    claims = await flow.claims_of(found, fresh, identity)
    if claims.keys() == {"sub"}:
        return  # neither token can be read: nothing is known anew
    with everywhere():
        async with get_resources().transaction() as transaction:
            row = await queries.subject(transaction, found.id, subject)
            if row is None or row.user_id != session.user_id:
                raise TokenRefused("The account does not belong to this person at the provider any more.")
            who = somebody(identity)
            changed = await people.give(transaction, found, who, session.user_id, found.grants(claims))
    if changed:
        await access_changed()


async def _ended(session: Session, reason: str) -> None:
    await kept.end(session)
    with everywhere():
        async with get_resources().transaction() as transaction:
            await audit.record(
                transaction,
                None,
                kept.ENDED,
                target=f"user:{session.user_id}",
                detail={"provider": session.provider_id, "reason": reason},
                about=session.user_id,
            )


def _lock(session_id: str) -> str:
    return f"oidc:asking:{session_id}"
