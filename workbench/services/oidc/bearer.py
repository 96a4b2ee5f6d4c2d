"""Programs and people that call the API with a token of a provider: `Authorization: Bearer <JWT>`.

What a caller may do is what this very token's claims give, with what its account has of its own: a token with
fewer roles stays one with fewer roles, and nothing that a browser's sign-in gave is changed by it.
"""

import hashlib
from dataclasses import dataclass, replace
from time import monotonic, time
from typing import Literal

import structlog

from workbench.auth.claims import Grants, somebody
from workbench.auth.tokens import Claims, TokenRefused, issuer_of, verify_access_token
from workbench.db import identity as queries
from workbench.db.identity import Standing
from workbench.errors import Forbidden, Unauthenticated, Unavailable
from workbench.services import audit, rate_limits
from workbench.services.access import everywhere
from workbench.services.epoch import epoch
from workbench.services.oidc import kept, people
from workbench.services.oidc.configured import Provider, of_issuer
from workbench.services.rate_limits import Limit, Paused
from workbench.services.resources import get_resources

log = structlog.get_logger(__name__)

MOST_REMEMBERED = 2_000
LONGEST_TOKEN = 16_000
Kind = Literal["person", "service"]

BAD = Limit("bearer", free=200)
"""Tries with tokens that are not good, from one address. None can be guessed: this bounds work and log."""


@dataclass(frozen=True)
class _Remembered:
    epoch: str
    until: float
    standing: Standing
    kind: Kind


_remembered: dict[bytes, _Remembered] = {}
"""By the SHA-256 of a token that was verified."""


async def standing_of(token: str, *, address: str = "") -> tuple[Standing, Kind]:
    """Return who a token is about and what they have; `address` is where it comes from.

    Raises Unauthenticated, TooMany for one who sends many that are not good, or Unavailable.
    """
    if len(token) > LONGEST_TOKEN:
        raise TokenRefused("The token is too long.")
    key, at = hashlib.sha256(token.encode(errors="replace")).digest(), await epoch()
    known = _remembered.get(key)
    if known is None or known.epoch != at or known.until < monotonic():
        known = await _believed(token, at, address)
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = known
    return known.standing, known.kind


async def _believed(token: str, at: str, address: str) -> _Remembered:
    """Return what a token gives that was not seen before. Those that are not good are counted and noted."""
    where, action = rate_limits.network(address), "tokens:use"
    try:
        await rate_limits.count(BAD, where)
    except Paused as error:
        if error.first:
            detail = {"reason": "too many tries"}
            await audit.refused(None, action, detail=detail, address=address)
        raise
    try:
        found = await _verified(token, at)
    except TokenRefused as error:
        await audit.refused(None, action, detail={"reason": str(error)}, address=address)
        raise
    except Unavailable:
        await rate_limits.forgive(BAD, where)
        raise
    await rate_limits.forgive(BAD, where)
    return found


async def _verified(token: str, at: str) -> _Remembered:
    found = await of_issuer(issuer_of(token))
    if found is None:
        raise TokenRefused("The token is of no provider that is in use here.")
    claims = await found.issuer.verified(
        lambda keys: verify_access_token(
            token,
            keys,
            issuer=found.issuer.url,
            audience=found.settings.expected(found.client_id),
        )
    )
    if found.settings.introspect and not await _stands_by(found, token):
        raise TokenRefused("The provider does not stand by this token any more.")
    standing, kind = await _standing(found, claims)
    left = min(claims["exp"] - time(), kept.MOST_S)
    return _Remembered(at, monotonic() + left, standing, kind)


async def _stands_by(found: Provider, token: str) -> bool:
    """Return whether a provider stands by its token; one that does not answer is taken to."""
    try:
        return await (await found.client()).is_active(token)
    except (Unavailable, Unauthenticated) as error:
        log.warning("oidc.introspection", provider=found.id, error=str(error))
        return True


async def _standing(found: Provider, claims: Claims) -> tuple[Standing, Kind]:
    who = somebody(claims, trust_emails=found.settings.trust_emails)
    try:
        with everywhere():
            async with get_resources().transaction() as session:
                user = await people.found_or_made(session, found, who)
                own = await queries.standing(session, user.id, but=found.id)
                grants = found.grants(claims)
                groups = await queries.roles_of_groups(session, grants.groups)
    except Forbidden as error:
        raise TokenRefused(str(error)) from error
    if own is None:
        raise TokenRefused("The account is disabled. Ask an administrator of this workbench.")
    return _with(own, replace(grants, roles=grants.roles | groups)), who.kind


def _with(own: Standing, grants: Grants) -> Standing:
    """Return what somebody has of their own together with what a token gives."""
    roles = dict(own.roles)
    for workspace_id, role in grants.roles:
        if workspace_id in own.workspaces:
            roles[workspace_id] = roles.get(workspace_id, frozenset()) | {role}
    return replace(
        own,
        administrator=own.administrator or grants.administrator,
        groups=own.groups | grants.groups,
        roles={id_: roles[id_] for id_ in own.workspaces if id_ in roles},
    )
