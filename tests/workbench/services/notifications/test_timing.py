"""When messages go out: at once or with others, and never in quiet hours."""

from datetime import UTC, datetime, time

import pytest

from workbench.services.notifications.timing import Quiet, awake, due

EIGHT = time(8)
BERLIN = "Europe/Berlin"
NIGHT = Quiet(zone=BERLIN, begins=time(20), ends=time(7, 30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("pace", "expected"),
    [("now", "2026-03-04 10:20"), ("hourly", "2026-03-04 11:00"), ("daily", "2026-03-05 08:00")],
)
def test_each_pace_has_its_next_time(pace: str, expected: str) -> None:
    assert due(at("2026-03-04 10:20"), pace, EIGHT, Quiet()) == at(expected)  # type: ignore[arg-type]


def test_a_daily_digest_is_of_the_same_day_before_its_time() -> None:
    assert due(at("2026-03-04 05:00"), "daily", EIGHT, Quiet(zone=BERLIN)) == at("2026-03-04 07:00")


@pytest.mark.parametrize(
    ("happened", "sent"),
    [
        ("2026-03-04 12:00", "2026-03-04 12:00"),
        ("2026-03-04 19:00", "2026-03-05 06:30"),  # 20:00 in Berlin: quiet begins
        ("2026-03-04 18:59", "2026-03-04 18:59"),
        ("2026-03-05 02:00", "2026-03-05 06:30"),
        ("2026-03-05 06:30", "2026-03-05 06:30"),  # 07:30: quiet has ended
    ],
)
def test_quiet_hours_over_midnight(happened: str, sent: str) -> None:
    assert awake(at(happened), NIGHT) == at(sent)


def test_quiet_hours_keep_to_the_wall_clock_when_the_clocks_change() -> None:
    # On 2026-03-29 clocks in Berlin go from 02:00 to 03:00.
    assert awake(at("2026-03-28 22:00"), NIGHT) == at("2026-03-29 05:30")


def test_a_quiet_weekend_ends_on_monday_after_the_quiet_night() -> None:
    quiet = Quiet(zone=BERLIN, begins=time(20), ends=time(7, 30), weekends=True)
    assert awake(at("2026-03-06 20:00"), quiet) == at("2026-03-09 06:30")


def test_a_digest_that_falls_into_quiet_hours_comes_after_them() -> None:
    assert due(at("2026-03-04 10:00"), "daily", time(6), NIGHT) == at("2026-03-05 06:30")


def test_hours_that_begin_when_they_end_are_none() -> None:
    quiet = Quiet(begins=EIGHT, ends=EIGHT)
    assert awake(at("2026-03-04 08:00"), quiet) == at("2026-03-04 08:00")
