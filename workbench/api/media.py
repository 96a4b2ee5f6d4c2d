"""Bodies are JSON and say so: a page elsewhere can send text and forms unasked, but no JSON.

For JSON a browser first asks whether the page may, and is refused (`api.gate`). So a body that calls itself
something else, or nothing, is not read at all.
"""

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.api.problems import HOOKS, respond

_JSON = re.compile(r"\s*application/(?:[\w.-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_API = "/api/v1/"
_OTHERS = re.compile(rf"{HOOKS}|{_API}(?:auth/oidc/[^/]+/backchannel-logout|hitl/tasks/[^/]+/files)$")
"""Where bodies are what programs elsewhere send, or files."""


class JsonOnly:
    """ASGI middleware around the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 415."""
        if scope["type"] == "http" and _is_ours(scope["path"]) and not _is_json(Headers(scope=scope)):
            refused = respond(415, "Send JSON, with the header Content-Type: application/json.")
            await refused(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_ours(path: str) -> bool:
    return path.startswith(_API) and not _OTHERS.match(path)


def _is_json(headers: Headers) -> bool:
    """Return whether a request's body is JSON; one that has none may say what it likes."""
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    return not has_body or _JSON.fullmatch(headers.get("content-type", "")) is not None
