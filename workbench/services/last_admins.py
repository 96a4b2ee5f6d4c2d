"""Nobody locks everybody out: each workspace keeps an admin, and the installation an administrator.

That holds for whatever people change here: roles, groups, accounts, providers. What an identity provider says
counts at once, and is not refused: it may take the last admin from a workspace, which administrators of the
installation can then give another.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.roles import Role
from workbench.db import members, users
from workbench.errors import Conflict

ADMINISTRATOR = "This is the last administrator. Make somebody else one first."
_SHOWN = 5


@asynccontextmanager
async def stay(session: AsyncSession, *, only: str | None = None) -> AsyncIterator[None]:
    """Raise Conflict after the enclosed changes if they leave nobody who is an admin, where somebody was.

    `only` is the one workspace that they concern. Until the transaction ends, others wait here.
    """
    await users.lock_administrators(session)
    led, administrators = await members.with_a(session, Role.ADMIN, only), await users.administrators(session)
    yield
    await session.flush()
    if administrators and not await users.administrators(session):
        raise Conflict(ADMINISTRATOR)
    still = await members.with_a(session, Role.ADMIN, only)
    lost = [name for id_, name in led.items() if id_ not in still]
    if lost:
        raise Conflict(_last(lost))


async def stay_without(session: AsyncSession, provider_id: str) -> None:
    """Raise Conflict where there are administrators, and all of them by what this provider says."""
    await users.lock_administrators(session)
    if await users.administrators(session) and not await users.administrators(session, but=provider_id):
        raise Conflict("All administrators are those whom this provider names. Make somebody else one first.")


def _last(workspaces: list[str]) -> str:
    more = f" and {len(workspaces) - _SHOWN} more workspaces" if len(workspaces) > _SHOWN else ""
    names = ", ".join(f"“{name}”" for name in workspaces[:_SHOWN])
    return f"This would take the last admin from {names}{more}. Make somebody else an admin there first."
