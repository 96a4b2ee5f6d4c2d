"""When a span of working time is over. Pure functions.

They need the rules of time zones, which change with the data of the machine: a replay with newer data could
come to another instant than the run did. So workflow code calls none of them. The times of a task are worked
out once, where the application opens it (an activity, by `scheduled`), and come back as instants, which stand
in the run's history from then on.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.contracts import Span, TaskOpening, WorkingHours
from engine.contracts.working import WEEKDAYS

MOST_DAYS = 3_660
"""So many days are looked through for enough working time."""


def zone(name: str) -> ZoneInfo:
    """Return the time zone; ValueError when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("Must be a time zone such as Europe/Zurich or UTC") from error


def after(hours: WorkingHours, begin: datetime, wanted: Span) -> datetime:
    """Return the first instant by which so much is worked since `begin`; ValueError beyond ten years."""
    days = wanted.days + wanted.weeks * len(set(hours.days))
    left = timedelta(seconds=wanted.seconds + days * hours.day_s)
    if not left:
        return begin
    for opens, closes in _working_days(hours, begin):
        start = max(opens, begin)
        if start < closes and closes - start >= left:
            return start + left
        left -= max(closes - start, timedelta())
    raise ValueError("So much working time does not come within ten years")


def _working_days(hours: WorkingHours, begin: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield when work begins and ends, in UTC, from the local day of `begin` on."""
    where, days, free = zone(hours.zone), set(hours.days), set(hours.holidays)
    first = begin.astimezone(where).date()
    for number in range(MOST_DAYS):
        day = first + timedelta(days=number)
        if WEEKDAYS[day.weekday()] in days and day not in free:
            yield _instant(day, hours.opens, where), _instant(day, hours.closes, where)


def _instant(day: date, at: str, where: ZoneInfo) -> datetime:
    """Return the first instant, in UTC, at which the clock shows that time of that day, or later."""
    hour, minute = map(int, at.split(":"))
    shown = datetime.combine(day, time()) + timedelta(hours=hour, minutes=minute)
    early = shown.replace(tzinfo=where, fold=0).astimezone(UTC)
    if early.astimezone(where).replace(tzinfo=None) == shown:
        return early
    # The clock was put forward over it: before the change it shows less, from then on more.
    before = shown.replace(tzinfo=where, fold=1).astimezone(UTC)
    seconds = range(int((early - before).total_seconds()) + 1)

    def is_past(second: int) -> bool:
        return (before + timedelta(seconds=second)).astimezone(where).replace(tzinfo=None) >= shown

    return before + timedelta(seconds=bisect_left(seconds, True, key=is_past))


def scheduled(opening: TaskOpening, of_workspace: WorkingHours | None) -> TaskOpening:
    """Return a task whose times are all instants; ValueError when one of them lies too far away.

    The step's own hours go before the workspace's; without any work is from Monday to Friday, 9 to 17 UTC.
    """
    asked = opening.working
    if asked is None:
        return opening
    hours = asked.hours or of_workspace or WorkingHours()

    def at(wanted: Span | None, otherwise: datetime | None) -> datetime | None:
        return after(hours, opening.opened_at, wanted) if wanted else otherwise

    reminders = {*opening.reminders, *(after(hours, opening.opened_at, one) for one in asked.reminders)}
    return opening.model_copy(
        update={
            "due_at": at(asked.due, opening.due_at),
            "reminders": tuple(sorted(reminders)),
            "escalate_at": at(asked.escalate, opening.escalate_at),
            "expires_at": at(asked.expire, opening.expires_at),
            "working": None,
        }
    )
