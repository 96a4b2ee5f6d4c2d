"""Snoozing a task: until a time it stands in no queue of the person but the snoozed one."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import task_changes
from workbench.db import task_pages as queries
from workbench.db.ids import now
from workbench.errors import Conflict, Invalid
from workbench.services import tasks
from workbench.services.access import requires
from workbench.services.resources import get_resources

LONGEST = timedelta(days=366)


@requires(Action.TASKS_DECIDE)
async def snooze(principal: Principal, task_id: str, *, until: datetime) -> datetime:
    """Put an open task away until then, for oneself alone. Raises Invalid, Conflict when it is over."""
    async with get_resources().transaction() as session:
        row = await tasks.found(session, task_id)
        if not now() < until <= now() + LONGEST:
            raise Invalid("A task is snoozed until a time to come, within a year.")
        if row.status != "open":
            raise Conflict("The task waits for nobody any more, so there is nothing to put away.")
        await queries.snooze(session, row.id, principal.id, until)
        task_changes.note(session, row.workspace_id, [row.id])
    return until


@requires(Action.TASKS_DECIDE)
async def wake(principal: Principal, task_id: str) -> None:
    """Take a task back into one's queues."""
    async with get_resources().transaction() as session:
        row = await tasks.found(session, task_id)
        await queries.wake(session, row.id, principal.id)
        task_changes.note(session, row.workspace_id, [row.id])


@requires(Action.TASKS_READ)
async def snoozed_until(principal: Principal, task_id: str) -> datetime | None:
    """Return until when one has put a task away; None when it is not, or not any more."""

    async def query(session: AsyncSession) -> datetime | None:
        await tasks.found(session, task_id)
        return await queries.snoozed_until(session, task_id, principal.id)

    until = await get_resources().read(query)
    return until if until is not None and until > now() else None
