"""`/auth/oidc`: to a provider to sign in, back with an answer, and a provider's word that a session ended."""

from collections.abc import Awaitable
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from workbench import routes
from workbench.api import cookies, problems
from workbench.api.notice import notice
from workbench.auth.oidc_client import ClientRefused
from workbench.auth.tokens import TokenRefused
from workbench.errors import NotFound, Unavailable, WorkbenchError
from workbench.services.oidc import flow, logout
from workbench.services.oidc.flow import Answer

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/auth/oidc", tags=["auth"])
T = TypeVar("T")

Text = Annotated[str, Query(max_length=4_000)]
_PAGE = {"text/html": {"schema": {"type": "string"}}}
_TOLD: dict[int | str, dict[str, Any]] = {
    kind: {**problems.RESPONSES[kind], "content": {**problems.RESPONSES[kind]["content"], **_PAGE}}
    for kind in ("4XX", "5XX")
}
"""What is wrong is told to a person on a page."""

_LEADS: dict[int | str, dict[str, Any]] = {303: {"description": "Where the browser goes."}, **_TOLD}
_REFUSED: dict[int | str, dict[str, Any]] = {
    400: {
        "description": "The logout token is not good (OpenID Connect Back-Channel Logout, 2.8).",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
NO_STORE = {"Cache-Control": "no-store"}


@router.get(
    "/{provider}/start",
    summary="Go to a provider to sign in",
    response_class=RedirectResponse,
    status_code=303,
    responses=_LEADS,
)
async def start(provider: str, request: Request, next: Text = "/") -> Response:
    """Answers with a redirection to the provider; `next` is the page to go to afterwards."""
    departing = flow.depart(provider, next=next, browser=cookies.attempt_of(request))
    departure = await _or_notice(departing)
    if isinstance(departure, Response):
        return departure
    response = RedirectResponse(departure.url, status_code=303, headers=NO_STORE)
    cookies.give_attempt(response, departure.browser, seconds=flow.LASTS_S)
    return response


@router.get(
    "/{provider}/callback",
    summary="Come back from a provider",
    response_class=RedirectResponse,
    status_code=303,
    responses=_LEADS,
)
async def callback(
    provider: str,
    request: Request,
    state: Text = "",
    code: Text = "",
    iss: Annotated[str | None, Query(max_length=4_000)] = None,
    error: Text = "",
) -> Response:
    """Begins a session and leads on; what is wrong is told on a page, and nothing was made."""
    answer = Answer(state=state, code=code, iss=iss, error=error)
    arriving = flow.arrive(
        provider, answer, browser=cookies.attempt_of(request), visit=cookies.visit_of(request)
    )
    arrival = await _or_notice(arriving)
    if isinstance(arrival, Response):
        return arrival
    response = RedirectResponse(arrival.next, status_code=303, headers=NO_STORE)
    cookies.give(response, arrival.token)
    return response


@router.get(
    "/{provider}/frontchannel-logout",
    summary="A provider's page says that a session ended",
    response_class=HTMLResponse,
)
async def frontchannel_logout(provider: str, iss: Text = "", sid: Text = "") -> Response:
    """Loaded by the provider in a frame. Ends the sessions here that belong to `sid`."""
    await logout.front_channel(provider, iss=iss, sid=sid)
    return HTMLResponse("", headers=NO_STORE)


@router.post(
    "/{provider}/backchannel-logout",
    summary="A provider says that a session ended",
    response_class=Response,
    responses=_REFUSED,
)
async def backchannel_logout(
    provider: str, logout_token: Annotated[str, Form(max_length=16_000)] = ""
) -> Response:
    """Called by the provider itself, with a logout token that is good once."""
    try:
        await logout.back_channel(provider, logout_token)
    except (TokenRefused, NotFound) as error:
        log.warning("oidc.logout", provider=provider[:100], error=str(error))
        body = {"error": "invalid_request", "error_description": str(error)}
        return JSONResponse(body, status_code=400, headers=NO_STORE)
    return Response(status_code=200, headers=NO_STORE)


async def _or_notice(doing: Awaitable[T]) -> T | Response:
    """Return what comes of `doing`, or the page that tells a person in a browser what is wrong."""
    try:
        return await doing
    except WorkbenchError as error:
        log.warning("oidc.sign-in", code=error.code, error=str(error))
        return notice(error.status, _title(error), str(error), (routes.SIGN_IN, "Back to sign-in"))


def _title(error: WorkbenchError) -> str:
    if isinstance(error, ClientRefused):
        return "Sign-in is not set up right"
    return "The identity provider is away" if isinstance(error, Unavailable) else "You are not signed in"
