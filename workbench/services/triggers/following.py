"""The ends of runs, each followed exactly once: whoever waits for one is told, and what it triggers starts.

An end is followed when its row says so (`followed_at`), which is written after everything that follows from
it is done: a crash between the two repeats what is harmless to repeat, and loses nothing.
"""

import asyncio
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

from workbench.db import follows as queries
from workbench.db import triggers
from workbench.db.tables import RunRow, TriggerRow
from workbench.errors import Conflict, Invalid, NotFound, WorkbenchError
from workbench.services.notifications import tasks as telling
from workbench.services.resources import get_resources
from workbench.services.triggers import firing, schedules

log = structlog.get_logger(__name__)

EVERY_S = 5.0
"""How often the rows are asked; an end that this process wrote itself wakes it at once."""

PAUSE_S = 0.2
"""Between two looks: under load, many ends are followed with one statement."""

LONGEST_CHAIN = 16
"""Runs, each begun by the end of the one before: more are taken for a circle that nobody saw."""

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
    """Do what follows from a run's end; return whether all of it is done. Doing it again is harmless."""
    try:
        if row.status == "failed":
            await _tell(row)
        if row.trigger_waiter is not None:
            await schedules.tell_ended(row.trigger_waiter)
        for trigger in await _triggered(row):
            await _start(trigger, row)
    except _POSTPONED as error:
        log.warning("following.run-postponed", run_id=row.id, error=str(error) or type(error).__name__)
        return False
    return True


async def _tell(row: RunRow) -> None:
    """Tell who started a run that it failed; of a sub-workflow's run, that of the run around it tells."""
    if row.parent_run_id is None and row.workflow_id is not None:
        resources = get_resources()
        async with resources.transaction() as session:
            await telling.run_failed(session, resources, row)


async def _triggered(row: RunRow) -> list[TriggerRow]:
    """Return the triggers that heard of a run's end: those armed before it, for ends of its kind.

    The end of a run of a draft triggers nothing: it was only tried.
    """
    ended, workflow_id = row.finished_at, row.workflow_id
    if ended is None or workflow_id is None or row.version_number is None or row.test:
        return []
    found = await get_resources().read(lambda session: triggers.followers(session, workflow_id))
    return [
        trigger
        for trigger in found
        if trigger.armed_at <= ended
        and row.status in trigger.definition["config"].get("statuses", ("succeeded",))
    ]


async def _start(trigger: TriggerRow, row: RunRow) -> None:
    """Start the run of a trigger that heard of a run's end, once for each end."""
    length = await get_resources().read(lambda session: queries.chain(session, row.id, most=LONGEST_CHAIN))
    if length >= LONGEST_CHAIN:
        message = f"The chain is too long: {LONGEST_CHAIN} runs were started by the end of the one before. "
        await firing.keep_problem(trigger, message + f"The last one was {row.id}; nothing starts after it.")
        return
    try:
        await firing.fire(trigger, _heard(row), key=row.id, run_id=row.id)
    except (Invalid, NotFound, Conflict) as error:
        log.warning("following.not-started", trigger=trigger.name, run_id=row.id, error=type(error).__name__)


def _heard(row: RunRow) -> dict[str, Any]:
    return {
        "at": row.finished_at.isoformat() if row.finished_at else None,
        "run": {
            "id": row.id,
            "workflow_id": row.workflow_id,
            "workflow_name": row.workflow_name,
            "version": row.version_number,
        },
        "status": row.status,
        "outputs": row.outputs,
        "error": row.error,
    }
