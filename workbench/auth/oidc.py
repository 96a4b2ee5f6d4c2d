"""What a provider of OpenID Connect says of itself: discovery and keys, kept and asked anew.

Issuers are named by administrators, not by documents, so they may stand at private addresses, as most of
them do; requests go out with the operator's trust and proxies (`SSL_CERT_FILE`, `HTTPS_PROXY`). Only an
issuer on this machine may be without TLS.
"""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from workbench.auth.tokens import Claims, UnknownKey
from workbench.errors import Unavailable

log = structlog.get_logger(__name__)

TIMEOUT_S = 5.0
MAX_BYTES = 1_000_000
KEPT_S = 600.0
"""How long metadata and keys are believed without asking again."""

REFETCH_S = 10.0
"""How often an unknown key may be looked for: tokens with invented keys cost the provider nothing."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def checked_url(url: str) -> str:
    """Return `url` if it may be asked for something. Raises ValueError with what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("It has to be an address that begins with https:// and holds no password.")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("It has to begin with https://; only on this machine it may be http://.")
    return url


Url = Annotated[str, AfterValidator(checked_url)]


class Metadata(BaseModel):
    """What is used of a discovery document (OpenID Connect Discovery 1.0 §3)."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: Url
    token_endpoint: Url
    jwks_uri: Url
    end_session_endpoint: Url | None = None
    introspection_endpoint: Url | None = None
    authorization_response_iss_parameter_supported: bool = False
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Issuer:
    """One issuer: what it says of itself and its keys, fetched when first needed.

    What was fetched once is still believed while the issuer does not answer: its absence ends nothing.
    Everything raises Unavailable when nothing is known yet, with what a person can do about it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._metadata: Metadata | None = None
        self._keys: KeySet | None = None
        self._metadata_at = self._keys_at = -KEPT_S
        self._refetched_at = -REFETCH_S
        self._lock = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """Return what the issuer says of itself."""
        async with self._lock:
            if self._metadata is None or monotonic() - self._metadata_at > KEPT_S:
                try:
                    self._metadata = await discover(self.url)
                except Unavailable as error:
                    if self._metadata is None:
                        raise
                    log.warning("oidc.discovery", issuer=self.url, error=str(error))
                self._metadata_at = monotonic()
            return self._metadata

    async def verified(self, check: Callable[[KeySet], Claims]) -> Claims:
        """Return what `check` makes of the issuer's keys; a key unknown to it is looked for once."""
        try:
            return check(await self._current_keys())
        except UnknownKey:
            if monotonic() - self._refetched_at < REFETCH_S:
                raise
            self._refetched_at = monotonic()
            self._keys_at = -KEPT_S
            return check(await self._current_keys())

    async def _current_keys(self) -> KeySet:
        metadata = await self.metadata()
        async with self._lock:
            if self._keys is None or monotonic() - self._keys_at > KEPT_S:
                try:
                    self._keys = _key_set(await fetch(metadata.jwks_uri), metadata.jwks_uri)
                except Unavailable as error:
                    if self._keys is None:
                        raise
                    log.warning("oidc.keys", issuer=self.url, error=str(error))
                self._keys_at = monotonic()
            return self._keys


async def discover(issuer: str) -> Metadata:
    """Return what an issuer says of itself, asked now. Raises Unavailable."""
    document = await fetch(issuer.rstrip("/") + "/.well-known/openid-configuration")
    try:
        metadata = Metadata.model_validate(document)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise Unavailable(
            f"What {issuer} says of itself cannot be used: {wrong['loc'][0]}: {wrong['msg']}"
        ) from error
    if metadata.issuer != issuer:
        raise Unavailable(
            f"The provider calls itself {metadata.issuer[:200]}, not {issuer}. Use the issuer that it names."
        )
    return metadata


async def fetch(url: str) -> dict[str, Any]:
    """Return a JSON object from a provider. Raises Unavailable."""
    try:
        async with asyncio.timeout(TIMEOUT_S), http_client() as client, client.stream("GET", url) as answer:
            answer.raise_for_status()
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise Unavailable(f"{url} answers with more than {MAX_BYTES} bytes.")
        found = httpx.Response(200, content=bytes(body)).json()
    except (httpx.HTTPError, OSError, ValueError, RecursionError) as error:
        raise Unavailable(f"The identity provider does not answer at {url}: {told(error)}") from error
    if not isinstance(found, dict):
        raise Unavailable(f"{url} does not answer with a JSON object.")
    return found


def http_client() -> httpx.AsyncClient:
    """Return a client for requests to providers; it follows no redirects and keeps no cookies."""
    return httpx.AsyncClient(timeout=TIMEOUT_S, headers={"User-Agent": "workbench"})


def told(error: Exception) -> str:
    """Return what went wrong with a request, in a line."""
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        return "there is nothing at this address (HTTP 404)" if status == 404 else f"HTTP {status}"
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"no answer in {TIMEOUT_S:.0f} s"
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _key_set(document: dict[str, Any], url: str) -> KeySet:
    try:
        return KeySet.import_key_set({"keys": list(document["keys"])})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Unavailable(f"The keys at {url} cannot be read.") from error
