"""What people do with their own password: change it, and prove with it that it is still they who ask."""

from engine.errors import Problem
from workbench.auth import passwords
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db.tables import UserRow
from workbench.errors import Conflict
from workbench.services import audit, rate_limits, sessions
from workbench.services.access import requires
from workbench.services.newcomers import password_problem, refuse
from workbench.services.rate_limits import ACCOUNT
from workbench.services.resources import get_resources
from workbench.services.shapes import Shape


class Security(Shape):
    """What somebody signs in with here."""

    email: str
    password: bool
    second_factor: bool


@requires(Action.SELF_SECURE)
async def get_security(principal: Principal) -> Security:
    """Return what one signs in with. Raises Conflict for who has no account."""
    user = await read(principal)
    return Security(
        email=user.email,
        password=user.password_hash is not None,
        second_factor=user.totp_at is not None,
    )


@requires(Action.SELF_SECURE)
async def change_password(
    principal: Principal, *, present: str, new: str, session_id: str | None, address: str = ""
) -> None:
    """Sign in with `new` from now on. It ends the person's sessions, but for the one with `session_id`.

    Raises Invalid for a wrong present or a weak new password, TooMany, Conflict for who has none.
    """
    user = await proven(principal, present, address, field="present")
    refuse(password_problem(new, email=user.email))
    kept = await passwords.hashed(new)
    async with get_resources().transaction() as session:
        row = await session.get_one(UserRow, user.id, with_for_update=True)
        if row.password_hash != user.password_hash:
            raise Conflict("Your password was changed meanwhile.")
        row.password_hash = kept
        await audit.record(session, principal, "password-changed", target=f"user:{user.id}", address=address)
    await sessions.end_all(user.id, but=session_id)


async def proven(principal: Principal, password: str, address: str, *, field: str = "password") -> UserRow:
    """Return one's own row, once the password is right.

    Raises Invalid at `field`, TooMany, Conflict for who has no password here.
    """
    user = await read(principal)
    if user.password_hash is None:
        raise Conflict("You have no password here: you sign in through a provider.")
    await count(user)
    if not await passwords.fits(password, user.password_hash):
        target = f"user:{user.id}"
        await audit.refused(principal, "password-proof", target=target, address=address)
        refuse(Problem(code="password", field=field, message="This is not your password."))
    await forgive(user)
    return user


async def read(principal: Principal) -> UserRow:
    """Return one's own row. Raises Conflict for who has no account: a single user, a program."""
    user = await get_resources().read(lambda session: session.get(UserRow, principal.id))
    if user is None:
        raise Conflict("You act without an account of your own here.")
    return user


async def count(user: UserRow) -> None:
    """Count a try at somebody's account. Raises TooMany."""
    await rate_limits.count(ACCOUNT, user.email.lower())


async def forgive(user: UserRow) -> None:
    """Take the tries back: it is they."""
    await rate_limits.forgive(ACCOUNT, user.email.lower(), all_=True)
