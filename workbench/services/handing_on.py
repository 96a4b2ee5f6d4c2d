"""Tasks that go to others than were named: to stand-ins of who is away, and to whom one hands a task on."""

from collections.abc import Collection, Sequence
from itertools import pairwise

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.db import members, people
from workbench.db import task_pages as queries
from workbench.db.ids import now
from workbench.services import task_events, tasks
from workbench.services.resources import get_resources
from workbench.services.task_shapes import TaskDetail


async def stand_ins(session: AsyncSession, asked: Collection[str], workspace: str) -> dict[str, str]:
    """Return, by who is away now, who stands in for them: somebody who belongs to the workspace."""
    found = await queries.stand_ins(session, asked, now()) if asked else {}
    if not found:
        return {}
    here = await members.page(session, workspace, limit=len(found), only=set(found.values()))
    belonging = {row.id for row in here}
    return {away: other for away, other in found.items() if other in belonging}


async def note(session: AsyncSession, task_id: str, found: dict[str, str]) -> None:
    """Keep in a task's history who is asked in whose place."""
    names = await people.names(session, [*found, *found.values()]) if found else {}
    for away, other in found.items():
        text = f"{names.get(other, other)} is asked too: {names.get(away, away)} is away."
        await task_events.record(session, task_id, "stood-in", text=text)


async def with_stand_ins(session: AsyncSession, to: str, workspace: str) -> tuple[str, ...]:
    """Return who is asked when a task is handed on: also the stand-in of who is away."""
    found = await stand_ins(session, [to], workspace)
    return tuple(dict.fromkeys((to, *found.values())))


async def handed_on(principal: Principal, task_id: str, whom: Sequence[str]) -> TaskDetail:
    """Return a task that was handed on, after it is noted who is asked in whose place."""
    async with get_resources().transaction() as session:
        row = await tasks.found(session, task_id)
        await note(session, row.id, dict(pairwise(whom)))
        return await tasks.whole(session, row)
