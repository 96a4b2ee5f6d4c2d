"""The times of a schedule: those of crontab(5), across changes of the clock, and those of Temporal."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from engine.triggers import cron

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def times(line: str, *, after: datetime = START, zone: str = "UTC", count: int = 3) -> list[str]:
    found = islice(cron.parse(line).times(after, ZoneInfo(zone)), count)
    return [f"{moment:%Y-%m-%d %H:%M}" for moment in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("* * * * *", ["2026-01-01 12:01", "2026-01-01 12:02", "2026-01-01 12:03"]),
        ("*/20 * * * *", ["2026-01-01 12:20", "2026-01-01 12:40", "2026-01-01 13:00"]),
        ("30 9 * * mon-fri", ["2026-01-02 09:30", "2026-01-05 09:30", "2026-01-06 09:30"]),
        ("0 0 1,15 * *", ["2026-01-15 00:00", "2026-02-01 00:00", "2026-02-15 00:00"]),
        ("5/25 13 * * *", ["2026-01-01 13:05", "2026-01-01 13:30", "2026-01-01 13:55"]),
        ("@weekly", ["2026-01-04 00:00", "2026-01-11 00:00", "2026-01-18 00:00"]),
        ("0 0 * * 7", ["2026-01-04 00:00", "2026-01-11 00:00", "2026-01-18 00:00"]),
        ("0 0 13 * fri", ["2026-01-02 00:00", "2026-01-09 00:00", "2026-01-13 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
        ("0 0 30 2 *", []),
    ],
)
def test_a_line_stands_for_these_times(line: str, expected: list[str]) -> None:
    assert times(line) == expected


def test_the_clock_is_that_of_the_time_zone() -> None:
    assert times("0 9 * * *", zone="America/New_York", count=1) == ["2026-01-01 14:00"]


def test_a_time_that_a_change_of_the_clock_leaves_out_is_left_out() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    found = times("30 2 * * *", after=before, zone="Europe/Berlin", count=2)
    assert found == ["2026-03-30 00:30", "2026-03-31 00:30"]


def test_a_time_that_a_change_of_the_clock_repeats_comes_once() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    found = times("30 2 * * *", after=before, zone="Europe/Berlin", count=2)
    assert found == ["2026-10-25 01:30", "2026-10-26 01:30"]


@pytest.mark.parametrize(
    "line",
    ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "x * * * *"],
)
def test_what_is_no_cron_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        cron.parse(line)


def test_a_line_is_read_in_no_time_however_far_its_first_time_is() -> None:
    assert len(times("0 0 29 2 1", after=START + timedelta(days=1), count=50)) > 0
