"""The first start for a team: whoever can read the web process's log becomes the first administrator.

As long as there is nobody, each start of the web process writes a token to its log, which is kept as a hash,
good for a day and until the next start. With it, the first person makes their account and names the
workspace, which holds what a single user may have made before. After that there is no set-up any more.
"""

import asyncio
import hmac
import secrets
from datetime import timedelta

import structlog
from redis.exceptions import RedisError
from sqlalchemy import func, select

from engine.errors import Problem
from workbench import routes
from workbench.auth.principal import DEFAULT_WORKSPACE
from workbench.auth.roles import Role
from workbench.db import people
from workbench.db.ids import now
from workbench.db.tables import MembershipRow, UserRow, WorkspaceRow
from workbench.errors import Conflict, Unavailable
from workbench.services import accounts, audit, identity, rate_limits, sessions
from workbench.services.access import everywhere
from workbench.services.accounts import Visit
from workbench.services.newcomers import Newcomer, name_problem, refuse
from workbench.services.resources import get_resources

log = structlog.get_logger(__name__)

KEPT = timedelta(hours=24)
_TOKEN = "set-up:token"  # noqa: S105
_LOCK = 0x736574  # "set": one number, known to every process
_AGAIN_S = 2.0
_peopled: set[str] = set()
"""The databases in which somebody was seen: people are never deleted, so they are not asked again."""


async def needed() -> bool:
    """Return whether this is a team's workbench in which there is nobody yet."""
    resources = get_resources()
    if resources.settings.mode == "single" or resources.database_url in _peopled:
        return False
    with everywhere():
        if not await resources.read(people.anybody):
            return True
    _peopled.add(resources.database_url)
    return False


async def offer() -> str | None:
    """Make a token if there is nobody yet, in place of any earlier one, and say in the log how to use it."""
    if not await needed():
        return None
    token = secrets.token_urlsafe(32)
    resources = get_resources()
    await resources.redis.set(_TOKEN, sessions.digest(token), ex=KEPT)
    log.warning(
        "nobody can sign in yet: open this address to set the workbench up",
        url=f"{resources.settings.origin}{routes.SET_UP}#token={token}",
        hours=KEPT.total_seconds() / 3600,
    )
    return token


async def announce() -> None:
    """Do so once Postgres and Redis answer: the web process does this when it starts."""
    while True:
        try:
            await offer()
        except (Unavailable, RedisError) as error:
            log.warning("it is not known yet whether anybody can sign in", error=str(error))
            await asyncio.sleep(_AGAIN_S)
        else:
            return


async def set_up(*, token: str, newcomer: Newcomer, workspace: str, visit: Visit) -> str:
    """Make the first administrator and begin their session; return the token that is its cookie.

    Raises Invalid, TooMany after too many wrong tokens, Conflict when there is somebody already.
    """
    accounts.require_team()
    await _require(token, visit)
    refuse(*newcomer.problems(), name_problem("workspace", workspace))
    user = await newcomer.row(administrator=True)
    with everywhere():
        async with get_resources().transaction() as session:
            await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            if await people.anybody(session):
                raise Conflict("This workbench is set up already. Sign in.")
            session.add(user)
            here = await session.get_one(WorkspaceRow, DEFAULT_WORKSPACE)
            here.name = workspace.strip()
            session.add(_admin(user))
            await audit.record(
                session,
                accounts.actor(user),
                "set-up",
                target=f"user:{user.id}",
                address=visit.address,
                workspace_id=here.id,
            )
    await get_resources().redis.delete(_TOKEN)
    await identity.access_changed()
    return await accounts.begin(user, visit)


async def _require(token: str, visit: Visit) -> None:
    """Raise Invalid for a token that is not the present one; TooMany for somebody who tries them out."""
    await rate_limits.count(rate_limits.TOKEN, rate_limits.network(visit.address))
    kept = str(await get_resources().redis.get(_TOKEN) or "")
    if not hmac.compare_digest(kept, sessions.digest(token.strip())):
        await audit.refused(None, "set-up", detail={"reason": "token"}, address=visit.address)
        refuse(
            Problem(
                code="token",
                field="token",
                message="This token is not the present one: it may be used, older than a day, or of an "
                "earlier start. The log of the web process has it; each start writes a new one.",
            )
        )
    await rate_limits.forgive(rate_limits.TOKEN, rate_limits.network(visit.address))


def _admin(user: UserRow) -> MembershipRow:
    return MembershipRow(
        workspace_id=DEFAULT_WORKSPACE, subject_id=user.id, role=Role.ADMIN, created_at=now()
    )
