"""Leads whoever opens a page without being signed in to where they can sign in, or set the workbench up.

The pages themselves are files that hold nothing, and what they show comes through events, which ask who is
calling (`state.guard`). So this is manners, not protection: it lets pass what it cannot judge.
"""

from urllib.parse import parse_qs

import structlog
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench import routes
from workbench.api.principal import credentials_of
from workbench.errors import Unauthenticated, Unavailable
from workbench.services import identity, set_up
from workbench.services.resources import get_resources

log = structlog.get_logger(__name__)

_NO_PAGES = ("/api/", "/assets/", "/_", "/ping")
"""Beginnings of paths that are the API's, the build's files, or Reflex's own."""

_OPEN = frozenset({routes.SIGN_IN, routes.SET_UP, routes.INVITATION})


class PageGate:
    """ASGI middleware around the pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer with where to go first."""
        elsewhere = await _elsewhere(Request(scope)) if _is_gated(scope) else None
        if elsewhere is None:
            await self._app(scope, receive, send)
        else:
            answer = RedirectResponse(elsewhere, status_code=303, headers={"Cache-Control": "no-store"})
            await answer(scope, receive, send)


def _is_gated(scope: Scope) -> bool:
    """Return whether a page is asked for, in a team; its files have a dot in their name, pages do not."""
    if scope["type"] != "http" or get_resources().settings.mode == "single":
        return False
    path: str = scope["path"]
    page = not path.startswith(_NO_PAGES) and "." not in path.rpartition("/")[2]
    return page and scope["method"] in ("GET", "HEAD")


async def _elsewhere(request: Request) -> str | None:
    """Return where to go instead of the page that is asked for; None where that one is right."""
    page = request.url.path.rstrip("/") or routes.WORKFLOWS
    try:
        if await set_up.needed():
            return None if page == routes.SET_UP else routes.SET_UP
        if page == routes.SET_UP:
            return routes.SIGN_IN
        signed_in = await _is_signed_in(request)
    except (Unavailable, RedisError) as error:
        log.warning("a page is shown to whoever asked: it is not known who that is", error=str(error))
        return None
    if page == routes.SIGN_IN and signed_in:
        return onward(request.url.query)
    if page in _OPEN or signed_in:
        return None
    return routes.sign_in(f"{page}?{request.url.query}" if request.url.query else page)


def onward(query: str) -> str:
    """Return the path that a sign-in page's query names to go on to, if it is one of ours."""
    path = parse_qs(query).get("next", [""])[0]
    ours = path.startswith("/") and path.isprintable() and not path.startswith(("//", "/\\"))
    return path if ours else routes.WORKFLOWS


async def _is_signed_in(request: Request) -> bool:
    try:
        await identity.authenticate(credentials_of(request))
    except Unauthenticated:
        return False
    return True
