"""The session's cookie: set and taken away over HTTP alone, never by a script or an event."""

from typing import Any

from fastapi import Request, Response

from workbench.api.addresses import address_of
from workbench.services import sessions
from workbench.services.accounts import Visit


def visit_of(request: Request) -> Visit:
    """Return from where a request comes."""
    return Visit(
        address=address_of(request),
        browser=request.headers.get("user-agent", ""),
        cookie=request.cookies.get(sessions.cookie_name()),
    )


def give(response: Response, token: str) -> None:
    """Let the browser keep a session's token; the session ends before the cookie does."""
    response.set_cookie(
        sessions.cookie_name(), token, max_age=int(sessions.LONGEST.total_seconds()), **_attributes()
    )


def take(response: Response) -> None:
    """Let the browser forget its token."""
    response.delete_cookie(sessions.cookie_name(), **_attributes())


def attempt_of(request: Request) -> str | None:
    """Return what the browser keeps while it signs in through a provider."""
    return request.cookies.get(_attempt())


def give_attempt(response: Response, value: str, *, seconds: int) -> None:
    """Let the browser keep what shows that it is the one that began to sign in."""
    response.set_cookie(_attempt(), value, max_age=seconds, **_attributes())


def _attempt() -> str:
    return f"{sessions.cookie_name()}-sign-in"


def _attributes() -> dict[str, Any]:
    """Return what makes the cookie one that only our own pages' requests carry."""
    secure = sessions.cookie_name().startswith("__Host-")
    return {"path": "/", "httponly": True, "samesite": "lax", "secure": secure}
