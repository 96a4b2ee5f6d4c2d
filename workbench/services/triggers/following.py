"""The ends of runs, each followed exactly once: whoever waits for one is told.

An end is followed when its row says so (`followed_at`), which is written after everything that follows from
it is done: a crash between the two repeats what is harmless to repeat, and loses nothing.
"""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

from workbench.db import follows as queries
from workbench.db.tables import RunRow
from workbench.errors import WorkbenchError
from workbench.services.resources import get_resources
from workbench.services.triggers import schedules

log = structlog.get_logger(__name__)

EVERY_S = 5.0
"""How often the rows are asked; an end that this process wrote itself wakes it at once."""

PAUSE_S = 0.2
"""Between two looks: under load, many ends are followed with one statement."""

AT_ONCE = 20
_POSTPONED = (WorkbenchError, SQLAlchemyError, TemporalError, RPCError, TimeoutError, OSError)


async def run_forever() -> None:
    """Follow ends as they come; what fails is logged and tried again."""
    woken = get_resources().run_ended
    while True:
        woken.clear()
        try:
            while await once() == AT_ONCE:
                pass
        except _POSTPONED as error:
            log.warning("following.postponed", error=str(error) or type(error).__name__)
        await asyncio.sleep(PAUSE_S)
        try:
            await asyncio.wait_for(woken.wait(), EVERY_S)
        except TimeoutError:
            continue


async def once() -> int:
    """Follow the next ends that something follows from; return how many there were."""
    async with get_resources().transaction() as session:
        await queries.pass_over(session)
    async with get_resources().transaction() as session:
        rows = await queries.next_ends(session, limit=AT_ONCE)
        followed = [row.id for row in rows if await _follow(row)]
        await queries.followed(session, followed)
    return len(followed)


async def _follow(row: RunRow) -> bool:
    """Do what follows from a run's end; return whether all of it is done."""
    try:
        if row.trigger_waiter is not None:
            await schedules.tell_ended(row.trigger_waiter)
    except _POSTPONED as error:
        log.warning("following.run-postponed", run_id=row.id, error=str(error) or type(error).__name__)
        return False
    return True
