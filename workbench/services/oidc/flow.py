"""Signing in through a provider: to it, and back with a code that becomes a session.

Authorization code with PKCE (S256), state and nonce. An attempt is kept for ten minutes, is good once, and
only for the browser that began it, which a cookie tells. Nothing is made before every token is verified.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel

from workbench import routes
from workbench.auth.claims import Grants, Somebody, somebody
from workbench.auth.oidc_client import TokenSet, new_verifier
from workbench.auth.tokens import (
    Claims,
    TokenRefused,
    looks_signed,
    verify_access_token,
    verify_id_token,
)
from workbench.db.tables import UserRow
from workbench.errors import Forbidden, Unauthenticated
from workbench.services import accounts, audit, sessions
from workbench.services.access import everywhere
from workbench.services.accounts import Visit
from workbench.services.epoch import access_changed
from workbench.services.oidc import kept, people
from workbench.services.oidc.configured import Provider, provider
from workbench.services.oidc.kept import Kept
from workbench.services.resources import get_resources

LASTS_S = 600
"""How long somebody may take to sign in at the provider."""

_REASONS = {
    "access_denied": ": you did not agree to it, or may not use this workbench",
    "login_required": ": you are not signed in there",
    "consent_required": ": you did not agree to it",
    "temporarily_unavailable": ": it took too long, or it is busy. Sign in again",
    "server_error": ": something went wrong there. Try again, or ask those who run it",
    "unauthorized_client": ": it does not let the workbench do so. Ask an administrator",
    "invalid_scope": ": it does not know a scope that the workbench asks for. Ask an administrator",
}
"""What an answer's error (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6) means to who reads it."""

_AGAIN = "This sign-in was begun in another browser, was finished already, or took too long. Sign in again."


@dataclass(frozen=True)
class Departure:
    """Where the browser goes, and what its cookie holds until it comes back."""

    url: str
    browser: str


@dataclass(frozen=True)
class Answer:
    """What the browser brings back from the provider."""

    state: str = ""
    code: str = ""
    iss: str | None = None
    error: str = ""


@dataclass(frozen=True)
class Arrival:
    """The token of the session that began, and the page to go to."""

    token: str
    next: str


class Attempt(BaseModel):
    """A sign-in that is under way. `browser` is the SHA-256 of the cookie."""

    provider_id: str
    browser: str
    nonce: str
    verifier: str
    next: str


async def depart(provider_id: str, *, next: str = "/", browser: str | None = None) -> Departure:
    """Begin to sign in. `browser` is the cookie of an attempt in another tab, whose it stays as well.

    Raises NotFound, Unavailable.
    """
    accounts.require_team()
    found = await provider(provider_id)
    client = await found.client()
    browser = browser if browser and 40 <= len(browser) <= 60 else secrets.token_urlsafe(32)
    state, nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32), new_verifier()
    attempt = Attempt(
        provider_id=found.id, browser=_digest(browser), nonce=nonce, verifier=verifier, next=_local(next)
    )
    await get_resources().redis.set(_key(state), attempt.model_dump_json(), ex=LASTS_S)
    url = client.authorization_url(
        redirect_uri=redirect_uri(found.id), state=state, nonce=nonce, verifier=verifier
    )
    return Departure(url, browser)


async def arrive(provider_id: str, answer: Answer, *, browser: str | None, visit: Visit) -> Arrival:
    """Finish to sign in. Raises Unauthenticated, Forbidden, NotFound, Unavailable; then nothing was made."""
    accounts.require_team()
    attempt = await _attempt(provider_id, answer.state, browser)
    found = await provider(provider_id)
    await _check_answer(found, answer)
    client = await found.client()
    tokens = await client.exchange(
        answer.code, verifier=attempt.verifier, redirect_uri=redirect_uri(found.id)
    )
    try:
        who, grants, sid = await _read(found, tokens, nonce=attempt.nonce)
        user = await _let_in(found, who, grants)
    except (TokenRefused, Forbidden) as error:
        detail = {"reason": str(error)}
        await audit.refused(people.actor(found), people.SIGN_IN, detail=detail, address=visit.address)
        raise
    token = await accounts.begin(user, visit, provider_id=found.id, provider_sid=sid)
    await _keep(found, sessions.digest(token), who.subject, tokens, sid)
    return Arrival(token, attempt.next)


