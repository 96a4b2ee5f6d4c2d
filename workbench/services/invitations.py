"""Links that are sent to somebody: to join a workspace, or to set a new password.

A link is shown once, to whoever made it, and kept as its token's hash. It is good once and not for long.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from workbench import routes
from workbench.auth.principal import Principal
from workbench.auth.roles import Action, Role
from workbench.db import invitations as queries
from workbench.db import people
from workbench.db.ids import is_id, new_id, now
from workbench.db.tables import InvitationRow, UserRow, WorkspaceRow
from workbench.errors import Conflict, NotFound
from workbench.services import accounts, audit, sessions
from workbench.services.access import requires
from workbench.services.access_news import lists_changed
from workbench.services.newcomers import email_problem, refuse
from workbench.services.resources import get_resources
from workbench.services.shapes import Shape

INVITED_FOR = timedelta(days=7)
RESET_FOR = timedelta(hours=24)

Kind = Literal["invite", "reset"]


class Invitation(Shape):
    """An invitation that has not been taken yet."""

    id: str
    email: str
    roles: tuple[Role, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime


class Link(Shape):
    """A new link, and until when it is good. It is not shown again."""

    id: str
    url: str
    email: str
    expires_at: datetime


@dataclass(frozen=True)
class _Purpose:
    kind: Kind
    lasts: timedelta
    email: str
    user_id: str | None = None
    roles: tuple[Role, ...] = ()
    workspace_id: str | None = None


@requires(Action.MEMBERS_WRITE)
async def invite(principal: Principal, *, email: str, roles: Sequence[Role]) -> Link:
    """Make a link by which somebody joins the principal's workspace with these roles.

    Raises Invalid, or Conflict for somebody who has an account already.
    """
    accounts.require_team()
    refuse(email_problem(email))
    email, given = email.strip(), tuple(sorted(set(roles)))
    async with get_resources().transaction() as session:
        workspace = await session.get(WorkspaceRow, principal.workspace)
        if workspace is None or workspace.archived_at is not None:
            raise NotFound("There is no such workspace.")
        if await people.by_email(session, email):
            raise Conflict(
                f"{email} has an account here already. Add them to the workspace on the members page."
            )
        purpose = _Purpose("invite", INVITED_FOR, email, roles=given, workspace_id=workspace.id)
        link = _link(row := _row(principal, purpose, token := secrets.token_urlsafe(32)), token)
        session.add(row)
        await audit.record(
            session,
            principal,
            "invitation-made",
            target=f"invitation:{row.id}",
            detail={"email": email, "roles": list(given)},
        )
    await lists_changed()
    return link


@requires(Action.MEMBERS_READ)
async def list_invitations(principal: Principal) -> tuple[Invitation, ...]:
    """Return the workspace's invitations that are still good, the newest first."""
    async with get_resources().transaction() as session:
        rows = await queries.of_workspace(session, principal.workspace, now())
    return tuple(_shown(row) for row in rows)


@requires(Action.MEMBERS_WRITE)
async def withdraw(principal: Principal, invitation_id: str) -> None:
    """Make an invitation's link good for nothing. Raises NotFound for one that is used or elsewhere."""
    async with get_resources().transaction() as session:
        row = await queries.withdraw(session, principal.workspace, invitation_id)
        if row is None:
            raise NotFound("There is no such invitation.")
        await audit.record(
            session,
            principal,
            "invitation-withdrawn",
            target=f"invitation:{row.id}",
            detail={"email": row.email},
        )
    await lists_changed()


@requires(Action.USERS_MANAGE)
async def reset_password(principal: Principal, user_id: str) -> Link:
    """Make a link by which a person sets a new password; earlier ones are good for nothing from now on.

    Their present password stays good until the link is used. Raises NotFound, and Forbidden for a key: with
    the link it could sign in as anybody.
    """
    accounts.require_team()
    principal.require(Action.SELF_SECURE)
    async with get_resources().transaction() as session:
        user = await session.get(UserRow, user_id) if is_id(user_id) else None
        if user is None or user.disabled_at is not None:
            raise NotFound("There is no such person, or their account is disabled.")
        await queries.forget_resets(session, user_id)
        purpose = _Purpose("reset", RESET_FOR, user.email, user_id=user_id)
        link = _link(row := _row(principal, purpose, token := secrets.token_urlsafe(32)), token)
        session.add(row)
        await audit.record(session, principal, "password-reset-offered", target=f"user:{user_id}")
    return link


def _row(principal: Principal, purpose: _Purpose, token: str) -> InvitationRow:
    at = now()
    return InvitationRow(
        id=new_id(),
        kind=purpose.kind,
        token_hash=sessions.digest(token),
        email=purpose.email,
        user_id=purpose.user_id,
        workspace_id=purpose.workspace_id,
        roles=list(purpose.roles),
        created_by=principal.id,
        created_at=at,
        expires_at=at + purpose.lasts,
    )


def _link(row: InvitationRow, token: str) -> Link:
    """Return a link; the token is in its fragment, which a browser sends to nobody."""
    url = f"{get_resources().settings.origin}{routes.INVITATION}#token={token}"
    return Link(id=row.id, url=url, email=row.email, expires_at=row.expires_at)


def _shown(row: InvitationRow) -> Invitation:
    return Invitation(
        id=row.id,
        email=row.email,
        roles=tuple(Role(role) for role in row.roles),
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
