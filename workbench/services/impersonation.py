"""Acting as another person: seeing what they see, doing things in both names, for an hour at most.

It is a session of its own beside the administrator's, and ends with that. In it nothing of the installation
can be changed, and nothing by which the person proves who they are (`Action.SELF_SECURE`).
"""

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import users as queries
from workbench.errors import Conflict, NotFound
from workbench.services import audit, sessions
from workbench.services.access import requires
from workbench.services.oidc import kept
from workbench.services.resources import get_resources
from workbench.services.sessions import Session


@requires(Action.IMPERSONATE)
async def begin(principal: Principal, user_id: str, *, present: Session | None) -> str:
    """Begin to act as somebody, from the present session; return the token of the new one.

    Raises NotFound, or Conflict for an administrator, for somebody who is disabled, and without a session.
    """
    if present is None:
        raise Conflict("Acting as another person begins in a browser, where you have signed in.")
    async with get_resources().transaction() as session:
        row = await queries.get(session, user_id)
        if row is None:
            raise NotFound(f"There is no person {user_id[:64]!r}.")
        if await queries.administrates(session, user_id):
            raise Conflict("Nobody acts as an administrator but themselves.")
        if row.disabled_at is not None:
            raise Conflict(f"{row.name} is disabled, and nobody can act as them.")
        await audit.record(session, principal, "impersonation:begin", target=f"user:{user_id}")
    return await sessions.begin(
        user_id,
        address=present.address,
        browser=present.browser,
        workspace=present.workspace,
        impersonator=principal.id,
        back=present.id,
    )


@requires(Action.SELF)
async def end(principal: Principal, *, present: Session | None) -> str | None:
    """Stop acting as somebody; return the token of the administrator's own session, if there still is one.

    Raises Conflict for who acts as themselves.
    """
    if present is None or present.impersonator is None:
        raise Conflict("You act as yourself.")
    async with get_resources().transaction() as session:
        await audit.record(session, principal, "impersonation:end", target=f"user:{principal.id}")
    await sessions.end(present)
    mine = await sessions.by_id(present.back or "")
    if mine is None:
        return None
    token = await sessions.renew(mine)
    await kept.move(mine, sessions.digest(token))
    return token