async def claims_of(found: Provider, tokens: TokenSet, identity: Claims) -> Claims:
    """Return the claims that say what somebody gets: the access token's if it can be read, else `identity`.

    Raises TokenRefused.
    """
    if not looks_signed(tokens.access_token):
        return identity
    claims = await found.issuer.verified(
        lambda keys: verify_access_token(
            tokens.access_token,
            keys,
            issuer=found.issuer.url,
            audience=found.settings.expected(found.client_id),
        )
    )
    if claims["sub"] != identity["sub"]:
        raise TokenRefused("The access token and the ID token are about two people.")
    return claims


def redirect_uri(provider_id: str) -> str:
    """Return the address to which a provider sends the browser back."""
    return f"{get_resources().settings.origin}/api/v1/auth/oidc/{provider_id}/callback"


def post_logout_redirect_uri() -> str:
    """Return the address to which a provider sends the browser back once its session has ended."""
    return f"{get_resources().settings.origin}{routes.SIGN_IN}"


async def _attempt(provider_id: str, state: str, browser: str | None) -> Attempt:
    """Return the attempt that a state is of, which is used up by that, right or wrong."""
    text = await get_resources().redis.getdel(_key(state))
    attempt = Attempt.model_validate_json(text) if text else None
    if (
        attempt is None
        or attempt.provider_id != provider_id
        or not hmac.compare_digest(attempt.browser, _digest(browser or ""))
    ):
        raise Unauthenticated(_AGAIN)
    return attempt


async def _check_answer(found: Provider, answer: Answer) -> None:
    """Raise Unauthenticated for another issuer's answer (RFC 9207), or one that is an error."""
    metadata = await found.issuer.metadata()
    missing = answer.iss is None and metadata.authorization_response_iss_parameter_supported
    if missing or (answer.iss is not None and answer.iss != found.issuer.url):
        raise Unauthenticated(f"The answer does not come from {found.name}. Sign in again.")
    if answer.error:
        code = "".join(sign for sign in answer.error if sign.isalnum() or sign == "_")[:60]
        raise Unauthenticated(f"{found.name} did not sign you in{_REASONS.get(code, '')} ({code}).")
    if not answer.code:
        raise Unauthenticated(f"{found.name} sent you back without a code. Sign in again.")


async def _read(found: Provider, tokens: TokenSet, *, nonce: str) -> tuple[Somebody, Grants, str | None]:
    """Return who signed in, what they get, and the session's id at the provider."""
    token = tokens.id_token
    if token is None:
        raise TokenRefused(f"{found.name} sent no ID token: its client needs the scope 'openid'.")
    identity = await found.issuer.verified(
        lambda keys: verify_id_token(
            token, keys, issuer=found.issuer.url, client_id=found.client_id, nonce=nonce
        )
    )
    grants = found.grants(await claims_of(found, tokens, identity))
    sid = identity.get("sid")
    who = somebody(identity, trust_emails=found.settings.trust_emails)
    return who, grants, sid if isinstance(sid, str) and sid else None


async def _let_in(found: Provider, who: Somebody, grants: Grants) -> UserRow:
    """Return who signed in, with what they get; one transaction."""
    with everywhere():
        async with get_resources().transaction() as session:
            user = await people.found_or_made(session, found, who)
            changed = await people.give(session, found, who, user.id, grants)
    if changed:
        await access_changed()
    return user


async def _keep(found: Provider, session_id: str, subject: str, tokens: TokenSet, sid: str | None) -> None:
    await kept.keep(session_id, Kept(subject, tokens.refresh_token, tokens.id_token), tokens)
    await kept.good_for(session_id, tokens.expires_in * 0.8)
    if sid is not None:
        await kept.note_sid(found.id, sid, session_id)


def _local(path: str) -> str:
    """Return `path` if it is one of ours; nobody is sent elsewhere after they signed in."""
    parts = urlsplit(path) if path.isprintable() and len(path) <= 2_000 else None
    inside = parts and not parts.scheme and not parts.netloc and path.startswith("/") and "\\" not in path
    return path if inside and not path.startswith("//") else "/"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _key(state: str) -> str:
    return f"oidc:attempt:{_digest(state)}"
