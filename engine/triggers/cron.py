"""Cron lines: read into sets of numbers, and the times that they stand for in a time zone.

Five fields (minute, hour, day of the month, month, day of the week) as in crontab(5), with its names, lists,
ranges, steps and `@daily`. As there, a line that restricts both kinds of day means either of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
LOOKED_AHEAD = timedelta(days=41 * 366)
"""A 29th of February of a certain weekday comes within 40 years; what does not come until then never does."""


@dataclass(frozen=True)
class _Field:
    """A place in the line: what it is called, and which numbers and names may stand there."""

    title: str
    least: int
    most: int
    names: dict[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of the month", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS),
)


@dataclass(frozen=True)
class Cron:
    """A cron line as sets of numbers; Sunday is 0. `either` says that one kind of day is enough."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def on(self, day: date) -> bool:
        """Return whether the line has times on a day."""
        if day.month not in self.months:
            return False
        by_month, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_month or by_week if self.either else by_month and by_week

    def times(self, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield the line's times after an instant, in UTC, in order.

        Wall clock times that a change of the clock leaves out are left out; those that it repeats come once.
        (Temporal's server takes both hours of a line that comes several times an hour: up to an hour's times
        in a year are missing here.)
        """
        local = after.astimezone(zone).replace(tzinfo=None)
        clock = [time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes)]
        day, last = local.date(), local.date() + LOOKED_AHEAD
        while day <= last:
            for moment in clock if self.on(day) else ():
                wall = datetime.combine(day, moment)
                instant = _instant(wall, zone)
                if wall > local and instant > after and _exists(wall, instant, zone):
                    yield instant
                    last = day + LOOKED_AHEAD
            day += timedelta(days=1)


def parse(line: str) -> Cron:
    """Return a cron line's meaning; ValueError, whose message names the field, when it has none."""
    fields = _MACROS.get(line.strip().lower(), line).split()
    if len(fields) != len(_FIELDS):
        raise ValueError(
            f"A cron line has five fields (minute, hour, day, month, weekday), not {len(fields)}"
        )
    minutes, hours, days, months, weekdays = map(_numbers, fields, _FIELDS)
    restricted = [not text.startswith(("*", "?")) for text in (fields[2], fields[4])]
    return Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either=all(restricted))


def _numbers(text: str, field: _Field) -> frozenset[int]:
    return frozenset(number for part in text.split(",") for number in _range(part, field))


def _range(part: str, field: _Field) -> range:
    span, slash, step = part.partition("/")
    every = _number(step, field, least=1) if slash else 1
    if span in ("*", "?"):
        return range(field.least, min(field.most, 6 if field.names is _DAYS else field.most) + 1, every)
    first, dash, last = span.partition("-")
    start = _number(first, field, least=field.least)
    end = _number(last, field, least=field.least) if dash else (field.most if slash else start)
    if end < start:
        raise ValueError(f"The {field.title} “{part}” ends before it begins")
    return range(start, end + 1, every)


def _number(text: str, field: _Field, *, least: int) -> int:
    number = field.names.get(text.lower(), int(text) if text.isascii() and text.isdigit() else -1)
    if not least <= number <= field.most:
        raise ValueError(f"The {field.title} must be from {field.least} to {field.most}, not “{text}”")
    return number


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when a clock of the zone shows a time.

    Of the two instants at which a clock that is put back does so, this is the one that Temporal's server
    takes (Go's time.Date): the offset is looked up as if the time were UTC, and again if that was wrong.
    """
    offset = _offset(wall.replace(tzinfo=UTC), zone)
    offset = _offset(wall.replace(tzinfo=UTC) - offset, zone)
    return wall.replace(tzinfo=UTC) - offset


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _exists(wall: datetime, instant: datetime, zone: ZoneInfo) -> bool:
    return instant.astimezone(zone).replace(tzinfo=None) == wall
