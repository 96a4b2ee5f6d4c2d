"""Working time: spans in words, and the instants at which so much has been worked."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine import spans, working_time
from engine.contracts import Span, TaskOpening, WorkingHours, WorkingTimes
from engine.contracts.working import WEEKDAYS

ZURICH = WorkingHours(zone="Europe/Zurich")
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("2 days", Span(seconds=172_800)),
        ("90 minutes", Span(seconds=5_400)),
        (" 1.5 Hours ", Span(seconds=5_400)),
        ("30s", Span(seconds=30)),
        ("1 week", Span(seconds=604_800)),
        ("8 working hours", Span(seconds=28_800, working=True)),
        ("2 business days", Span(days=2, working=True)),
        ("1 working week", Span(weeks=1, working=True)),
    ],
)
def test_a_span_in_words(words: str, expected: Span) -> None:
    assert spans.span(words) == expected


@pytest.mark.parametrize("words", ["", "soon", "2 moons", "-1 day", "2", "3000 days", "1e3 s", "1 working"])
def test_what_says_no_span_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="Must be"):
        spans.span(words)


def after(begin: str, words: str, hours: WorkingHours = ZURICH) -> str:
    """Return when a span is over, as the clock on the wall shows it."""
    where = ZoneInfo(hours.zone)
    begun = datetime.fromisoformat(begin).replace(tzinfo=where)
    return f"{working_time.after(hours, begun, spans.span(words)).astimezone(where):%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("begin", "words", "expected"),
    [
        ("2026-11-23 10:00", "2 working hours", "Mon 2026-11-23 12:00"),
        ("2026-11-23 15:00", "8 working hours", "Tue 2026-11-24 15:00"),
        ("2026-11-27 16:00", "2 working hours", "Mon 2026-11-30 10:00"),
        ("2026-11-28 12:00", "1 working day", "Mon 2026-11-30 17:00"),
        ("2026-11-23 03:00", "1 working hour", "Mon 2026-11-23 10:00"),
        ("2026-11-23 10:00", "1 working week", "Mon 2026-11-30 10:00"),
        ("2026-11-23 16:00", "0 working hours", "Mon 2026-11-23 16:00"),
    ],
)
def test_only_work_counts(begin: str, words: str, expected: str) -> None:
    assert after(begin, words) == expected


def test_holidays_do_not_count() -> None:
    hours = ZURICH.model_copy(update={"holidays": (date(2026, 12, 25),)})
    assert after("2026-12-24 16:00", "2 working hours", hours) == "Mon 2026-12-28 10:00"


def test_a_day_on_which_the_clock_is_put_forward_is_shorter() -> None:
    nights = WorkingHours(days=("sat", "sun"), opens="00:00", closes="24:00", zone="Europe/Zurich")
    assert after("2026-03-28 20:00", "27 working hours", nights) == "Mon 2026-03-30 00:00"


def test_a_day_on_which_the_clock_is_put_back_is_longer() -> None:
    nights = WorkingHours(days=("sat", "sun"), opens="00:00", closes="24:00", zone="Europe/Zurich")
    assert after("2026-10-24 20:00", "27 working hours", nights) == "Sun 2026-10-25 22:00"


def test_work_that_begins_in_an_hour_left_out_begins_with_the_next() -> None:
    early = WorkingHours(days=("sun",), opens="02:30", closes="05:00", zone="Europe/Zurich")
    assert after("2026-03-29 00:00", "1 working hour", early) == "Sun 2026-03-29 04:00"


def test_what_never_comes_is_said() -> None:
    seldom = WorkingHours(days=("sun",), opens="02:00", closes="02:01")
    with pytest.raises(ValueError, match="ten years"):
        working_time.after(seldom, datetime(2026, 1, 1, tzinfo=UTC), Span(seconds=86_400, working=True))


@pytest.mark.parametrize(
    "unfit", [{"opens": "17:00", "closes": "09:00"}, {"opens": "9"}, {"days": []}, {"from": "09:00"}]
)
def test_hours_that_are_none_are_refused(unfit: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WorkingHours.model_validate(unfit)


def slowly(hours: WorkingHours, begin: datetime, minutes: int) -> datetime:
    """Return when so many minutes are worked, by looking at the clock every minute since the day before."""
    where, now = ZoneInfo(hours.zone), begin - timedelta(days=2)
    today, came, left = date.min, False, False
    while now < begin or minutes:
        shown = now.astimezone(where)
        if shown.date() != today:
            today, came, left = shown.date(), False, False
        came, left = came or f"{shown:%H:%M}" >= hours.opens, left or f"{shown:%H:%M}" >= hours.closes
        is_workday = WEEKDAYS[today.weekday()] in hours.days and today not in hours.holidays
        minutes -= now >= begin and is_workday and came and not left
        now += MINUTE
    return now


@given(
    zone=st.sampled_from(
        ["UTC", "Europe/Zurich", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
    ),
    day=st.one_of(
        st.dates(date(2024, 1, 1), date(2028, 1, 1)),
        st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1), date(2026, 4, 5)]),
    ),
    minute=st.integers(0, 1439),
    days=st.sets(st.sampled_from(WEEKDAYS), min_size=4),
    hours=st.tuples(st.integers(0, 48), st.integers(0, 48)).filter(lambda pair: pair[0] != pair[1]),
    wanted=st.integers(0, 300),
    free=st.sets(st.integers(0, 3)),
)
@settings(max_examples=60, deadline=None)
def test_it_is_what_looking_at_the_clock_every_minute_gives(
    zone: str, day: date, minute: int, days: set[Any], hours: tuple[int, int], wanted: int, free: set[int]
) -> None:
    opens, closes = (f"{half // 2:02}:{half % 2 * 30:02}" for half in sorted(hours))
    calendar = WorkingHours(
        days=tuple(days),
        opens=opens,
        closes=closes,
        zone=zone,
        holidays=tuple(day + timedelta(days=number) for number in free),
    )
    begin = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=UTC)
    found = working_time.after(calendar, begin, Span(seconds=wanted * 60, working=True))
    assert found == slowly(calendar, begin, wanted)


def opening(**working: Any) -> TaskOpening:
    at = datetime(2026, 11, 23, 14, tzinfo=UTC)
    return TaskOpening(
        run_id="r",
        node_id="ask",
        type="approval",
        title="?",
        choices=("approve",),
        opened_at=at,
        due_at=at,
        working=WorkingTimes(**working),
    )


def test_a_task_is_scheduled_by_the_hours_of_the_workspace_unless_the_step_has_its_own() -> None:
    wanted = Span(seconds=3600 * 4, working=True)
    by_workspace = working_time.scheduled(opening(expire=wanted), WorkingHours(opens="10:00"))
    own = working_time.scheduled(opening(expire=wanted, hours=WorkingHours(opens="12:00")), ZURICH)
    assert by_workspace.expires_at == datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert own.expires_at == datetime(2026, 11, 24, 13, tzinfo=UTC)
    assert by_workspace.due_at == opening().due_at
