"""Keeps foreign web pages away: neither one elsewhere nor a rebound name can drive the workbench.

A browser lets any page send requests to 127.0.0.1. It always says in `Origin` where a script's request or a
websocket comes from, and in `Host` by which name the server was found, and no page can forge either. So:

- `Host` has to be a loopback name or one of `allowed_hosts`: that stops DNS rebinding. The port is not
  compared, so that a tunnel to another local port works.
- `Origin`, where there is one, has to be the very host and port that were asked, or one of `allowed_hosts`:
  that stops cross-site requests of every method, and cross-site websockets.
- What changes something and says that it comes from another site (`Sec-Fetch-Site`) is refused as well. At a
  webhook's address every method changes something: a link or a picture elsewhere starts no run.
- What changes something, or opens a websocket, by a session's cookie has to say where it comes from: a
  browser does, and a program has no cookie but a key.

Programs that are no browsers send neither `Origin` nor `Sec-Fetch-Site`; they are not concerned. One that
comes through a tunnel under a public name needs that name in `allowed_hosts`.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.content_policy import PERMISSIONS
from workbench.api.problems import HOOKS, public_path, respond
from workbench.settings import get_settings

log = structlog.get_logger(__name__)

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": PERMISSIONS,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Set on every response that does not set them itself."""

_HTTPS_FOR_S = 365 * 24 * 3600
"""How long a browser that was here over HTTPS comes over nothing else."""

_HOST = re.compile(r"(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{0,5})?", re.ASCII | re.IGNORECASE)
"""What may stand in `Host`: its name is told to browsers in a page's policy."""

_COOKIE = re.compile(r"(?:^|;)\s*(?:__Host-)?workbench=")
"""A session's cookie among others, see `services.sessions.cookie_name`."""

_MOST_HEADERS = 32_000
"""Bytes that the headers of one request may have together; a browser's have a tenth of it."""

_API = "/api/v1/"
_FOR_GOOD = "/assets/"
"""Below it are the build's files whose names change with their content."""


FOREIGN = "A page of another site may not use this workbench."


class HostOriginGate:
    """ASGI middleware around everything the web process serves. `allowed_hosts` are `name` or `name:port`."""

    def __init__(self, app: ASGIApp, *, allowed_hosts: Iterable[str] | None = None) -> None:
        self._app = app
        hosts = _hosts() if allowed_hosts is None else allowed_hosts
        self._allowed = {entry for host in hosts if (entry := split_host(host.strip()))}
        self._always = _HEADERS | _over_https()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass, with the security headers; refuse the rest with 403."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        status, reason = self._refusal(scope)
        if not reason:
            await self._app(scope, receive, _with_headers(send, self._always | _cached(scope)))
            return
        log.warning("gate.refused", reason=reason, path=public_path(scope["path"]), type=scope["type"])
        if scope["type"] == "websocket":
            await _refuse_websocket(receive, send)
        else:
            await respond(status, reason)(scope, receive, _with_headers(send, self._always))

    def _refusal(self, scope: Scope) -> tuple[int, str]:
        """Return with which status and why a request is refused; no reason when it passes."""
        if sum(len(name) + len(value) for name, value in scope["headers"]) > _MOST_HEADERS:
            return 431, f"The headers have more than {_MOST_HEADERS} bytes. Delete this site's cookies."
        reason = self._foreign(scope)
        return 403, reason

    def _foreign(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = split_host(hosts[0]) if len(hosts) == 1 else None
        if host is None or not self._is_ours(host):
            return (
                "This workbench does not answer to that host name. "
                "If it is meant to, add the name to WORKBENCH_ALLOWED_HOSTS."
            )
        port = host[1] or _DEFAULT_PORTS[scope.get("scheme", "http")]
        if any(not self._same_site(origin, (host[0], port)) for origin in headers.getlist("origin")):
            return FOREIGN
        foreign = headers.get("sec-fetch-site") in ("cross-site", "same-site")
        safe = scope.get("method", "GET") in _SAFE_METHODS and not scope["path"].startswith(HOOKS)
        if foreign and not safe:
            return FOREIGN
        by_cookie = "authorization" not in headers and _COOKIE.search(headers.get("cookie", ""))
        told = "origin" in headers or (scope["type"] == "http" and "sec-fetch-site" in headers)
        if by_cookie and not told and not (safe and scope["type"] == "http"):
            return "A request with a session's cookie has to say in `Origin` where it comes from."
        return ""

    def _is_ours(self, host: tuple[str, int | None]) -> bool:
        name, port = host
        return name in LOOPBACK or (name, port) in self._allowed or (name, None) in self._allowed

    def _same_site(self, origin: str, asked: tuple[str, int]) -> bool:
        """Return whether `origin` is what was asked, or allowed by name; `null` is neither."""
        scheme, _, netloc = origin.partition("://")
        host = split_host(netloc)
        if host is None or scheme not in ("http", "https"):
            return False
        name, port = host[0], host[1] or _DEFAULT_PORTS[scheme]
        return (name, port) == asked or (name, port) in self._allowed or (name, None) in self._allowed


def _over_https() -> dict[str, str]:
    """Return what keeps browsers to HTTPS where people reach the workbench over it."""
    https = get_settings().origin.startswith("https:")
    return {"Strict-Transport-Security": f"max-age={_HTTPS_FOR_S}"} if https else {}


def _hosts() -> list[str]:
    """Return the names by which the operator lets this workbench be called."""
    settings = get_settings()
    return [*settings.allowed_hosts, *([urlsplit(settings.public_url).netloc] if settings.public_url else [])]


def split_host(text: str) -> tuple[str, int | None] | None:
    """Return the name, in lower case and without brackets, and the port of `name:port`; None for nonsense."""
    if not _HOST.fullmatch(text):
        return None
    try:
        parts = urlsplit(f"//{text}")
        return (parts.hostname.rstrip("."), parts.port) if parts.hostname else None
    except ValueError:
        return None


def _cached(scope: Scope) -> dict[str, str]:
    """Return how long a response may be kept: one that does not say is asked for again each time.

    What the API says of people's things is not kept at all: whoever uses the browser next has no right to it.

    Left to itself a browser keeps pages for a tenth of their age. Those of an older build then meet this one,
    and Reflex covers them with a banner that asks for a reload.
    """
    if scope["type"] == "http" and scope["path"].startswith(_FOR_GOOD):
        return {}
    return {"Cache-Control": "no-store" if scope["path"].startswith(_API) else "no-cache"}


def _with_headers(send: Send, more: Mapping[str, str]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in more.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


async def _refuse_websocket(receive: Receive, send: Send) -> None:
    """Close before accepting, which the server answers with 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})
