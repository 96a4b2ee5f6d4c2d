"""Connections to checked addresses only: a name is resolved once, judged, and that very address is dialled.

Checking a URL before the request would leave a gap in which the name can be made to point elsewhere (DNS
rebinding). Here the check stands between resolving and connecting, at each redirect as well; TLS still
verifies the certificate against the name.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import httpcore
import httpx

from engine.errors import Failure, NodeFailed
from engine.outbound.policy import Address, OutboundPolicy, parse_address, refuse_service

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Turns a host name and port into IP addresses, best first; OSError when there are none."""

MAX_CONNECTIONS = 200
KEEP_ALIVE_S = 30.0


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Opens TCP connections for httpcore, to addresses the policy permits."""

    def __init__(self, policy: OutboundPolicy, resolver: Resolver = resolve) -> None:
        self._policy = policy
        self._resolver = resolver
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers; NodeFailed if one of them is refused."""
        failure: Exception | None = None
        for address in await self._checked(host, port):
            try:
                return await self._backend.connect_tcp(
                    str(address),
                    port,
                    timeout=timeout,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def _checked(self, host: str, port: int) -> list[Address]:
        addresses = await self._addresses(host, port)
        services = [await self._addresses(name, port) for name in self._policy.service_hosts(port)]
        own = {address for service in services for address in service}
        for address in addresses:
            self._policy.check(address)
            if own:
                refuse_service(address, own)
        return addresses

    async def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            return [parse_address(host.strip("[]"))]
        except ValueError:
            pass
        try:
            return [parse_address(text) for text in await self._resolver(host, port)]
        except OSError as error:
            raise _unknown_host(host) from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no URL leads to a socket file."""
        raise httpcore.UnsupportedProtocol("Unix sockets are not reached by requests")

    async def sleep(self, seconds: float) -> None:
        """Pause between httpcore's own connection attempts."""
        await asyncio.sleep(seconds)


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx's transport over a GuardedNetwork. It uses no proxy: that would resolve names by itself."""

    def __init__(self, network: httpcore.AsyncNetworkBackend, ssl_context: ssl.SSLContext) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context,
            network_backend=network,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEP_ALIVE_S,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; NodeFailed for whatever goes wrong on the way."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        outgoing = httpcore.Request(
            method=request.method,
            url=url,
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            response = await self._pool.handle_async_request(outgoing)
        except _WAYS_TO_FAIL as error:
            raise connection_failed(request.url, error) from error
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Stream(response, request.url),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    """The body as it arrives; what breaks it off is told like any other failure."""

    def __init__(self, response: httpcore.Response, url: httpx.URL) -> None:
        self._response = response
        self._url = url

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._response.aiter_stream():
                yield part
        except _WAYS_TO_FAIL as error:
            raise connection_failed(self._url, error) from error

    async def aclose(self) -> None:
        await self._response.aclose()


_WAYS_TO_FAIL = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
)


def connection_failed(url: httpx.URL, error: Exception) -> NodeFailed:
    """Return what a person should know about a request that got no answer."""
    where = url.netloc.decode("ascii", "replace")
    if isinstance(error, httpcore.TimeoutException):
        failure = Failure(
            kind="http.timeout", message=f"{where} did not answer in time", hint="Try again later."
        )
    elif isinstance(error, httpcore.UnsupportedProtocol):
        failure = Failure(
            kind="http.bad-url", message=f"{url.scheme}:// cannot be requested", hint="Use http or https."
        )
        return NodeFailed(failure)
    elif isinstance(error, httpcore.LocalProtocolError):
        failure = Failure(
            kind="http.bad-request", message=f"The request cannot be sent: {error}", hint="Check headers."
        )
        return NodeFailed(failure)
    else:
        reason = str(error) or type(error).__name__
        failure = Failure(
            kind="http.connection",
            message=f"No answer from {where}: {reason}",
            hint="Check the address, and that the service is up.",
        )
    return NodeFailed(failure, retryable=True)


def _unknown_host(host: str) -> NodeFailed:
    failure = Failure(
        kind="http.connection",
        message=f"The name {host} cannot be resolved",
        hint="Check the host name for a typo.",
    )
    return NodeFailed(failure, retryable=True)
