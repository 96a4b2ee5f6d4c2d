"""What somebody does with a link that was sent to them (`services.invitations`), before they are signed in.

A link that is used, expired, withdrawn or invented gets one and the same answer.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth import passwords
from workbench.db import invitations as queries
from workbench.db.ids import now
from workbench.db.tables import InvitationRow, MembershipRow, UserRow, WorkspaceRow
from workbench.errors import Conflict, NotFound
from workbench.services import accounts, audit, identity, rate_limits, sessions
from workbench.services.access import everywhere
from workbench.services.accounts import Visit
from workbench.services.invitations import Kind
from workbench.services.newcomers import Newcomer, password_problem, refuse
from workbench.services.resources import get_resources
from workbench.services.shapes import Shape


class Offer(Shape):
    """What a link is for: whom it was sent to, and for an invitation into which workspace."""

    kind: Kind
    email: str
    workspace: str = ""


async def read(token: str, visit: Visit) -> Offer:
    """Return what a link is for. Raises NotFound, TooMany."""
    row = await _good(token, visit)
    with everywhere():
        async with get_resources().transaction() as session:
            workspace = await session.get(WorkspaceRow, row.workspace_id) if row.workspace_id else None
    return Offer.model_validate(
        {"kind": row.kind, "email": row.email, "workspace": workspace.name if workspace else ""}
    )


async def join(token: str, *, name: str, password: str, visit: Visit) -> str:
    """Make the account of somebody who was invited and begin their session; return its cookie's token.

    Raises Invalid, NotFound, TooMany, and Conflict where there is an account with the address meanwhile.
    """
    row = await _good(token, visit, "invite")
    user = await Newcomer(row.email, name, password).row()
    try:
        async with _using(row) as session:
            session.add(user)
            await session.flush()
            session.add_all(_memberships(row, user))
            await audit.record(
                session,
                accounts.actor(user),
                "invitation-accepted",
                target=f"invitation:{row.id}",
                detail={"roles": row.roles},
                address=visit.address,
                workspace_id=row.workspace_id,
            )
    except IntegrityError as error:
        raise Conflict(f"{row.email} has an account here already. Sign in with it.") from error
    await identity.access_changed()
    return await accounts.begin(user, visit)


async def set_password(token: str, *, password: str, visit: Visit) -> None:
    """Give somebody the password that they chose, and end all of their sessions.

    Raises Invalid, NotFound, TooMany.
    """
    row = await _good(token, visit, "reset")
    refuse(password_problem(password, email=row.email))
    kept = await passwords.hashed(password)
    async with _using(row) as session:
        user = await session.get(UserRow, row.user_id)
        if user is None or user.disabled_at is not None:
            raise _gone()
        user.password_hash = kept
        await audit.record(
            session,
            accounts.actor(user),
            "password-reset",
            target=f"user:{user.id}",
            address=visit.address,
            about=user.id,
        )
    await sessions.end_all(user.id)
    await rate_limits.forgive(rate_limits.ACCOUNT, user.email.lower(), all_=True)


async def _good(token: str, visit: Visit, kind: Kind | None = None) -> InvitationRow:
    """Return a link that is good. Raises NotFound, and TooMany for somebody who tries tokens out."""
    accounts.require_team()
    network = rate_limits.network(visit.address)
    await rate_limits.count(rate_limits.TOKEN, network)
    with everywhere():
        digest, at = sessions.digest(token), now()
        row = await get_resources().read(lambda session: queries.open_(session, digest, at))
    if row is None or (kind and row.kind != kind):
        await audit.refused(None, "link-used", detail={"reason": "token"}, address=visit.address)
        raise _gone()
    await rate_limits.forgive(rate_limits.TOKEN, network)
    return row


@asynccontextmanager
async def _using(row: InvitationRow) -> AsyncIterator[AsyncSession]:
    """Lend the transaction in which a link is used. Raises NotFound when somebody was faster."""
    with everywhere():
        async with get_resources().transaction() as session:
            if not await queries.use(session, row.id, now()):
                raise _gone()
            yield session


def _memberships(row: InvitationRow, user: UserRow) -> list[MembershipRow]:
    assert row.workspace_id
    return [
        MembershipRow(workspace_id=row.workspace_id, subject_id=user.id, role=role, created_at=now())
        for role in row.roles
    ]


def _gone() -> NotFound:
    return NotFound(
        "This link is not good any more: it was used, withdrawn, or is too old. Ask for a new one."
    )
