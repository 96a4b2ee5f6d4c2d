"""The end of sessions at both ends: a provider says that one ended there, or is told that one ended here."""

from urllib.parse import urlencode

from workbench.auth.tokens import TokenRefused, verify_logout_token
from workbench.db import providers as queries
from workbench.errors import NotFound, Unavailable
from workbench.services import audit, sessions
from workbench.services.access import everywhere
from workbench.services.oidc import kept, people
from workbench.services.oidc.configured import Provider, provider
from workbench.services.oidc.flow import post_logout_redirect_uri
from workbench.services.resources import get_resources
from workbench.services.sessions import Session

_REMEMBERED_S = 600
"""How long a logout token that was used is remembered; a provider makes them good for two minutes."""


async def front_channel(provider_id: str, *, iss: str, sid: str) -> int:
    """End the sessions of `sid`; return how many. The browser that asks may send no cookie with it.

    Nobody can guess a `sid`, so knowing it is enough to end what it stands for. Raises NotFound.
    """
    found = await provider(provider_id)
    if iss != found.issuer.url or not sid:
        return 0
    return await _end(found, await kept.of_sid(found.id, sid))


async def back_channel(provider_id: str, logout_token: str) -> int:
    """End the sessions that a logout token names; return how many.

    A token without `sid` ends all sessions of its subject (Back-Channel Logout 1.0 §2.7). One with a `sid`
    ends those of that session, and casts doubt on the others: Keycloak, told to end all sessions of somebody,
    calls once, with the `sid` of one (keycloak/keycloak#27359), and only has ended the others a moment later.
    Raises TokenRefused, also when the token was used before; NotFound; Unavailable.
    """
    found = await provider(provider_id)
    claims = await found.issuer.verified(
        lambda keys: verify_logout_token(
            logout_token, keys, issuer=found.issuer.url, client_id=found.client_id
        )
    )
    key = f"oidc:jti:{found.id}:{sessions.digest(claims['jti'])}"
    left = max(_REMEMBERED_S, int(claims["exp"] - claims["iat"]) + 60)
    if not await get_resources().redis.set(key, "1", nx=True, ex=left):
        raise TokenRefused("The logout token was used before.")
    if not claims.get("sid"):
        return await _end(found, await _of_subject(found, claims["sub"]))
    doomed = await kept.of_sid(found.id, claims["sid"])
    ended = await _end(found, doomed)
    for session in await _others(found, claims.get("sub"), doomed):
        await kept.doubt(session.id)
    return ended


async def leave(session: Session | None) -> str | None:
    """Forget the tokens of a session that was just ended here; return where the browser ends the provider's.

    None when no provider began it, or the provider ends none.
    """
    if session is None or session.provider_id is None:
        return None
    tokens = await kept.read(session.id)
    await kept.forget(session.id)
    try:
        found = await provider(session.provider_id)
        endpoint = (await found.issuer.metadata()).end_session_endpoint
    except (NotFound, Unavailable):
        return None  # it is not in use any more, or away: the session here has ended all the same
    if endpoint is None:
        return None
    asked = {
        "client_id": found.client_id,
        "post_logout_redirect_uri": post_logout_redirect_uri(),
    }
    if tokens is not None and tokens.id_token is not None:
        asked["id_token_hint"] = tokens.id_token
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


async def _others(found: Provider, subject: str | None, ended: list[Session]) -> list[Session]:
    """Return the sessions that are left, at this provider, of whose `ended` are."""
    if subject:
        return await _of_subject(found, subject)
    return [session for one in sorted({one.user_id for one in ended}) for session in await _of(found, one)]


async def _of_subject(found: Provider, subject: str) -> list[Session]:
    with everywhere():
        async with get_resources().transaction() as transaction:
            identity = await queries.subject(transaction, found.id, subject)
    return await _of(found, identity.user_id) if identity else []


async def _of(found: Provider, user_id: str) -> list[Session]:
    theirs = await sessions.of_user(user_id)
    return [session for session in theirs if session.provider_id == found.id]


async def _end(found: Provider, doomed: list[Session]) -> int:
    for session in doomed:
        await kept.end(session)
    if doomed:
        with everywhere():
            async with get_resources().transaction() as transaction:
                for user_id in sorted({session.user_id for session in doomed}):
                    about, target = user_id, f"user:{user_id}"
                    await audit.record(
                        transaction, people.actor(found), kept.ENDED, target=target, about=about
                    )
    return len(doomed)
