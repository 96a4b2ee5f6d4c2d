"""`/users/me/sessions` and `/impersonation`: where one is signed in, and acting as another person."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from workbench.api import cookies
from workbench.api.principal import CurrentCaller
from workbench.services import impersonation, my_sessions
from workbench.services.identity import Caller
from workbench.services.my_sessions import MySession
from workbench.services.shapes import Page

router = APIRouter(tags=["people"])


class ActAs(BaseModel):
    """The person as whom to act."""

    model_config = ConfigDict(extra="forbid")

    user_id: str


@router.get("/users/me/sessions", summary="List where you are signed in")
async def list_sessions(caller: CurrentCaller) -> Page[MySession]:
    """All on one page, the one last used first."""
    return Page(items=await my_sessions.list_sessions(caller.principal, present=_id(caller)))


@router.delete("/users/me/sessions", status_code=204, summary="Sign out everywhere else")
async def end_others(caller: CurrentCaller) -> None:
    """Ends all of your sessions but the one that this request comes from."""
    await my_sessions.end_others(caller.principal, present=_id(caller))


@router.delete("/users/me/sessions/{session_id}", status_code=204, summary="End a session")
async def end_session(caller: CurrentCaller, session_id: str) -> None:
    """What it has open learns of it within seconds."""
    await my_sessions.end_session(caller.principal, session_id)


@router.post("/impersonation", status_code=204, summary="Act as another person")
async def begin(caller: CurrentCaller, body: ActAs, response: Response) -> None:
    """For administrators, in a browser: the answer sets the cookie of a session that lasts an hour."""
    token = await impersonation.begin(caller.principal, body.user_id, present=caller.session)
    cookies.give(response, token)


@router.delete("/impersonation", status_code=204, summary="Stop acting as another person")
async def end(caller: CurrentCaller, response: Response) -> None:
    """The answer sets the cookie of your own session again, or takes the cookie away if that has ended."""
    token = await impersonation.end(caller.principal, present=caller.session)
    if token is None:
        cookies.take(response)
    else:
        cookies.give(response, token)


def _id(caller: Caller) -> str | None:
    return caller.session.id if caller.session else None
