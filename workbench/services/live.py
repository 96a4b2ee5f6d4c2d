"""Watching runs: one run from where a client left off, or all of them for the tabs of a web process.

Redis carries the events; the rows are the truth. Every state of a node or run has a number, so a watcher
that reads both gets each state once, and one who missed a message gets it from the rows.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import datetime, timedelta

import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import runs as queries
from workbench.db.ids import now
from workbench.errors import Unavailable
from workbench.services import run_shapes, runs
from workbench.services.access import everywhere, requires
from workbench.services.events import CHANNEL
from workbench.services.resources import Resources, get_resources
from workbench.services.run_watch import AWAY_S, RunWatch
from workbench.services.shapes import RunEvent

log = structlog.get_logger(__name__)

QUIET_S = 5.0
"""How often the rows are asked for ends of runs that were not published."""

LATE = timedelta(seconds=60)
"""How far before a lost connection a watcher of all runs looks for what it may have missed."""


@requires(Action.RUNS_READ)
async def watch_run(
    principal: Principal, run_id: str, last_event_id: str | None = None, *, scope: str = ""
) -> AsyncGenerator[RunEvent, None]:
    """Yield the events of the run and its nodes, ending after the one that says how the run ended.

    The nodes are those outside of passes or, with `scope`, those of that pass. With `last_event_id`, what
    came after it; without, or when it is no longer known, the present state of every node and the run first.
    An event with an empty id cannot be resumed from: it was never published.
    """
    resources = get_resources()
    await resources.read(lambda session: runs.require(session, principal, run_id))
    watch = RunWatch(resources, run_id, scope)
    async for event in watch.events(last_event_id or ""):
        yield event


async def watch_all() -> AsyncIterator[RunEvent]:
    """Yield every event of every run, for ever, for one process to share out among its tabs.

    What happens inside of passes is not among them: who looks at a pass watches it with `watch_run`.
    After Redis was away, runs that changed meanwhile are told again: an event may repeat. Where an event was
    never published, since its worker was killed just then, the end of its run is told from the rows.
    """
    lost_at: datetime | None = None
    going_on: set[str] = set()
    while True:
        resources = get_resources()
        try:
            async with resources.redis.pubsub() as subscription:
                await subscription.subscribe(CHANNEL)
                if lost_at is not None:
                    for event in await _since(resources, lost_at - LATE):
                        yield event
                    lost_at = None
                async for event in _heard(resources, subscription, going_on):
                    yield event
        except (RedisError, OSError, Unavailable) as error:
            log.warning("events.away", error=str(error))
            lost_at = lost_at or now()
            await asyncio.sleep(AWAY_S)


async def _heard(resources: Resources, subscription: PubSub, going_on: set[str]) -> AsyncIterator[RunEvent]:
    """Yield what the channel says and, every few seconds, what it did not: ends of runs that it spoke of.

    `going_on` holds the runs that were told of and whose end was not.
    """
    looked = now()
    while True:
        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=QUIET_S)
        if message is not None:
            event = RunEvent.model_validate_json(message["data"])
            ended = event.run is not None and event.run.status in queries.SETTLED
            if ended:
                going_on.discard(event.run_id)
            else:
                going_on.add(event.run_id)
            yield event
        if (now() - looked).total_seconds() >= QUIET_S:
            with everywhere():
                rows = await resources.read(lambda session: queries.ended_among(session, going_on))
            for row in rows:
                going_on.discard(row.id)
                yield RunEvent(id="", run_id=row.id, run=run_shapes.summary(row))
            looked = now()


async def _since(resources: Resources, since: datetime) -> Sequence[RunEvent]:
    """Return the present state of every run, and its nodes, that may have changed since."""

    async def query(session: AsyncSession) -> list[RunEvent]:
        events: list[RunEvent] = []
        for run in await queries.active_since(session, since):
            for node in await queries.nodes(session, run.id):
                events.append(RunEvent(id="", run_id=run.id, node=run_shapes.node_run(node)))
            events.append(RunEvent(id="", run_id=run.id, run=run_shapes.summary(run)))
        return events

    with everywhere():
        return await resources.read(query)
