"""The audit log: every change of access and every refused attempt, chained so that none is altered unseen.

Each entry holds the hash of the one before, and its own is the SHA-256 over that and what it says. An entry
is written in the transaction of the change that it tells of: neither is there without the other.
"""

import hashlib
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.db import audit as queries
from workbench.db import members
from workbench.db.ids import now
from workbench.db.json_text import dumps
from workbench.db.tables import AuditRow
from workbench.services.access import everywhere
from workbench.services.resources import get_resources

Outcome = Literal["done", "refused"]

BEGINNING = "0" * 64
"""What the first entry has in the place of the hash before it."""


_SAID = (
    "seq",
    "at",
    "actor_id",
    "actor_name",
    "impersonator",
    "workspace_id",
    "action",
    "target",
    "outcome",
    "detail",
    "address",
    "previous",
)
"""What an entry's hash is over, in this order; and `seen_in`, which came later, where there is any."""


async def record(
    session: AsyncSession,
    principal: Principal | None,
    action: str,
    *,
    target: str = "",
    outcome: Outcome = "done",
    detail: dict[str, Any] | None = None,
    address: str | None = None,
    workspace_id: str | None = None,
    about: str | None = None,
) -> None:
    """Add an entry to the log in the caller's transaction. `target` is what it was done to: `user:<id>`.

    `about` is a person whom it concerns wherever they belong, such as one who signs in: the admins of those
    workspaces read it too, but not of one that they come to later. Without a principal nobody knows who
    tried. `detail` is JSON and must hold no secret; who acts by an API key, or as another person, has that
    key, or the name of who it really is, in it.
    """
    if principal is not None and principal.impersonator is not None:
        detail = {**(detail or {}), "really": principal.impersonator_name}
    if principal is not None and principal.key is not None:
        detail = {**(detail or {}), "api_key": principal.key}
    last = await queries.last(session, lock=True)
    row = AuditRow(
        seq=last.seq + 1 if last else 1,
        at=now(),
        actor_id=principal.id if principal else None,
        actor_name=principal.name if principal else "",
        impersonator=principal.impersonator if principal else None,
        workspace_id=workspace_id or (principal.workspace if principal else None),
        action=action,
        target=target[:500],
        outcome=outcome,
        detail=detail,
        address=address,
        seen_in=[] if about is None else await members.workspaces_of(session, about),
        previous=last.hash if last else BEGINNING,
        hash="",
    )
    row.hash = digest(row)
    session.add(row)
    await session.flush()


async def impersonated(principal: Principal, action: str, *, detail: dict[str, Any]) -> None:
    """Add an entry about what an administrator did as another person."""
    with everywhere():
        async with get_resources().transaction() as session:
            await record(session, principal, f"impersonated:{action}", detail=detail)


async def refused(
    principal: Principal | None,
    action: str,
    *,
    target: str = "",
    detail: dict[str, Any] | None = None,
    address: str | None = None,
    about: str | None = None,
) -> None:
    """Add an entry about an attempt that was refused, in a transaction of its own; as `record` does."""
    with everywhere():
        async with get_resources().transaction() as session:
            await record(
                session,
                principal,
                action,
                target=target,
                outcome="refused",
                detail=detail,
                address=address,
                about=about,
            )


def digest(row: AuditRow) -> str:
    """Return the hash that an entry has to have."""
    said = {name: getattr(row, name) for name in _SAID} | ({"seen_in": row.seen_in} if row.seen_in else {})
    return hashlib.sha256(dumps({**said, "at": row.at.isoformat()})).hexdigest()
