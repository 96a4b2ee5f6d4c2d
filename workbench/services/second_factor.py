"""The second factor: a code of an authenticator app, asked for after the password.

Its shared secret is sealed. Each code is taken once. Who has lost it asks an administrator to take it off.
"""

import time
from io import BytesIO

import segno
from sqlalchemy import or_, update
from sqlmodel import col

from workbench.auth import totp
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db.ids import is_id, now
from workbench.db.tables import UserRow
from workbench.errors import CodeNeeded, Conflict, NotFound
from workbench.services import audit, my_accounts
from workbench.services.access import everywhere, requires
from workbench.services.resources import get_resources
from workbench.services.sealing import SealingKeys
from workbench.services.shapes import Shape

ISSUER = "Workbench"
_WRONG = "This code is not right, or was used already. Wait for the next one."


class Enrolment(Shape):
    """What an authenticator app needs: the secret, to be typed, or the QR code, an SVG element."""

    secret: str
    qr: str


@requires(Action.SELF_SECURE)
async def enrol(principal: Principal, *, password: str, address: str = "") -> Enrolment:
    """Make a secret, in place of one that was not confirmed. Nothing is asked for before `confirm`.

    Raises Invalid for a wrong password, TooMany, Conflict where there is a second factor already.
    """
    user = await my_accounts.proven(principal, password, address)
    if user.totp_at is not None:
        raise Conflict("You have a second factor already. Take it off to set up another.")
    secret = totp.new_secret()
    sealed, key_id = _keys().seal(_sealed_as(user.id), secret)
    async with get_resources().transaction() as session:
        row = await session.get_one(UserRow, user.id)
        row.totp_sealed, row.totp_key_id, row.totp_step = sealed, key_id, None
    return Enrolment(secret=secret, qr=_qr(totp.address(secret, account=user.email, issuer=ISSUER)))


@requires(Action.SELF_SECURE)
async def confirm(principal: Principal, *, code: str, address: str = "") -> None:
    """Ask for codes from now on: the app has shown a right one. Raises CodeNeeded, Conflict, TooMany."""
    user = await my_accounts.read(principal)
    if user.totp_sealed is None or user.totp_at is not None:
        raise Conflict("There is no second factor to be confirmed. Begin again.")
    await my_accounts.count(user)
    await take(user, code)
    async with get_resources().transaction() as session:
        (await session.get_one(UserRow, user.id)).totp_at = now()
        await audit.record(
            session, principal, "second-factor-set-up", target=f"user:{user.id}", address=address
        )
    await my_accounts.forgive(user)


@requires(Action.SELF_SECURE)
async def take_off(principal: Principal, *, password: str, address: str = "") -> None:
    """Ask oneself for no more codes. Raises Invalid for a wrong password, TooMany."""
    user = await my_accounts.proven(principal, password, address)
    await _take_off(principal, user.id, address)


@requires(Action.USERS_MANAGE)
async def take_off_of(principal: Principal, user_id: str, *, address: str = "") -> None:
    """Ask somebody for no more codes who has lost what makes them. Raises NotFound; Forbidden for a key."""
    principal.require(Action.SELF_SECURE)
    await _take_off(principal, user_id, address)


async def take(user: UserRow, code: str | None) -> None:
    """Take a person's code, which counts once. Raises CodeNeeded for none, and for a wrong one."""
    if not code:
        raise CodeNeeded("Enter the code that your authenticator app shows.")
    assert user.totp_sealed is not None
    assert user.totp_key_id is not None
    secret = _keys().open(_sealed_as(user.id), user.totp_sealed, user.totp_key_id)
    step = totp.step_of(secret, code, at=time.time())
    if step is None or not await _is_first(user.id, step):
        raise CodeNeeded(_WRONG)


async def _is_first(user_id: str, step: int) -> bool:
    """Mark a step's code as taken; return whether neither it nor a later one was."""
    latest = col(UserRow.totp_step)
    row = update(UserRow).where(col(UserRow.id) == user_id, or_(latest.is_(None), latest < step))
    with everywhere():
        async with get_resources().transaction() as session:
            taken = await session.execute(row.values(totp_step=step).returning(col(UserRow.id)))
            return taken.first() is not None


async def _take_off(principal: Principal, user_id: str, address: str) -> None:
    async with get_resources().transaction() as session:
        row = await session.get(UserRow, user_id) if is_id(user_id) else None
        if row is None:
            raise NotFound("There is no such person.")
        row.totp_sealed = row.totp_key_id = row.totp_at = row.totp_step = None
        await audit.record(
            session, principal, "second-factor-taken-off", target=f"user:{user_id}", address=address
        )


def _keys() -> SealingKeys:
    return SealingKeys.of(get_resources().settings)


def _sealed_as(user_id: str) -> str:
    return f"totp:{user_id}"


def _qr(text: str) -> str:
    image = BytesIO()
    segno.make(text, error="m", micro=False).save(
        image, kind="svg", scale=4, border=2, dark="#1c1b1a", light="#ffffff", xmldecl=False, svgns=True
    )
    return image.getvalue().decode()
