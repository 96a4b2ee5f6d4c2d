"""Says what a page may load and run: its Content-Security-Policy, and what else a browser shall never do.

The scripts that stand in a page itself are allowed by their hashes, which are taken from the page as it is
served: the pages are files of the build, nothing of what people write is in them. `unsafe-eval` stays,
because Reflex's client carries out what the server sends it (a toast, an address to go to) with `eval`; an
inline script or handler that got into a page in another way does not run. Styles are set inline by React's
components.
"""

import base64
import hashlib
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE = re.compile(rb"<script(?![^>]*\bsrc\s*=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)

PLAIN = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For what is no page: data, pictures, files."""

PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid",
        "magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb",
    )
)  # fmt: skip
"""The Permissions-Policy: nothing here asks for any of these."""


class ContentPolicy:
    """ASGI middleware around everything; an answer that has a policy of its own keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer with a policy."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        policed = _Policed(send, Headers(scope=scope).get("host", ""))
        await self._app(_as_it_is(scope), receive, policed)


class _Policed:
    """Sends one answer. A page is held back until all of it is there, so that its scripts can be told."""

    def __init__(self, send: Send, host: str) -> None:
        self._send = send
        self._host = host
        self._held: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            # A 304's would replace the one that came with the page; a script has that of its page.
            bare = "content-security-policy" not in headers and message["status"] != 304
            kind = headers.get("content-type", "")
            if bare and kind.startswith("text/html"):
                self._held = message
                return
            if bare and "javascript" not in kind:
                headers["Content-Security-Policy"] = PLAIN
        elif self._held is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            MutableHeaders(scope=self._held)["Content-Security-Policy"] = page(
                self._host, inline_scripts(bytes(self._body))
            )
            await self._send(self._held)
            message, self._held = {**message, "body": bytes(self._body)}, None
        await self._send(message)


def page(host: str, scripts: Iterable[bytes]) -> str:
    """Return the policy of a page that `host` serves, with these scripts in it."""
    hashes = " ".join(sorted({_hash(script) for script in scripts}))
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'unsafe-eval' {hashes}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' ws://{host} wss://{host}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def inline_scripts(html: bytes) -> list[bytes]:
    """Return the scripts that stand in a page itself."""
    return [found[1] for found in _INLINE.finditer(html)]


def _hash(script: bytes) -> str:
    # What a browser hashes is the text of the element, with line ends as HTML has them.
    text = script.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"


def _as_it_is(scope: Scope) -> Scope:
    """Return the scope of a request whose answer, if it is a page, comes through here readable and whole."""
    if not any(name == b"accept" and b"text/html" in value for name, value in scope["headers"]):
        return scope
    extensions = {**scope.get("extensions", {})}
    extensions.pop("http.response.pathsend", None)  # by which the server sends a file past us
    headers = [item for item in scope["headers"] if item[0] != b"accept-encoding"]
    return {**scope, "headers": headers, "extensions": extensions}
