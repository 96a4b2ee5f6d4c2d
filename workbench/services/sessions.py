"""Sessions of people who are signed in: in Redis, by the SHA-256 of what the browser's cookie holds.

A session ends by itself `IDLE` after it was last used, and `LONGEST` after it began; one in which somebody
acts as another person after `IMPERSONATED`.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from workbench.db.ids import now
from workbench.services.resources import get_resources

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
IMPERSONATED = timedelta(hours=1)
_SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session was last used: it is read with every call, but not written."""

CHANNEL = "access"
"""On which processes tell each other of access: the id of a session that changed, or one of `access_news`."""

CHANGED = "changed"
"""What is said there when anybody's access has changed."""
"""What processes tell each other: the id of a session that changed or ended, nothing when somebody's access
changed, `access_news.NARROWED` with a workspace and a workflow when others see that than before."""


class Session(BaseModel):
    """One sign-in in one browser. `provider_id` and `provider_sid` say through which provider, if any.

    `workspace` is the one that was chosen last. `impersonator` is the administrator behind it, if it is not
    the person's own, and `back` the id of the administrator's session, without which it is none.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    user_id: str
    workspace: str | None = None
    began_at: datetime
    seen_at: datetime
    address: str = ""
    browser: str = ""
    provider_id: str | None = None
    provider_sid: str | None = None
    impersonator: str | None = None
    back: str | None = None

    @property
    def ends_at(self) -> datetime:
        """When it ends, however much it is used."""
        return self.began_at + (IMPERSONATED if self.impersonator else LONGEST)


async def begin(user_id: str, *, address: str = "", browser: str = "", **columns: str | None) -> str:
    """Begin a session; return the token that is its cookie. `columns` are further ones of Session."""
    token, at = secrets.token_urlsafe(32), now()
    session = Session(
        id=digest(token),
        user_id=user_id,
        began_at=at,
        seen_at=at,
        address=address,
        browser=browser[:200],
        **columns,
    )
    await keep(session, new=True)
    return token


async def keep(session: Session, *, new: bool = False) -> None:
    """Store a session as it is now; one that has ended meanwhile stays ended."""
    left = min(IDLE, session.ends_at - now())
    if left <= timedelta(0):
        await end(session)
        return
    async with get_resources().redis.pipeline(transaction=True) as pipeline:
        pipeline.set(_key(session.id), session.model_dump_json(), px=_ms(left), xx=not new)
        pipeline.sadd(_of(session.user_id), session.id)
        pipeline.expire(_of(session.user_id), LONGEST)
        await pipeline.execute()


def parse(text: str | None) -> Session | None:
    """Return a session as it was stored; None when it is not there any more, or has lasted too long."""
    if text is None:
        return None
    session = Session.model_validate_json(text)
    return session if now() < session.ends_at else None


async def read(token: str) -> Session | None:
    """Return the session of a cookie's token."""
    return parse(await get_resources().redis.get(_key(digest(token))))


async def by_id(session_id: str) -> Session | None:
    """Return a session by its id."""
    return parse(await get_resources().redis.get(_key(session_id)))


async def renew(session: Session) -> str:
    """Give a session a new token in place of the one it has, and return that."""
    token = secrets.token_urlsafe(32)
    await end(session)
    await keep(session.model_copy(update={"id": digest(token)}), new=True)
    return token


async def seen(session: Session) -> None:
    """Note that a session is used, now and then."""
    at = now()
    if at - session.seen_at >= _SEEN_EVERY:
        await keep(session.model_copy(update={"seen_at": at}))


async def end(session: Session) -> None:
    """End a session."""
    async with get_resources().redis.pipeline(transaction=True) as pipeline:
        pipeline.delete(_key(session.id))
        pipeline.srem(_of(session.user_id), session.id)
        pipeline.publish(CHANNEL, session.id)
        await pipeline.execute()


async def changed(session: Session) -> None:
    """Tell every process that a session is another than it was, for the tabs that it has open."""
    await get_resources().redis.publish(CHANNEL, session.id)


async def of_user(user_id: str) -> Sequence[Session]:
    """Return a person's sessions, the one last used first."""
    redis = get_resources().redis
    kept: Any = redis.smembers(_of(user_id))
    ids = [str(id_) for id_ in await kept]
    if not ids:
        return ()
    texts = await redis.mget([_key(id_) for id_ in ids])
    gone = [id_ for id_, text in zip(ids, texts, strict=True) if text is None]
    if gone:
        removed: Any = redis.srem(_of(user_id), *gone)
        await removed
    found = [session for text in texts if (session := parse(text))]
    return sorted(found, key=lambda session: session.seen_at, reverse=True)


async def end_all(user_id: str, *, but: str | None = None) -> int:
    """End a person's sessions, but for the one with that id; return how many ended."""
    doomed = [session for session in await of_user(user_id) if session.id != but]
    for session in doomed:
        await end(session)
    return len(doomed)


def cookie_name() -> str:
    """Return the session cookie's name; over HTTPS one that no other host, path or scheme can have set."""
    return "__Host-workbench" if get_resources().settings.origin.startswith("https:") else "workbench"


def digest(token: str) -> str:
    """Return the id of the session whose cookie holds `token`."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _ms(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1_000)


def key_of(token: str) -> str:
    """Return the Redis key of the session whose cookie holds `token`."""
    return _key(digest(token))


def _key(session_id: str) -> str:
    return f"session:{session_id}"


def _of(user_id: str) -> str:
    return f"sessions-of:{user_id}"
