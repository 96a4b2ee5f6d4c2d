"""One's own sessions: where one is signed in, and the end of that."""

from datetime import datetime

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.errors import NotFound
from workbench.services import audit, sessions
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.sessions import Session
from workbench.services.shapes import Shape


class MySession(Shape):
    """A session as its person sees it. `impersonated`: an administrator acts as that person in it."""

    id: str
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    browser: str
    impersonated: bool
    present: bool


@requires(Action.SELF_SECURE)
async def list_sessions(principal: Principal, *, present: str | None = None) -> tuple[MySession, ...]:
    """Return one's sessions, the one last used first; `present` is the id of the one that asks."""
    return tuple(_shape(session, present) for session in await sessions.of_user(principal.id))


@requires(Action.SELF_SECURE)
async def end_session(principal: Principal, session_id: str) -> None:
    """End one of one's sessions, at once and everywhere. Raises NotFound."""
    found = [session for session in await sessions.of_user(principal.id) if session.id == session_id]
    if not found:
        raise NotFound("There is no such session; it may have ended.")
    await sessions.end(found[0])
    await _record(principal, ended=1)


@requires(Action.SELF_SECURE)
async def end_others(principal: Principal, *, present: str | None = None) -> int:
    """End all of one's sessions but the present one; return how many ended."""
    ended = await sessions.end_all(principal.id, but=present)
    await _record(principal, ended=ended)
    return ended


async def _record(principal: Principal, *, ended: int) -> None:
    async with get_resources().transaction() as session:
        target, detail = f"user:{principal.id}", {"ended": ended}
        await audit.record(session, principal, "sessions:end", target=target, detail=detail)


def _shape(session: Session, present: str | None) -> MySession:
    return MySession(
        id=session.id,
        began_at=session.began_at,
        seen_at=session.seen_at,
        ends_at=session.ends_at,
        address=session.address,
        browser=session.browser,
        impersonated=session.impersonator is not None,
        present=session.id == present,
    )
