"""Sends one request and reads one bounded answer, following redirects by its own rules."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self

import httpx

from engine.errors import Failure, NodeFailed
from engine.outbound.network import GuardedNetwork, GuardedTransport, Resolver, resolve
from engine.outbound.policy import OutboundPolicy

CONNECT_TIMEOUT_S = 10.0

KEPT_ACROSS_ORIGINS = frozenset(
    {
        "host",
        "accept",
        "accept-encoding",
        "accept-language",
        "user-agent",
        "content-type",
        "content-length",
        "range",
    }
)
"""Headers that follow a redirect to another origin. Any other may hold a credential, and stays behind."""


@dataclass(frozen=True)
class Answer:
    """A whole response: its body is decompressed and no longer than the policy's limit."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: httpx.URL

    @property
    def media_type(self) -> str:
        """Return the content type without parameters, in lower case; empty when there is none."""
        content_type: str = self.headers.get("content-type", "")
        return content_type.partition(";")[0].strip().lower()


class OutboundClient:
    """A pool of connections under one policy. One instance serves a whole event loop; close it at the end."""

    def __init__(
        self,
        policy: OutboundPolicy,
        *,
        resolver: Resolver = resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.policy = policy
        for name in ("httpx", "httpcore"):  # they log whole URLs and headers, and those may hold secrets
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = httpx.AsyncClient(
            transport=GuardedTransport(
                GuardedNetwork(policy, resolver), ssl_context or httpx.create_ssl_context()
            ),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"Accept-Encoding": "gzip, deflate", "User-Agent": "workbench"},
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        follow_redirects: bool = True,
        max_bytes: int | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """Send a request and return the answer, whatever its status.

        Raises NodeFailed with kind `http.bad-url`, `http.bad-request`, `http.bad-answer`, `http.connection`,
        `http.refused-address`, `http.timeout`, `http.too-large` or `http.too-many-redirects`.
        """
        request = self._request(method, url, headers or {}, content)
        limit = min(max_bytes or self.policy.max_bytes, self.policy.max_bytes)
        try:
            async with asyncio.timeout(timeout_s) as clock:
                return await self._follow(request, follow_redirects, limit)
        except TimeoutError:
            if not clock.expired():
                raise
            failure = Failure(kind="http.timeout", message=f"No whole answer within {timeout_s:g} seconds")
            raise NodeFailed(failure, retryable=True) from None

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> httpx.Request:
        try:
            request = self._client.build_request(method, url, headers=dict(headers), content=content)
        except (httpx.InvalidURL, UnicodeError, ValueError, TypeError) as error:
            failure = Failure(
                kind="http.bad-request",
                message=f"The request cannot be built: {error}",
                hint="Check the URL and the headers.",
            )
            raise NodeFailed(failure) from error
        _check_url(request.url)
        return request

    async def _follow(self, request: httpx.Request, follow_redirects: bool, limit: int) -> Answer:
        for _ in range(self.policy.max_redirects + 1):
            async with self._sent(request) as response:
                following = response.next_request if follow_redirects else None
                if following is None:
                    return Answer(
                        response.status_code, response.headers, await _body(response, limit), request.url
                    )
            _check_url(following.url)
            request = _stripped(request, following)
        failure = Failure(
            kind="http.too-many-redirects",
            message=f"More than {self.policy.max_redirects} redirects",
            hint="The service sends its visitors in a circle; check the address.",
        )
        raise NodeFailed(failure)

    @asynccontextmanager
    async def _sent(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        try:
            response = await self._client.send(request, stream=True, follow_redirects=False)
        except httpx.RemoteProtocolError as error:
            failure = Failure(
                kind="http.bad-answer", message=str(error), hint="The service's redirect is broken."
            )
            raise NodeFailed(failure) from error
        try:
            yield response
        finally:
            await response.aclose()


def _check_url(url: httpx.URL) -> None:
    if url.scheme not in {"http", "https"} or not url.host:
        failure = Failure(
            kind="http.bad-url",
            message=f"{url.scheme or 'An address without a scheme'} cannot be requested",
            hint="Use an address that begins with http:// or https:// and names a host.",
        )
        raise NodeFailed(failure)
    if url.port is not None and not 0 < url.port < 65_536:
        message = f"{url.netloc.decode('ascii', 'replace')} cannot be requested: there is no port {url.port}"
        raise NodeFailed(Failure(kind="http.bad-url", message=message, hint="A port is at most 65535."))


def _stripped(request: httpx.Request, following: httpx.Request) -> httpx.Request:
    """Return the redirected request without credentials, should it go to another origin."""
    before, after = request.url, following.url
    upgraded = before.host == after.host and (before.scheme, after.scheme) == ("http", "https")
    if _origin(before) != _origin(after) and not (upgraded and before.port is None and after.port is None):
        for name in set(following.headers) - KEPT_ACROSS_ORIGINS:
            del following.headers[name]
    return following


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _body(response: httpx.Response, limit: int) -> bytes:
    """Read the body, decompressed, and stop as soon as it is longer than `limit` bytes."""
    parts, size = [], 0
    try:
        async for part in response.aiter_bytes():
            size += len(part)
            if size > limit:
                raise _too_large(limit)
            parts.append(part)
    except httpx.DecodingError as error:
        failure = Failure(kind="http.bad-answer", message=f"The answer cannot be decompressed: {error}")
        raise NodeFailed(failure) from error
    return b"".join(parts)


def _too_large(limit: int) -> NodeFailed:
    return NodeFailed(
        Failure(
            kind="http.too-large",
            message=f"The answer is larger than {limit / 2**20:g} MiB",
            hint="Ask for less at a time, for example page by page.",
        )
    )
