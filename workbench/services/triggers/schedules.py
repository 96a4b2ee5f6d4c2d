"""Temporal's schedules kept as the triggers' rows want them, whoever was away when something changed.

Rows are changed first, with `told` off; then Temporal is told, at once where it answers, else by the next
pass of `run_forever`. A pass also looks at what Temporal was told before: one that lost its database is told
again.
"""

import asyncio
from collections.abc import Sequence

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

from engine.graph import Trigger
from engine.schedules import Planned, Schedules
from engine.triggers import ScheduleConfig
from workbench.db import triggers as queries
from workbench.db.locks import exclusive
from workbench.db.tables import TriggerRow
from workbench.errors import Unavailable, WorkbenchError
from workbench.services.resources import get_resources

log = structlog.get_logger(__name__)

EVERY_S = 30.0
PATIENCE_S = 5.0
"""What Temporal may take to answer."""

AT_ONCE = 200
"""Schedules looked at in one pass; where there are more, the next pass goes on with the next."""

_LOCK = 0x73636864  # "schd": one number, known to every worker
_AWAY = (Unavailable, RPCError, TemporalError, TimeoutError, OSError)


async def run_forever() -> None:
    """Look at every schedule again and again; what fails is logged and tried again next time."""
    keeper = Keeper()
    while True:
        try:
            await keeper.once()
        except (WorkbenchError, SQLAlchemyError, OSError) as error:
            log.warning("schedules.postponed", error=str(error) or type(error).__name__)
        await asyncio.sleep(EVERY_S)


class Keeper:
    """Goes through the schedules, some in each pass."""

    def __init__(self) -> None:
        self._after = ""

    async def once(self) -> int:
        """Tell Temporal of the next schedules; return how many it knows now. One process does so."""
        resources = get_resources()
        async with exclusive(resources.database_url, _LOCK) as ours:
            if not ours:
                return 0
            rows = await resources.read(
                lambda session: queries.scheduled(session, after=self._after, limit=AT_ONCE)
            )
            self._after = rows[-1].id if len(rows) == AT_ONCE else ""
            return sum([await tell(row) for row in rows])


async def tell_workflow(workflow_id: str) -> None:
    """Tell Temporal of what has just been changed; with it away, that is done later."""
    rows = await get_resources().read(lambda session: queries.untold(session, workflow_id))
    await _tell_all(rows)


async def tell_orphans() -> None:
    """Take the schedules of deleted workflows away; with Temporal away, that is done later."""
    await _tell_all(await get_resources().read(queries.orphans))


async def tell(row: TriggerRow) -> bool:
    """Make Temporal's schedule what a row wants; return whether it is."""
    wanted = _planned(row)
    try:
        async with asyncio.timeout(PATIENCE_S):
            schedules = await _schedules()
            await (schedules.put(wanted) if wanted else schedules.remove(row.id))
    except _AWAY as error:
        log.warning("schedules.untold", trigger=row.name, error=str(error) or type(error).__name__)
        return False
    async with get_resources().transaction() as session:
        await _note(session, row, wanted)
    return True


async def tell_ended(waiter: str) -> None:
    """Tell what a schedule started that its run has ended."""
    async with asyncio.timeout(PATIENCE_S):
        await (await _schedules()).tell_ended(waiter)


async def forget(trigger_id: str) -> None:
    """Take away a schedule that no row knows: one of a database that was lost."""
    async with asyncio.timeout(PATIENCE_S):
        await (await _schedules()).remove(trigger_id)


async def _tell_all(rows: Sequence[TriggerRow]) -> None:
    await asyncio.gather(*(tell(row) for row in rows))


async def _note(session: AsyncSession, row: TriggerRow, wanted: Planned | None) -> None:
    """Write what Temporal knows now, unless the row was changed meanwhile: then somebody tells it again."""
    now = await queries.get(session, row.id, lock=True)
    if now is None:
        return
    now.told = _planned(now) == wanted
    if now.told and wanted is None:
        now.scheduled = False
        if now.workflow_id is None:
            await session.delete(now)


def _planned(row: TriggerRow) -> Planned | None:
    """Return what Temporal shall know of a trigger; None: nothing."""
    if not (row.armed and row.workflow_id and row.type == "schedule"):
        return None
    try:
        config = ScheduleConfig.model_validate(Trigger.model_validate(row.definition).config)
    except ValidationError as error:
        log.error("schedules.unreadable", trigger=row.name, error=str(error))
        return None
    return Planned(row.id, config, row.paused)


async def _schedules() -> Schedules:
    client = await get_resources().temporal()
    return Schedules(client.temporal, task_queue=client.task_queue)
