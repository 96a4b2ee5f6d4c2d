"""Files that people drop on a page: Reflex takes them over HTTP, beside the websocket, for any tab's token.

So before it takes one, it is asked here what is asked of events elsewhere: who sends it, by the session of
this very request, and whether the tab is theirs. A tab's token proves nothing. What Reflex would answer with
its own trace is answered in words, and nothing can be fetched from where it would keep files.
"""

import re
from collections.abc import Awaitable, Callable

import structlog
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.bodies import MAX_BYTES
from workbench.api.principal import credentials_of
from workbench.api.problems import respond
from workbench.errors import WorkbenchError
from workbench.services import identity
from workbench.services.resources import get_resources

log = structlog.get_logger(__name__)

PATH = "/_upload"
_TOKEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class _TooLarge(Exception):
    pass


class UploadGate:
    """ASGI middleware around Reflex.

    `takes` says whether an event handler takes files, `cookie` with which session a tab was opened.
    """

    def __init__(
        self, app: ASGIApp, *, takes: Callable[[str], bool], cookie: Callable[[str], Awaitable[str | None]]
    ) -> None:
        self._app = app
        self._takes = takes
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http" or not _is_at(scope["path"]):
            await self._app(scope, receive, send)
        elif refused := await self._refusal(Request(scope)):
            await refused(scope, receive, send)
        else:
            await self._take(scope, receive, send)

    async def _refusal(self, request: Request) -> Response | None:
        if request.method != "POST" or request.url.path != PATH:
            return respond(404, "There are no files here.")
        headers = request.headers
        token = headers.get("reflex-client-token", "")
        if not _TOKEN.fullmatch(token) or not self._takes(headers.get("reflex-event-handler", "")):
            return respond(400, "Files are sent by the workbench's own pages only.")
        if not headers.get("content-type", "").lower().startswith("multipart/form-data"):
            return respond(415, "Send the file as multipart/form-data.")
        if _length(headers) > MAX_BYTES:
            return _too_large()
        try:
            return await self._foreign(request, token)
        except WorkbenchError as error:
            return respond(error.status, str(error), code=error.code)

    async def _foreign(self, request: Request, token: str) -> Response | None:
        """Return the refusal of a file for another's tab. Raises Unauthenticated, Unavailable."""
        caller = await identity.authenticate(credentials_of(request))
        if get_resources().settings.mode == "single":
            return None
        if caller.session is None or await self._cookie(token) != caller.credentials.cookie:
            return respond(403, "This page was opened by somebody else. Load it again.")
        return None

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let Reflex take the file; what it cannot read, or what is too large, is refused in words."""
        taken, begun = 0, False

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BYTES:
                raise _TooLarge
            return message

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and message["status"] < 500:
                begun = True
            if begun:
                await send(message)

        try:
            await self._app(scope, bounded, sending)
        except _TooLarge:
            await _too_large()(scope, receive, send)
        except Exception as error:
            if begun:
                raise
            log.warning("upload.refused", error=type(error).__name__)
            await respond(400, "The file cannot be read as it was sent.")(scope, receive, send)


def _is_at(path: str) -> bool:
    return path == PATH or path.startswith(f"{PATH}/")


def _length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def _too_large() -> Response:
    return respond(413, f"The file is larger than {MAX_BYTES / 1e6:.0f} MB.")
