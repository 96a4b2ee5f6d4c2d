"""Verifying the tokens that a provider signs. Pure: the keys, and what is expected, are given.

Only signatures that cannot be made by who merely reads the public keys are accepted: `none` and `HS…` never
are, whatever a token's header says, and its `jku`, `jwk` and `x5u` are not looked at. Every claim is checked
with joserfc's registry; decoding alone checks nothing. Rules: OpenID Connect Core 1.0 §3.1.3.7, RFC 7519,
RFC 8725, Back-Channel Logout 1.0 §2.6.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from joserfc import jws, jwt
from joserfc.errors import (
    ExpiredTokenError,
    InvalidClaimError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
)
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from workbench.errors import Unauthenticated

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA", "Ed25519")
LEEWAY_S = 30
"""How far a provider's clock may be off."""

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

Claims = dict[str, Any]


class TokenRefused(Unauthenticated):
    """A token is not one to be believed; the message says why, and holds nothing of it."""


class UnknownKey(TokenRefused):
    """A token names a key that is not among those known: the provider may have new ones."""


@dataclass(frozen=True)
class Audience:
    """Whom an access token has to be meant for: `value` in its `aud`, or as its `azp`."""

    value: str
    claim: Literal["aud", "azp"] = "aud"


def looks_signed(token: str) -> bool:
    """Return whether a token is three parts, and so may be one that can be read here; else it is opaque."""
    return token.count(".") == 2


def issuer_of(token: str) -> str:
    """Return the issuer that a token claims to be of: nothing to believe, only whose keys to verify it with.

    Raises TokenRefused for what is no signed token.
    """
    try:
        payload = json.loads(urlsafe_b64decode(token.split(".")[1].encode()))
        return str(payload["iss"])
    except (ValueError, TypeError, KeyError, IndexError, RecursionError) as error:
        raise TokenRefused("This is no token that a provider signed.") from error


def verify(token: str, keys: KeySet, *, issuer: str, essential: tuple[str, ...] = ()) -> Claims:
    """Return the claims of a token that `issuer` signed and that is valid now. Raises TokenRefused."""
    needed: dict[str, Any] = {name: {"essential": True} for name in ("exp", "iat", *essential)}
    registry = JWTClaimsRegistry(leeway=LEEWAY_S, iss={"essential": True, "value": issuer}, **needed)
    try:
        decoded = jwt.decode(
            token, keys, registry=jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        )
        registry.validate(decoded.claims)
    except InvalidKeyIdError as error:
        raise UnknownKey("The token was signed with a key that its provider does not publish.") from error
    except ExpiredTokenError as error:
        raise TokenRefused("The token has expired.") from error
    except MissingClaimError as error:
        raise TokenRefused(f"The token lacks {error.claim}.") from error
    except InvalidClaimError as error:
        raise TokenRefused(_WRONG.get(error.claim, f"The token's {error.claim!r} is not right.")) from error
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise TokenRefused("The token is not one that its provider signed.") from error
    return decoded.claims


_WRONG = {
    "iss": "The token is of another issuer than this provider.",
    "nbf": "The token is not valid yet.",
    "iat": "The token was issued in the future.",
}


def verify_id_token(token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str | None) -> Claims:
    """Return who signed in. `nonce` is the request's, None when it was renewed. Raises TokenRefused."""
    claims = verify(token, keys, issuer=issuer, essential=("sub", "aud"))
    _of_kind(claims, "ID")
    audience = claims["aud"]
    if client_id not in ([audience] if isinstance(audience, str) else audience):
        raise TokenRefused("The ID token is meant for another client than this workbench.")
    if claims.get("azp", client_id) != client_id:
        raise TokenRefused("The ID token was given to another client than this workbench.")
    if nonce is not None and claims.get("nonce") != nonce:
        raise TokenRefused("The ID token answers another sign-in.")
    return claims


def verify_access_token(token: str, keys: KeySet, *, issuer: str, audience: Audience) -> Claims:
    """Return what an access token allows. Raises TokenRefused, for an ID token or a logout token as well."""
    claims = verify(token, keys, issuer=issuer, essential=("sub",))
    _of_kind(claims, "Bearer")
    if "nonce" in claims or "at_hash" in claims or "events" in claims:
        raise TokenRefused("This is no access token.")
    if "cnf" in claims:
        raise TokenRefused("The token is bound to a key or certificate, and so is no bearer token.")
    held = claims.get(audience.claim)
    if audience.value not in (held if isinstance(held, list) else [held]):
        raise TokenRefused(
            f"The access token is not meant for this workbench: its {audience.claim!r} lacks "
            f"{audience.value!r}. An administrator adds that audience at the provider, or changes what is "
            "expected on the workbench's page of providers."
        )
    return claims


def verify_logout_token(token: str, keys: KeySet, *, issuer: str, client_id: str) -> Claims:
    """Return whose sessions a provider ended: its `sub`, its `sid`, or both. Raises TokenRefused."""
    claims = verify(token, keys, issuer=issuer, essential=("aud", "jti", "events"))
    audience, events = claims["aud"], claims["events"]
    if client_id not in ([audience] if isinstance(audience, str) else audience):
        raise TokenRefused("The logout token is meant for another client than this workbench.")
    if not isinstance(events, dict) or LOGOUT_EVENT not in events or "nonce" in claims:
        raise TokenRefused("This is no logout token.")
    if not all(isinstance(claims.get(name, ""), str) for name in ("sub", "sid", "jti")):
        raise TokenRefused("The logout token's claims are not right.")
    if not claims.get("sub") and not claims.get("sid"):
        raise TokenRefused("The logout token says neither whose nor which session ended.")
    return claims


def _of_kind(claims: Claims, kind: str) -> None:
    """Refuse what Keycloak says is a token of another kind; others do not say."""
    if claims.get("typ", kind) != kind or not claims["sub"]:
        raise TokenRefused("This is a token of another kind.")
