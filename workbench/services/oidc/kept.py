"""What is kept in Redis of a session that a provider began: its tokens, sealed, and when it is asked again.

The tokens are not part of the session itself: that is written again with each use, by several processes, and
a refresh token that was replaced meanwhile must not come back.
"""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from time import time
from typing import Any

from workbench.auth.oidc_client import TokenSet
from workbench.services import sessions
from workbench.services.resources import get_resources
from workbench.services.sealing import SealingKeys
from workbench.services.sessions import Session

MOST_S = 45.0
"""How long a provider is not asked, whatever its tokens say: who is disabled there is out in a minute."""

EARLY_S = 15.0
"""How long before that the web process asks by itself, so that no call has to wait for it."""

AGAIN_S = 10.0
"""How soon a provider that did not answer is asked again."""

DOUBTED_S = 15.0
"""How long a session is asked about every `SOON_S` after another of its person ended at the provider."""

SOON_S = 3.0

DUE = "oidc:due"
ENDED = "session.ended-by-provider"
"""What the audit log calls it."""

_LONGEST_S = sessions.LONGEST.total_seconds()


@dataclass(frozen=True)
class Kept:
    """The provider's tokens of a session, and who it is about. `refresh_token` is None if there is none."""

    subject: str
    refresh_token: str | None
    id_token: str | None


async def keep(session_id: str, kept: Kept, tokens: TokenSet) -> None:
    """Keep a session's tokens for as long as the provider renews them."""
    text = json.dumps(asdict(kept))
    sealed, key_id = SealingKeys.of(get_resources().settings).seal(session_id, text)
    value = f"{key_id}:{base64.b64encode(sealed).decode()}"
    lasts = min(tokens.refresh_expires_in or _LONGEST_S, _LONGEST_S)
    await get_resources().redis.set(_tokens(session_id), value, px=_ms(lasts))


async def read(session_id: str) -> Kept | None:
    """Return a session's tokens; None when the provider would not renew them any more."""
    value = await get_resources().redis.get(_tokens(session_id))
    if value is None:
        return None
    key_id, _, sealed = str(value).partition(":")
    keys = SealingKeys.of(get_resources().settings)
    return Kept(**json.loads(keys.open(session_id, base64.b64decode(sealed), key_id)))


async def good_for(session_id: str, seconds: float) -> None:
    """Note that a session's provider needs not be asked for so long, or as long as one in doubt is left."""
    most = SOON_S if await is_doubted(session_id) else MOST_S
    seconds = max(1.0, min(seconds, most))
    early = min(EARLY_S, seconds / 3)
    async with get_resources().redis.pipeline(transaction=True) as pipeline:
        pipeline.set(good(session_id), "1", px=_ms(seconds))
        pipeline.zadd(DUE, {session_id: time() + seconds - early})
        await pipeline.execute()


def good(session_id: str) -> str:
    """Return the Redis key that is there while a session's provider needs not be asked."""
    return f"oidc:good:{session_id}"


async def is_due(session_id: str) -> bool:
    """Return whether it is time to ask a session's provider, early enough for nobody to wait."""
    score = await get_resources().redis.zscore(DUE, session_id)
    return score is None or float(score) <= time()


async def doubt(session_id: str) -> None:
    """Let a session's provider be asked in a second, and every few seconds for a while."""
    await get_resources().redis.set(_doubted(session_id), "1", px=_ms(DOUBTED_S))
    await good_for(session_id, 1.0)


async def is_doubted(session_id: str) -> bool:
    """Return whether a session may have ended at its provider just now."""
    return bool(await get_resources().redis.exists(_doubted(session_id)))


async def due(limit: int) -> list[str]:
    """Return the ids of sessions whose providers are to be asked now."""
    found: list[Any] = await get_resources().redis.zrangebyscore(DUE, 0, time(), start=0, num=limit)
    return [str(id_) for id_ in found]


async def rest(session_id: str) -> None:
    """Stop asking about a session until it is used again."""
    await get_resources().redis.zrem(DUE, session_id)


async def note_sid(provider_id: str, sid: str, session_id: str) -> None:
    """Note which session here belongs to a session at the provider."""
    async with get_resources().redis.pipeline(transaction=True) as pipeline:
        pipeline.sadd(_sid(provider_id, sid), session_id)
        pipeline.expire(_sid(provider_id, sid), timedelta(seconds=_LONGEST_S))
        await pipeline.execute()


async def of_sid(provider_id: str, sid: str) -> list[Session]:
    """Return the sessions here that belong to a session at the provider."""
    members: Any = get_resources().redis.smembers(_sid(provider_id, sid))
    found = [await sessions.by_id(str(id_)) for id_ in await members]
    return [session for session in found if session is not None and session.provider_id == provider_id]


async def end(session: Session) -> None:
    """End a session and forget its tokens."""
    await sessions.end(session)
    await forget(session.id)


async def move(session: Session, session_id: str) -> None:
    """Keep what is kept of a session under its new id: it got a new cookie."""
    if session.provider_id is None:
        return
    redis = get_resources().redis
    for key in (_tokens, good):
        if await redis.exists(key(session.id)):
            await redis.rename(key(session.id), key(session_id))
    await redis.zrem(DUE, session.id)
    await redis.zadd(DUE, {session_id: time()})
    if session.provider_sid is not None:
        await note_sid(session.provider_id, session.provider_sid, session_id)


async def forget(session_id: str) -> None:
    """Forget a session's tokens."""
    async with get_resources().redis.pipeline(transaction=True) as pipeline:
        pipeline.delete(_tokens(session_id), good(session_id))
        pipeline.zrem(DUE, session_id)
        await pipeline.execute()


def _doubted(session_id: str) -> str:
    return f"oidc:doubted:{session_id}"


def _tokens(session_id: str) -> str:
    return f"oidc:tokens:{session_id}"


def _sid(provider_id: str, sid: str) -> str:
    return f"oidc:sid:{provider_id}:{hashlib.sha256(sid.encode(errors='replace')).hexdigest()}"


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1_000))
