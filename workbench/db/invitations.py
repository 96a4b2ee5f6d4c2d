"""Queries about links that were sent to somebody."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import InvitationRow, UserRow


async def open_(session: AsyncSession, token_hash: str, at: datetime) -> InvitationRow | None:
    """Return the link with this token, if it is still good, and so is the account of whoever made it."""
    maker = exists().where(
        col(UserRow.id) == col(InvitationRow.created_by), col(UserRow.disabled_at).is_not(None)
    )
    query = select(InvitationRow).where(
        col(InvitationRow.token_hash) == token_hash,
        col(InvitationRow.used_at).is_(None),
        col(InvitationRow.expires_at) > at,
        ~maker,
    )
    return (await session.execute(query)).scalars().first()


async def use(session: AsyncSession, invitation_id: str, at: datetime) -> bool:
    """Mark a link as used; False when somebody was faster."""
    used = (
        update(InvitationRow)
        .where(
            col(InvitationRow.id) == invitation_id,
            col(InvitationRow.used_at).is_(None),
            col(InvitationRow.expires_at) > at,
        )
        .values(used_at=at)
        .returning(col(InvitationRow.id))
    )
    return (await session.execute(used)).first() is not None


async def of_workspace(session: AsyncSession, workspace_id: str, at: datetime) -> Sequence[InvitationRow]:
    """Return a workspace's invitations that are still good, the newest first."""
    query = select(InvitationRow).where(
        col(InvitationRow.workspace_id) == workspace_id,
        col(InvitationRow.kind) == "invite",
        col(InvitationRow.used_at).is_(None),
        col(InvitationRow.expires_at) > at,
    )
    return (await session.execute(query.order_by(col(InvitationRow.id).desc()))).scalars().all()


async def withdraw(session: AsyncSession, workspace_id: str, invitation_id: str) -> InvitationRow | None:
    """Delete a workspace's invitation that was not used; return what it was."""
    gone = (
        delete(InvitationRow)
        .where(
            col(InvitationRow.workspace_id) == workspace_id,
            col(InvitationRow.id) == invitation_id,
            col(InvitationRow.used_at).is_(None),
        )
        .returning(InvitationRow)
    )
    return (await session.execute(gone)).scalars().first()


async def forget_resets(session: AsyncSession, user_id: str) -> None:
    """Delete the links by which a person could set a new password."""
    await session.execute(
        delete(InvitationRow).where(
            col(InvitationRow.user_id) == user_id,
            col(InvitationRow.kind) == "reset",
            col(InvitationRow.used_at).is_(None),
        )
    )
