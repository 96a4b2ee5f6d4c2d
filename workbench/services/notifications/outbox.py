"""Brings out what stands in the outbox: what is due for a channel goes as one message, by a workflow each.

A message is made of all that is due (that is what a digest is), and only when it is sent: what is over by
then is left out. While one is on its way to a channel, what comes meanwhile waits for the next; so a receiver
that is away delays its own messages and no others. A worker that dies between sending and noting that may
send a message twice; it never loses one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from psycopg import Error as PostgresError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from engine.contracts import Message, Posted
from engine.errors import Failure, NodeFailed
from workbench import routes
from workbench.auth.principal import OWNER
from workbench.auth.roles import Action
from workbench.db import notice_channels, runs
from workbench.db import notices as queries
from workbench.db.ids import new_id, now
from workbench.db.tables import ChannelRow, DeliveryRow, NoticeRow, RunRow, UserRow
from workbench.errors import WorkbenchError
from workbench.services.notifications import late, links, messages, timing
from workbench.services.notifications.messages import Written
from workbench.services.notifications.occasions import WHILE_OPEN
from workbench.services.notifications.sending import PERMANENT, Receiver, Sender, receiver_of
from workbench.services.notifications.telling import Saying, may_see, quiet_of, tell
from workbench.services.resources import Resources, get_resources
from workbench.services.sealing import SealingKeys

log = structlog.get_logger(__name__)

EVERY_S = 2.0
GAPS = {"email": timedelta(seconds=60)}
GAP = timedelta(seconds=10)
"""Between two messages to one channel; what comes meanwhile goes together."""

SILENCE = timedelta(minutes=1)
"""After so long without a word a delivery is begun again; one that only waits for its next try goes on."""

ATTEMPTS = 16
"""Then a message is given up: after some four hours."""

AT_ONCE = 50

STARTER = "starter"
"""The name by which a message is for whoever started the run."""


@dataclass(frozen=True)
class _Batch:
    """A message that is to be sent now."""

    receiver: Receiver
    message: Written
    link: str


class PostgresOutbox:
    """Implements engine.ports.Outbox."""

    def __init__(self, resources: Resources | None = None, sender: Sender | None = None) -> None:
        self._resources = resources or get_resources()
        self._sender = sender or Sender(self._resources.settings)

    async def post(self, message: Message) -> Posted:
        """Write what a workflow says to people and channels, once for its id."""
        async with self._resources.transaction() as session:
            run = await runs.get(session, message.run_id)
            if run is None:
                return Posted(failure=Failure(kind="run-unknown", message="The run is not in the records"))
            people, channels, missing = await self._named(session, run, message)
            if missing:
                return Posted(failure=_unknown(missing))
            saying = Saying(
                occasion="message",
                key=f"message:{message.id}",
                workspace_id=run.workspace_id,
                title=message.subject,
                text=message.body,
                run_id=run.id,
                needs=Action.SELF,
            )
            told = await tell(
                session, self._resources, saying, subjects=people, to_workspace=False, channels=channels
            )
            return Posted(people=told, channels=len(channels))

    async def _named(
        self, session: AsyncSession, run: RunRow, message: Message
    ) -> tuple[list[str], list[str], list[str]]:
        """Return the ids of the people and groups, those of the channels, and the names that nobody has."""
        ways = await notice_channels.channels(session, workspace_id=run.workspace_id)
        by_name = {way.name.lower(): way.id for way in ways}
        missing = [name for name in message.channels if name.lower() not in by_name]
        channels = [by_name[name.lower()] for name in message.channels if name.lower() in by_name]
        if self._resources.settings.mode == "single":
            return [OWNER.id] if message.to else [], channels, missing
        known = {STARTER: run.started_by} | await queries.named(session, message.to)
        missing += [name for name in message.to if name not in known]
        return [known[name] for name in message.to if name in known], channels, missing

    async def deliver(self, batch_id: str) -> Failure | None:
        """Send a message, unless all of it is over or was sent; a failure: it is to be tried again."""
        try:
            async with self._resources.transaction() as session:
                batch = await self._batch(session, batch_id)
            if batch is None:
                return None
            await self._sender.send(batch.receiver, batch.message, link=batch.link)
        except NodeFailed as error:
            return await self._failed(batch_id, error)
        async with self._resources.transaction() as session:
            rows = await queries.batch(session, batch_id)
            for delivery, _ in rows:
                delivery.attempts += 1
                _end(delivery, "sent")
            if rows and (channel := await notice_channels.channel(session, rows[0][0].channel_id, lock=True)):
                channel.sent_at, channel.failed_at, channel.why = now(), None, None
        log.info("notices.sent", batch_id=batch_id, kind=batch.receiver.kind, notices=len(rows))
        return None

    async def _batch(self, session: AsyncSession, batch_id: str) -> _Batch | None:
        """Return what of a message is still to be sent; drop what is over."""
        rows = await queries.batch(session, batch_id)
        if not rows:
            return None
        channel = await notice_channels.channel(session, rows[0][0].channel_id)
        assert channel is not None  # its deliveries would have gone with it
        await queries.heard_of(session, [batch_id], at=now())
        why = await self._against(session, channel, rows)
        kept = []
        over = await queries.over(session, {one.task_id for _, one in rows if one.task_id})
        for delivery, notice in rows:
            reason = why or _over(notice, over)
            if reason:
                _end(delivery, "dropped", reason)
            else:
                kept.append(notice)
        if not kept:
            return None
        user = await session.get(UserRow, channel.user_id) if channel.user_id else None
        receiver = receiver_of(self._resources.settings, channel, email=user.email if user else "")
        return self._written(channel, kept, receiver)

    def _written(self, channel: ChannelRow, notices: Sequence[NoticeRow], receiver: Receiver) -> _Batch:
        settings = self._resources.settings
        keys, at = SealingKeys.of(settings), now()

        def link(notice: NoticeRow) -> str:
            path = links.target(notice)
            if channel.user_id and notice.task_id:
                path = routes.open_link(links.token(keys, notice, at=at))
            return settings.origin + path if path else ""

        message = messages.written(notices, link, settings.origin + routes.NOTIFICATIONS)
        href = link(notices[0]) if len(notices) == 1 else settings.origin + routes.INBOX
        return _Batch(receiver, message, href)

    async def _against(
        self,
        session: AsyncSession,
        channel: ChannelRow,
        rows: Sequence[tuple[DeliveryRow, NoticeRow]],
    ) -> str:
        """Return why nothing goes to a channel any more; empty where it does."""
        if not channel.enabled:
            return "The channel was switched off before this was sent"
        if channel.user_id is None or self._resources.settings.mode == "single":
            return ""
        notice = rows[0][1]
        found = await queries.readers(session, notice.workspace_id, [channel.user_id])
        reader = found.get(channel.user_id)
        if reader is None or not may_see(channel.user_id, reader, Action.SELF, None):
            return "The person does not belong to the workspace any more"
        return ""

    async def _failed(self, batch_id: str, error: NodeFailed) -> Failure | None:
        failure = error.failure
        async with self._resources.transaction() as session:
            rows = await queries.batch(session, batch_id)
            if not rows:
                return None
            attempts = rows[0][0].attempts + 1
            over = failure.kind in PERMANENT or attempts >= ATTEMPTS
            for delivery, _ in rows:
                delivery.attempts, delivery.why = attempts, failure.message
                if over:
                    _end(delivery, "failed", failure.message)
            if channel := await notice_channels.channel(session, rows[0][0].channel_id, lock=True):
                channel.failed_at, channel.why = now(), failure.message
                if failure.kind == "message.gone":
                    channel.enabled = False
        log.warning("notices.not-sent", batch_id=batch_id, kind=failure.kind, attempts=attempts, over=over)
        return None if over else failure


def _over(notice: NoticeRow, over: frozenset[str]) -> str:
    if notice.occasion in WHILE_OPEN and notice.task_id in over:
        return "The task was over before this was sent"
    return "It was read in the browser before this was sent" if notice.read_at else ""


def _end(delivery: DeliveryRow, status: str, why: str | None = None) -> None:
    delivery.status, delivery.why, delivery.ended_at = status, why, now()


def _unknown(names: Sequence[str]) -> Failure:
    told = ", ".join(f"“{name[:100]}”" for name in names[:5])
    hint = "Name people by their e-mail address or id, groups and channels of the workspace by their name."
    return Failure(kind="receiver-unknown", message=f"Nobody is known as {told}", hint=hint)


async def run_forever() -> None:
    """Bring out what is due; what fails is logged and tried again."""
    woken = get_resources().told
    while True:
        woken.clear()
        try:
            await late.once(now())
            await once(now())
        except (WorkbenchError, SQLAlchemyError, PostgresError, RPCError, TimeoutError, OSError) as error:
            log.warning("notices.postponed", error=str(error) or type(error).__name__)
        try:
            await asyncio.wait_for(woken.wait(), EVERY_S)
        except TimeoutError:
            continue


async def once(at: datetime) -> list[str]:
    """Begin to deliver what is due at an instant, and anew what went silent; return the messages' ids."""
    resources = get_resources()
    batches = await take(at)
    async with resources.transaction() as session:
        batches += await queries.silent_batches(session, before=at - SILENCE, at=at, limit=AT_ONCE)
    temporal = await resources.temporal() if batches else None
    for batch_id in batches:
        assert temporal is not None
        await temporal.deliver(batch_id)
    return batches


async def take(at: datetime) -> list[str]:
    """Make a message of what is due for each channel that is not in its quiet hours; return their ids."""
    batches = []
    async with get_resources().transaction() as session:
        channels = await queries.ready_channels(session, at=at, limit=AT_ONCE)
        owners = [way.user_id or way.workspace_id or "" for way in channels]
        quiet = await notice_channels.quiet(session, owners)
        for channel, owner in zip(channels, owners, strict=True):
            awake = timing.awake(at, quiet_of(quiet.get(owner)))
            if awake > at:
                await queries.postpone(session, channel.id, at=at, until=awake)
                continue
            batch_id = new_id()
            await queries.take_batch(session, channel.id, batch_id, at=at)
            channel.next_at = at + GAPS.get(channel.kind, GAP)
            batches.append(batch_id)
    return batches
