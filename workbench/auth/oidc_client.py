"""The workbench as a client of a provider, with Authlib: requests for codes and tokens, with PKCE.

Authlib writes the requests and reads the answers; they are sent with httpx, of which its own adapter wants
another generation.
"""

from dataclasses import dataclass
from typing import Any

import httpx
from authlib.common.security import generate_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from workbench.auth.oidc import Metadata, http_client, told
from workbench.errors import Unauthenticated, Unavailable

VERIFIER_CHARACTERS = 64


class GrantRefused(Unauthenticated):
    """The provider takes a code or a refresh token no more: used, expired, or its person disabled."""


class ClientRefused(Unavailable):
    """The provider does not take the workbench for its client, or does not let that do this."""


@dataclass(frozen=True)
class TokenSet:
    """What a provider gave. Times are seconds from when it did; None where it does not say."""

    access_token: str
    id_token: str | None
    refresh_token: str | None
    expires_in: float
    refresh_expires_in: float | None


def new_verifier() -> str:
    """Return a new PKCE verifier (RFC 7636 §4.1)."""
    return str(generate_token(VERIFIER_CHARACTERS))


class OidcClient:
    """One client at one provider. Each call raises Unavailable when the provider does not answer sensibly."""

    def __init__(self, metadata: Metadata, *, client_id: str, secret: str | None, scope: str) -> None:
        self._metadata = metadata
        methods = metadata.token_endpoint_auth_methods_supported
        # A secret in the body needs no escaping, about which providers disagree.
        with_secret = "client_secret_post" if "client_secret_post" in methods else "client_secret_basic"
        self._settings: dict[str, Any] = {
            "client_id": client_id,
            "client_secret": secret,
            "token_endpoint_auth_method": with_secret if secret else "none",
            "scope": scope,
        }

    def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Return where the browser goes to sign in."""
        client = _Authlib(None, redirect_uri=redirect_uri, code_challenge_method="S256", **self._settings)
        url, _ = client.create_authorization_url(
            self._metadata.authorization_endpoint, state=state, code_verifier=verifier, nonce=nonce
        )
        return str(url)

    async def exchange(self, code: str, *, verifier: str, redirect_uri: str) -> TokenSet:
        """Return the tokens for a code. Raises GrantRefused."""
        return _token_set(
            await self._ask(
                "fetch_token",
                self._metadata.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
                redirect_uri=redirect_uri,
            )
        )

    async def refresh(self, refresh_token: str) -> TokenSet:
        """Return new tokens for a refresh token. Raises GrantRefused."""
        # A refreshed token has the scopes of the first; asking for them again is refused by some.
        return _token_set(
            await self._ask(
                "refresh_token", self._metadata.token_endpoint, refresh_token=refresh_token, scope=None
            )
        )

    async def is_active(self, access_token: str) -> bool:
        """Return whether the provider still stands by a token (RFC 7662); True where it cannot be asked."""
        endpoint = self._metadata.introspection_endpoint
        if endpoint is None or self._settings["client_secret"] is None:
            return True
        answer = await self._ask("introspect_token", endpoint, token=access_token)
        try:
            answer.raise_for_status()
            return answer.json().get("active") is not False
        except (httpx.HTTPError, ValueError, AttributeError) as error:
            raise Unavailable(
                f"The identity provider cannot say whether a token counts: {told(error)}"
            ) from error

    async def _ask(self, method: str, url: str, **parameters: Any) -> Any:
        try:
            async with http_client() as http:
                return await getattr(_Authlib(http, **self._settings), method)(url, **parameters)
        except OAuth2Error as error:
            if error.error == "invalid_grant":
                raise GrantRefused("The identity provider does not take this sign-in any more.") from error
            raise ClientRefused(
                f"The identity provider refuses the workbench itself ({str(error.error)[:80]}). "
                "An administrator checks the client's id, its secret and its settings."
            ) from error
        except (httpx.HTTPError, OSError, ValueError, TypeError) as error:
            raise Unavailable(f"The identity provider does not answer: {told(error)}") from error


class _Authlib(OAuth2Client):  # type: ignore[misc]  # Authlib has no types
    """Authlib's client on top of an httpx client: the four ways in which it sends a request."""

    async def _fetch_token(self, url: str, body: str = "", **how: Any) -> Any:
        return self.parse_response_token(await self._http_post(url, body, **how))

    async def _refresh_token(self, url: str, refresh_token: str = "", body: str = "", **how: Any) -> Any:
        token = self.parse_response_token(await self._http_post(url, body, **how))
        token.setdefault("refresh_token", refresh_token)
        return token

    async def _http_post(
        self, url: str, body: str = "", auth: Any = None, headers: Any = None, **_: Any
    ) -> httpx.Response:
        url, headers, body = auth.prepare("POST", url, dict(headers or {}), body)
        answer: httpx.Response = await self.session.post(url, content=body, headers=headers)
        return answer


def _token_set(token: Any) -> TokenSet:
    """Return an answer of the token endpoint. Raises Unavailable for one without a token."""
    texts = [token.get(name) for name in ("access_token", "id_token", "refresh_token")]
    if not isinstance(texts[0], str) or not all(text is None or isinstance(text, str) for text in texts):
        raise Unavailable("The identity provider's answer holds no token.")
    lasts = token.get("refresh_expires_in")
    return TokenSet(
        texts[0],
        texts[1],
        texts[2],
        expires_in=_seconds(token.get("expires_in"), 300.0),
        refresh_expires_in=_seconds(lasts, 0.0) or None,
    )


def _seconds(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else otherwise
