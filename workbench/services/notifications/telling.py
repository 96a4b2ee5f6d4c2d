"""Writes what people are to be told, in the transaction of what happened: neither is there without the other.

Whom it concerns is decided here: only people who may see it in its workspace, nobody whose account is
disabled, nobody to whom the workflow is narrowed away. Each gets a notice, which their browser shows, and an
entry in the outbox for every channel of theirs that wants the occasion.
"""

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import structlog
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from workbench.auth.principal import OWNER
from workbench.auth.roles import Action, Role, allowed
from workbench.db import notice_channels
from workbench.db import notices as queries
from workbench.db.ids import new_id, now
from workbench.db.notices import Reader
from workbench.db.tables import ChannelRow, DeliveryRow, NoticeRow, QuietRow
from workbench.services.notifications import timing
from workbench.services.notifications.occasions import OF_WORKSPACE, WANTED, Occasion
from workbench.services.notifications.timing import Quiet
from workbench.services.resources import Resources

log = structlog.get_logger(__name__)

NEWS = "workbench:notices"
"""The channel on Redis that says who was told something."""

LONGEST_TITLE = 200
_publishing: set[asyncio.Task[None]] = set()


@dataclass(frozen=True)
class Saying:
    """What is told: on which occasion, once for each `key`, about which task or run."""

    occasion: Occasion
    key: str
    workspace_id: str
    title: str
    text: str = ""
    workflow_id: str | None = None
    task_id: str | None = None
    run_id: str | None = None
    needs: Action = Action.TASKS_READ
    not_before: datetime | None = None


@dataclass(frozen=True)
class _Place:
    """A channel that gets a notice."""

    notice: NoticeRow
    channel: ChannelRow


async def tell(
    session: AsyncSession,
    resources: Resources,
    saying: Saying,
    *,
    subjects: Collection[str] | None,
    but: Collection[str] = (),
    to_workspace: bool = True,
    channels: Collection[str] = (),
) -> int:
    """Tell people, and those in the groups, among `subjects` (None: anybody who may), without those in `but`.

    The workspace's channels that want the occasion get it too, unless the workflow is narrowed; those in
    `channels`, by their ids, in any case. Return how many people are told.
    """
    single = resources.settings.mode == "single"
    listed = await queries.narrowed_to(session, saying.workflow_id)
    if single:
        people = frozenset() if subjects is not None and not subjects else frozenset({OWNER.id})
    else:
        people = await _people(session, saying, subjects, listed)
    people -= frozenset(but)
    ways = await _ways(session, resources, saying, people)
    shared = [
        way
        for way in ways
        if way.workspace_id is not None
        and (way.id in channels or (to_workspace and listed is None and saying.occasion in way.occasions))
        and (saying.occasion in OF_WORKSPACE or way.id in channels)
    ]
    subjects_told = [*sorted(people), *([saying.workspace_id] if shared else [])]
    rows = await queries.insert_notices(session, [_notice(saying, one) for one in subjects_told])
    quiet = await notice_channels.quiet(session, [row.subject_id for row in rows])
    places = _places(rows, ways, {way.id for way in shared}, saying)
    deliveries = [_delivery(place, quiet, saying.not_before) for place in places]
    await queries.insert_deliveries(session, deliveries)
    _afterwards(session, resources, [row for row in rows if row.subject_id in people])
    return len(people)


async def _people(
    session: AsyncSession, saying: Saying, subjects: Collection[str] | None, listed: frozenset[str] | None
) -> frozenset[str]:
    among = None if subjects is None else await queries.people_among(session, subjects)
    readers = await queries.readers(session, saying.workspace_id, among)
    return frozenset(id_ for id_, one in readers.items() if may_see(id_, one, saying.needs, listed))


def may_see(user_id: str, reader: Reader, needs: Action, listed: frozenset[str] | None) -> bool:
    """Return whether somebody's roles allow what they would be told of, as far as it is not hidden."""
    if reader.administrator:
        return True
    roles = frozenset(Role(role) for role in reader.roles)
    open_to_them = listed is None or Role.ADMIN in roles or bool(listed & (reader.groups | {user_id}))
    return needs in allowed(roles) and open_to_them


