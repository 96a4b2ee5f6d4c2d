"""The engine's EventInbox: events and the nodes that wait for them find each other in Postgres.

What was decided is committed first and told to the workflows afterwards. A process that dies between the
two, or a Temporal that is away, delays only the telling: `tell` does it again until the node has ended.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from jsonschema import ValidationError
from psycopg import Error as PostgresError
from referencing.exceptions import Unresolvable
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from engine import compiler
from engine.contracts import Arrival, Event, EventWait
from engine.errors import Failure, NodeFailed, Problem
from workbench.db import events as queries
from workbench.db.ids import now
from workbench.db.tables import EventRow, EventWaitRow
from workbench.errors import WorkbenchError
from workbench.services.resources import Resources, get_resources
from workbench.services.shapes import Shape
from workbench.services.starts import TEMPORAL_S

log = structlog.get_logger(__name__)

EVERY_S = 5.0
GRACE = timedelta(seconds=5)
"""What whoever gave out an event may take to tell the workflows, before somebody else does."""

PAUSE = timedelta(seconds=30)
"""Before a workflow is told once more, because the end of its node was not recorded."""

AT_ONCE = 50
"""Workflows told side by side."""

BATCH = 1_000
_TIDY_EVERY = 12
_MAX_MESSAGE = 300


class Receiver(Shape):
    """A node that an event was given to, or one that could not use it."""

    run_id: str
    scope: str
    node_id: str


class Delivered(Shape):
    """What became of an event. `kept` says that nothing waits for it yet, `known` that its id came before."""

    event: Event
    receivers: tuple[Receiver, ...] = ()
    kept: bool = False
    known: bool = False
    unfit: tuple[Problem, ...] = ()


class PostgresEventInbox:
    """Implements engine.ports.EventInbox."""

    def __init__(self, resources: Resources | None = None) -> None:
        self._resources = resources or get_resources()

    async def register(self, wait: EventWait) -> Event | None:
        """Make a wait known; return the event that was given to it before, or was kept for it."""
        async with self._resources.transaction() as session:
            workspace = await queries.workspace_of(session, wait.run_id)
            if workspace is None:
                return None
            await queries.lock(session, workspace, wait.name, wait.key)
            row = await queries.wait(session, (wait.run_id, wait.scope, wait.node_id))
            if row is None:
                row = _row(wait, workspace)
                session.add(row)
                await self._give_kept(session, row)
            return await _given(session, row)

    async def withdraw(self, wait: EventWait) -> Event | None:
        """End a wait that got nothing; return its event, should it have been given one meanwhile."""
        async with self._resources.transaction() as session:
            workspace = await queries.workspace_of(session, wait.run_id)
            if workspace is None:
                return None
            await queries.lock(session, workspace, wait.name, wait.key)
            row = await queries.wait(session, (wait.run_id, wait.scope, wait.node_id))
            if row is None or row.event_id:
                return await _given(session, row) if row else None
            await session.delete(row)
            return None

    async def send(self, run_id: str, event: Event) -> int:
        """Deliver an event that a run makes, within its workspace."""
        async with self._resources.transaction() as session:
            workspace = await queries.workspace_of(session, run_id)
        if workspace is None:
            return 0
        delivered = await self.deliver(workspace, event)
        if delivered.unfit and not delivered.receivers:
            first = delivered.unfit[0]
            raise NodeFailed(Failure(kind="event-unfit", message=first.message, hint=first.hint))
        return len(delivered.receivers)

    async def deliver(self, workspace: str, event: Event) -> Delivered:
        """Give an event to everything of `workspace` that waits for it, or keep it; then tell the workflows.

        When something waits and none of it can use the data, nothing is stored and `unfit` says why.
        """
        async with self._resources.transaction() as session:
            await queries.lock(session, workspace, event.name, event.key)
            if known := await queries.get(session, workspace, event.id):
                return Delivered(event=_event(known), known=True, kept=known.given_at is None)
            waits = await queries.waiting(session, workspace, event.name, event.key)
            unfit = {_receiver(wait): _misfits(wait, event.data) for wait in waits}
            takers = [wait for wait in waits if not unfit[_receiver(wait)]]
            problems = tuple(problem for found in unfit.values() for problem in found)
            if waits and not takers:
                return Delivered(event=event, unfit=problems)
            row = self._event_row(workspace, event, given=bool(takers))
            if not await queries.add(session, row):  # the same id with another name or key, at this moment
                return Delivered(event=event, known=True)
            for wait in takers:
                wait.event_id, wait.tell_at = event.id, now() + GRACE
        await tell_all(self._resources, [(wait, event) for wait in takers])
        receivers = tuple(_receiver(wait) for wait in takers)
        return Delivered(event=event, receivers=receivers, kept=not takers, unfit=problems)

    def _event_row(self, workspace: str, event: Event, *, given: bool) -> EventRow:
        expires = event.received_at + timedelta(hours=self._resources.settings.events_kept_hours)
        return EventRow(
            workspace_id=workspace,
            id=event.id,
            name=event.name,
            key=event.key,
            data=event.data,
            received_at=event.received_at,
            given_at=event.received_at if given else None,
            expires_at=expires,
        )

    async def _give_kept(self, session: AsyncSession, wait: EventWaitRow) -> None:
        """Give a new wait the oldest kept event that it can use."""
        for event in await queries.kept(session, wait.workspace_id, wait.name, wait.key):
            if not _misfits(wait, event.data):
                event.given_at, wait.event_id, wait.tell_at = now(), event.id, now() + PAUSE
                return


async def run_forever() -> None:
    """Tell workflows what they were not told, and now and then remove what is over."""
    rounds = 0
    while True:
        try:
            await tell()
            if rounds % _TIDY_EVERY == 0:
                await tidy()
        except (WorkbenchError, SQLAlchemyError, PostgresError, OSError) as error:
            log.warning("events.postponed", error=str(error) or type(error).__name__)
        rounds += 1
        await asyncio.sleep(EVERY_S)


async def tell() -> int:
    """Tell the workflows whose time has come; return how many."""
    resources = get_resources()
    async with resources.transaction() as session:
        pairs = [(wait, _event(row)) for wait, row in await queries.to_be_told(session, limit=BATCH)]
        for wait, _ in pairs:
            wait.tell_at = now() + PAUSE
    await tell_all(resources, pairs)
    return len(pairs)


async def tidy() -> None:
    """Remove the waits of nodes that have ended, and events whose time is over."""
    async with get_resources().transaction() as session:
        await queries.forget(session)


async def tell_all(resources: Resources, pairs: Sequence[tuple[EventWaitRow, Event]]) -> None:
    """Tell workflows of their events, as many as can be told within seconds; `tell` does the rest."""
    slots = asyncio.Semaphore(AT_ONCE)

    arrivals: dict[str, list[Arrival]] = defaultdict(list)
    for wait, event in pairs:
        arrivals[wait.run_id].append(Arrival(scope=wait.scope, node_id=wait.node_id, event=event))

    async def one(run_id: str) -> None:
        async with slots:
            temporal = await resources.temporal()
            await temporal.arrived(run_id, *arrivals[run_id])

    try:
        async with asyncio.timeout(TEMPORAL_S), asyncio.TaskGroup() as group:
            for run_id in arrivals:
                group.create_task(one(run_id))
    except* (WorkbenchError, RPCError, TimeoutError, OSError) as errors:
        error = errors.exceptions[0]
        log.warning("events.telling-postponed", waits=len(pairs), error=str(error) or type(error).__name__)


async def _given(session: AsyncSession, wait: EventWaitRow) -> Event | None:
    row = await queries.get(session, wait.workspace_id, wait.event_id) if wait.event_id else None
    return _event(row) if row else None


def _event(row: EventRow) -> Event:
    return Event(id=row.id, name=row.name, key=row.key, data=row.data, received_at=row.received_at)


def _receiver(wait: EventWaitRow) -> Receiver:
    return Receiver(run_id=wait.run_id, scope=wait.scope, node_id=wait.node_id)


def _row(wait: EventWait, workspace: str) -> EventWaitRow:
    return EventWaitRow(**wait.model_dump(), workspace_id=workspace, registered_at=now())


def _misfits(wait: EventWaitRow, data: Any) -> tuple[Problem, ...]:
    """Return why a wait cannot use an event's data."""
    if wait.data_schema is None:
        return ()
    try:
        errors = sorted(compiler.validator(wait.data_schema).iter_errors(data), key=_path)
    except (Unresolvable, RecursionError) as error:
        return (_misfit(wait, "data", f"The schema of the step cannot be used: {error}"),)
    return tuple(_misfit(wait, _path(error), error.message) for error in errors)


def _path(error: ValidationError) -> str:
    return ".".join(["data", *map(str, error.absolute_path)])


def _misfit(wait: EventWaitRow, field: str, message: str) -> Problem:
    short = message if len(message) <= _MAX_MESSAGE else message[: _MAX_MESSAGE - 1] + "…"
    return Problem(
        code="event-unfit",
        node=wait.node_id,
        field=field,
        message=short,
        hint=f"The step {wait.node_id} of run {wait.run_id} waits for data of another form.",
    )
