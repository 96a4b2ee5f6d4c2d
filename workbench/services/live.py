"""Watching runs: one run from where a client left off, or all of them for the tabs of a web process.

Redis carries the events; the rows are the truth. Every state of a node or run has a number, so a watcher
that reads both gets each state once, and one who missed a message gets it from the rows.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import Principal
from workbench.db import runs as queries
from workbench.db.ids import now
from workbench.errors import Unavailable
from workbench.services import run_shapes, runs
from workbench.services.events import CHANNEL, Change, stream_of
from workbench.services.resources import Resources, get_resources
from workbench.services.shapes import RunEvent

log = structlog.get_logger(__name__)

QUIET_S = 5.0
"""After this long without a message, the rows are asked whether one was missed."""

AWAY_S = 1.0
"""How often the rows are asked while Redis is away."""

LATE = timedelta(seconds=60)
"""How far before a lost connection a watcher of all runs looks for what it may have missed."""

START = "0-0"
_ENTRY_ID = re.compile(r"\d{1,20}-\d{1,20}")


async def watch_run(
    principal: Principal, run_id: str, last_event_id: str | None = None
) -> AsyncIterator[RunEvent]:
    """Yield the run's events, ending after the one that says how it ended.

    With `last_event_id`, what came after it; without, or when that is no longer known, the present state of
    every node and of the run first. An event with an empty id cannot be resumed from.
    """
    resources = get_resources()
    await resources.read(lambda session: runs.require(session, principal, run_id))
    watch = _Watch(resources, run_id)
    async for event in watch.events(last_event_id or ""):
        yield event


async def watch_all() -> AsyncIterator[RunEvent]:
    """Yield every event of every run, for ever, for one process to share out among its tabs.

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
            for row in await resources.read(lambda session: queries.ended_among(session, going_on)):
                going_on.discard(row.id)
                yield RunEvent(id="", run_id=row.id, run=run_shapes.summary(row))
            looked = now()


class _Watch:
    """One watcher of one run.

    - `_position`: the last stream entry that was read;
    - `_ids`: the stream's entries by the number of the state they tell, for the first look at the rows;
    - `_seen`: the number of the last state given out of each node, and of the run under "";
    - `_ended`: whether the run's end was given out.
    """

    def __init__(self, resources: Resources, run_id: str) -> None:
        self._resources = resources
        self._run_id = run_id
        self._position = START
        self._ids: dict[int, str] = {}
        self._seen: dict[str, int] = {}
        self._ended = False

    async def events(self, last_event_id: str) -> AsyncIterator[RunEvent]:
        resumed = await self._resume(last_event_id)
        for event in resumed or ():
            yield event
        if resumed is not None:  # the rows may be ahead of the stream, whose events alone can be resumed from
            async for event in self._messages():
                yield event
        while not self._ended:
            for event in await self._catch_up():
                yield event
            async for event in self._messages():
                yield event

    async def _resume(self, last_event_id: str) -> Sequence[RunEvent] | None:
        """Return what the stream has after `last_event_id`; None, if that entry is not in it."""
        try:
            entries = await self._resources.redis.xrange(stream_of(self._run_id))
        except (RedisError, OSError):
            return None
        if not entries:
            return None
        self._position = entries[-1][0]
        ids = [entry_id for entry_id, _ in entries]
        if not _ENTRY_ID.fullmatch(last_event_id) or last_event_id not in ids:
            self._ids = {int(fields["change"]): entry_id for entry_id, fields in entries}
            return None
        place = ids.index(last_event_id) + 1
        self._new(entries[:place])
        return self._new(entries[place:])

    async def _messages(self) -> AsyncIterator[RunEvent]:
        """Yield new messages until none has come for a while, or Redis is away."""
        while not self._ended:
            try:
                found = await self._resources.redis.xread(
                    {stream_of(self._run_id): self._position}, block=int(QUIET_S * 1_000)
                )
            except (RedisError, OSError) as error:
                log.warning("events.away", run_id=self._run_id, error=str(error))
                await asyncio.sleep(AWAY_S)
                return
            if not found:
                return
            entries = found[0][1]
            for event in self._new(entries):
                yield event
            self._position = entries[-1][0]

    async def _catch_up(self) -> Sequence[RunEvent]:
        """Return the states in the rows that were not given out.

        Those that the stream has too come in its order, with its ids: they can be resumed from, as can the
        last.
        """

        async def query(session: AsyncSession) -> tuple[Any, Any]:
            # The run first: nodes read later are at least as new, so an ended run's nodes are complete.
            run = await queries.without_values(session, self._run_id)
            return run, await queries.nodes(session, self._run_id)

        try:
            run, nodes = await self._resources.read(query)
        except Unavailable as error:
            log.warning("rows.away", run_id=self._run_id, error=str(error))
            return ()
        known, self._ids = self._ids, {}
        order = {number: place for place, number in enumerate(known)}
        found = [
            Change(
                node.change,
                RunEvent(id=known.get(node.change, ""), run_id=self._run_id, node=run_shapes.node_run(node)),
            )
            for node in sorted(nodes, key=lambda node: order.get(node.change, -1))
        ]
        resumable = "" if self._position == START else self._position
        event = RunEvent(id=resumable, run_id=self._run_id, run=run_shapes.summary(run))
        return [change.event for change in [*found, Change(run.change, event)] if self._take(change)]

    def _new(self, entries: Sequence[Any]) -> list[RunEvent]:
        """Return the events of stream entries that are news."""
        changes = (
            Change(int(fields["change"]), _read(entry_id, fields["event"])) for entry_id, fields in entries
        )
        return [change.event for change in changes if self._take(change)]

    def _take(self, change: Change) -> bool:
        """Return whether a state is news, and remember it."""
        event = change.event
        key = event.node.node_id if event.node else ""
        if change.number <= self._seen.get(key, 0):
            return False
        self._seen[key] = change.number
        self._ended = self._ended or bool(event.run and event.run.status in queries.SETTLED)
        return True


def _read(entry_id: str, text: str) -> RunEvent:
    event = RunEvent.model_validate_json('{"id":"",' + text[1:])
    return event.model_copy(update={"id": entry_id})


async def _since(resources: Resources, since: datetime) -> Sequence[RunEvent]:
    """Return the present state of every run, and its nodes, that may have changed since."""

    async def query(session: AsyncSession) -> list[RunEvent]:
        events: list[RunEvent] = []
        for run in await queries.active_since(session, since):
            for node in await queries.nodes(session, run.id):
                events.append(RunEvent(id="", run_id=run.id, node=run_shapes.node_run(node)))
            events.append(RunEvent(id="", run_id=run.id, run=run_shapes.summary(run)))
        return events

    return await resources.read(query)