async def _ways(
    session: AsyncSession, resources: Resources, saying: Saying, people: frozenset[str]
) -> Sequence[ChannelRow]:
    """Return the channels that there are; who has never said anything about e-mail gets it."""
    found = await notice_channels.channels(session, people=people, workspace_id=saying.workspace_id)
    if resources.settings.mail_server is None or resources.settings.mode == "single":
        return found
    missing = people - {way.user_id for way in found if way.kind == "email"}
    for person in sorted(missing):
        await notice_channels.insert_channel(session, email_channel(person))
    if not missing:
        return found
    return await notice_channels.channels(session, people=people, workspace_id=saying.workspace_id)


def email_channel(person: str) -> ChannelRow:
    """Return a person's e-mail as it is unless they say else."""
    return ChannelRow(
        id=new_id(),
        user_id=person,
        kind="email",
        name="E-mail",
        service="E-mail",
        shown="",
        occasions=list(WANTED["email"]),
        created_by=person,
        created_at=now(),
    )


def _places(
    rows: Sequence[NoticeRow], ways: Sequence[ChannelRow], shared: Collection[str], saying: Saying
) -> list[_Place]:
    by_subject = {row.subject_id: row for row in rows}
    found = []
    for way in ways:
        notice = by_subject.get(way.user_id or way.workspace_id or "")
        wanted = way.id in shared if way.user_id is None else saying.occasion in way.occasions
        if notice is not None and wanted and way.enabled:
            found.append(_Place(notice, way))
    return found


def _notice(saying: Saying, subject_id: str) -> NoticeRow:
    return NoticeRow(
        id=new_id(),
        workspace_id=saying.workspace_id,
        subject_id=subject_id,
        occasion=saying.occasion,
        key=saying.key,
        title=" ".join(saying.title.split())[:LONGEST_TITLE],
        text=saying.text,
        task_id=saying.task_id,
        run_id=saying.run_id,
        at=now(),
    )


def _delivery(place: _Place, quiet: Mapping[str, QuietRow], not_before: datetime | None) -> DeliveryRow:
    at = max(place.notice.at, not_before or place.notice.at)
    due = due_at(place.channel, quiet_of(quiet.get(place.notice.subject_id)), at)
    return DeliveryRow(id=new_id(), notice_id=place.notice.id, channel_id=place.channel.id, due_at=due)


def due_at(channel: ChannelRow, quiet: Quiet, at: datetime) -> datetime:
    """Return when a channel gets what happened at an instant."""
    pace: timing.Pace = channel.pace  # type: ignore[assignment]
    return timing.due(at, pace, time.fromisoformat(channel.daily_at), quiet)


def quiet_of(row: QuietRow | None) -> Quiet:
    """Return somebody's quiet hours; none where they have not said."""
    if row is None:
        return Quiet()
    return Quiet(
        zone=row.zone,
        begins=time.fromisoformat(row.begins) if row.begins else None,
        ends=time.fromisoformat(row.ends) if row.ends else None,
        weekends=row.weekends,
    )


def _afterwards(session: AsyncSession, resources: Resources, rows: Sequence[NoticeRow]) -> None:
    """Once it is committed, wake what delivers and tell the browsers of those whom it concerns."""
    news = [{"subject": row.subject_id, "title": row.title, "notice": row.id} for row in rows]

    @event.listens_for(session.sync_session, "after_commit", once=True)
    def committed(_: object) -> None:
        resources.told.set()
        if news:
            task = asyncio.get_running_loop().create_task(_publish(resources, news))
            _publishing.add(task)
            task.add_done_callback(_publishing.discard)


async def _publish(resources: Resources, news: list[dict[str, str]]) -> None:
    """Say who was told something. Where Redis is away, they see it when they next look."""
    try:
        await resources.redis.publish(NEWS, json.dumps(news))
    except (RedisError, OSError) as error:
        log.warning("notices.unpublished", error=str(error) or type(error).__name__)
