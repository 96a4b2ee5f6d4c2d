"""When a message goes out: at once or with others, and never in quiet hours. Pure: the present is given.

Times of day are a wall clock's in a time zone, so they stay what they are when the clocks change. A time of
day that a change of the clocks leaves out is taken for the instant at which it would have been.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Pace = Literal["now", "hourly", "daily"]
_SATURDAY = 5


@dataclass(frozen=True)
class Quiet:
    """Hours from `begins` until `ends` (which may be the next day), and whole weekends, in `zone`."""

    zone: str = "UTC"
    begins: time | None = None
    ends: time | None = None
    weekends: bool = False


def due(at: datetime, pace: Pace, daily_at: time, quiet: Quiet) -> datetime:
    """Return when to send what happened `at`: the next time of its pace that is not in quiet hours."""
    match pace:
        case "now":
            wanted = at
        case "hourly":
            wanted = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        case "daily":
            wanted = _next(at, daily_at, ZoneInfo(quiet.zone))
    return awake(wanted, quiet)


def awake(at: datetime, quiet: Quiet) -> datetime:
    """Return `at`, or the end of the quiet hours in which it lies."""
    zone = ZoneInfo(quiet.zone)
    for _ in range(4):  # quiet hours may end in a quiet weekend, and that in quiet hours
        later = _after_weekend(_after_hours(at, quiet, zone), quiet, zone)
        if later == at:
            return at
        at = later
    return at


def _after_hours(at: datetime, quiet: Quiet, zone: ZoneInfo) -> datetime:
    if quiet.begins is None or quiet.ends is None or quiet.begins == quiet.ends:
        return at
    now = at.astimezone(zone).time()
    if quiet.begins < quiet.ends:
        is_quiet = quiet.begins <= now < quiet.ends
    else:
        is_quiet = now >= quiet.begins or now < quiet.ends
    return _next(at, quiet.ends, zone) if is_quiet else at


def _after_weekend(at: datetime, quiet: Quiet, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    if not quiet.weekends or local.weekday() < _SATURDAY:
        return at
    monday = local.date() + timedelta(days=7 - local.weekday())
    return datetime.combine(monday, time(), zone).astimezone(UTC)


def _next(at: datetime, wanted: time, zone: ZoneInfo) -> datetime:
    """Return the first instant after `at` at which clocks in `zone` show `wanted`."""
    day = at.astimezone(zone).date()
    while (found := datetime.combine(day, wanted, zone).astimezone(UTC)) <= at:
        day += timedelta(days=1)
    return found
