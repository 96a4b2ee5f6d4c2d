"""Signing in with a password, and out again.

Whoever tries learns nothing about which accounts there are: for somebody unknown, disabled or without a
password the answer, the work and the entry in the audit log are those of a wrong password.
"""

from dataclasses import dataclass

from workbench.auth import passwords
from workbench.auth.principal import Principal
from workbench.db import people
from workbench.db.ids import now
from workbench.db.tables import UserRow
from workbench.errors import CodeNeeded, Conflict, Unauthenticated
from workbench.services import audit, rate_limits, second_factor, sessions
from workbench.services.access import everywhere
from workbench.services.rate_limits import ACCOUNT, ADDRESS, Paused
from workbench.services.resources import get_resources
from workbench.services.sessions import Session

SIGN_IN = "sign-in"
NOT_RIGHT = "The e-mail address or the password is not right."


@dataclass(frozen=True)
class Visit:
    """From where somebody comes: the address, what their browser calls itself, its present cookie."""

    address: str = ""
    browser: str = ""
    cookie: str | None = None


async def sign_in(*, email: str, password: str, visit: Visit, code: str | None = None) -> str:
    """Begin a session, in place of the one that the browser had; return the token that is its cookie.

    Raises Unauthenticated, CodeNeeded where a second factor is asked for, or TooMany.
    """
    require_team()
    email = email.strip()
    await _count(email, visit)
    user = await _proven(email, password, visit)
    if user.totp_at is not None:
        await _take_code(user, code, visit)
    await rate_limits.forgive(ACCOUNT, email.lower(), all_=True)
    await rate_limits.forgive(ADDRESS, rate_limits.network(visit.address))
    return await begin(user, visit)


async def begin(user: UserRow, visit: Visit, **columns: str | None) -> str:
    """Begin a session for somebody who has proven who they are; `columns` are further ones of Session.

    Their row is locked meanwhile: whatever changes it and then ends their sessions ends this one too, or
    came first, and then what they proved themselves with counts no more. Raises Unauthenticated.
    """
    with everywhere():
        async with get_resources().transaction() as session:
            row = await session.get_one(UserRow, user.id, with_for_update=True)
            if row.disabled_at is not None or row.password_hash != user.password_hash:
                raise Unauthenticated(NOT_RIGHT)
            row.last_seen_at = now()
            await audit.record(
                session,
                actor(user),
                SIGN_IN,
                target=f"user:{user.id}",
                address=visit.address,
                about=user.id,
            )
            token = await sessions.begin(user.id, address=visit.address, browser=visit.browser, **columns)
    await _end(visit.cookie)
    return token


async def sign_out(visit: Visit) -> Session | None:
    """End the session of the browser's cookie and return it, if there was one."""
    ended = await _end(visit.cookie)
    if ended is not None:
        with everywhere():
            async with get_resources().transaction() as session:
                user = await session.get_one(UserRow, ended.user_id)
                behind = await session.get(UserRow, ended.impersonator) if ended.impersonator else None
                await audit.record(
                    session,
                    actor(user, behind),
                    "sign-out",
                    target=f"user:{user.id}",
                    address=visit.address,
                    about=user.id,
                )
    return ended


def require_team() -> None:
    """Raise Conflict where nobody signs in."""
    if get_resources().settings.mode == "single":
        raise Conflict("This workbench has one user, and nobody signs in. WORKBENCH_MODE=team changes that.")


def actor(user: UserRow, behind: UserRow | None = None) -> Principal:
    """Return somebody as the audit log names them, before they act in any workspace.

    `behind` is the administrator who acts as them.
    """
    really, name = (behind.id, behind.name) if behind else (None, "")
    return Principal(id=user.id, name=user.name, workspace="", impersonator=really, impersonator_name=name)


async def _count(email: str, visit: Visit) -> None:
    """Count a try, of the address and at the account. Raises Paused; each pause is told once."""
    try:
        await rate_limits.count(ADDRESS, rate_limits.network(visit.address))
        await rate_limits.count(ACCOUNT, email.lower())
    except Paused as error:
        if error.first:
            await audit.refused(None, SIGN_IN, detail={"reason": "too many tries"}, address=visit.address)
        raise


async def _proven(email: str, password: str, visit: Visit) -> UserRow:
    """Return the person with this address and password. Raises Unauthenticated."""
    with everywhere():
        user = await get_resources().read(lambda session: people.by_email(session, email))
    kept = user.password_hash if user and user.disabled_at is None else None
    if not await passwords.fits(password, kept) or user is None:
        await _refused(user, "password", visit)
        raise Unauthenticated(NOT_RIGHT)
    return user


async def _refused(user: UserRow | None, reason: str, visit: Visit) -> None:
    """Note a try that was refused; at an account that there is not, with the same work."""
    detail = {"reason": reason, **({"account": user.name} if user else {})}
    target, about = (f"user:{user.id}", user.id) if user else ("", "")
    await audit.refused(None, SIGN_IN, target=target, detail=detail, address=visit.address, about=about)


async def _take_code(user: UserRow, code: str | None, visit: Visit) -> None:
    """Take the code of a person's second factor. Raises CodeNeeded."""
    try:
        await second_factor.take(user, code)
    except CodeNeeded:
        if code:
            await _refused(user, "code", visit)
        raise


async def _end(cookie: str | None) -> Session | None:
    session = await sessions.read(cookie) if cookie else None
    if session is not None:
        await sessions.end(session)
        if behind := await sessions.by_id(session.back or ""):  # an administrator's, who acted as somebody
            await sessions.end(behind)
    return session
