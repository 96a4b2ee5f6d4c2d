"""The schedule: runs at the times of a cron line, or every so many seconds."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from engine.triggers import cron
from engine.triggers._base import TriggerConfig, TriggerType
from engine.working_time import zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ScheduleConfig(TriggerConfig):
    """When runs start: `cron` or `every_s`, and what happens when one is due at a bad moment.

    `overlap` says what becomes of a run that is due while the one before is under way: it is left out
    (`skip`), it waits, at most one at a time (`wait`), it starts beside it (`allow`), or the one before is
    cancelled first (`cancel`).
    """

    cron: str | None = Field(
        default=None, max_length=200, description="Five fields as in crontab: 30 9 * * 1-5"
    )
    every_s: int | None = Field(default=None, ge=1, le=366 * 86_400, description="Seconds between two runs.")
    offset_s: int = Field(
        default=0, ge=0, description="Seconds by which “every” is shifted from the full hour or day."
    )
    time_zone: str = Field(default="UTC", description="Where the cron line's clock stands: Europe/Berlin.")
    overlap: Literal["skip", "wait", "allow", "cancel"] = Field(
        default="skip", description="When a run is due while the one before is still under way."
    )
    catch_up_s: int = Field(
        default=3_600,
        ge=10,
        le=366 * 86_400,
        description="Runs missed while the workbench was off are made up for so many seconds.",
    )

    @field_validator("cron")
    @classmethod
    def _reads(cls, line: str | None) -> str | None:
        if line is not None:
            cron.parse(line)
        return line

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        zone(name)
        return name

    @model_validator(mode="after")
    def _has_times(self) -> Self:
        if (self.cron is None) == (self.every_s is None):
            raise ValueError("A schedule has either a cron line or a number of seconds")
        if self.every_s is not None and self.offset_s >= self.every_s:
            raise ValueError("The offset must be shorter than the time between two runs")
        if not next_times(self, datetime.now(UTC), count=1):
            raise ValueError("The cron line stands for no time at all")
        return self


def next_times(config: ScheduleConfig, after: datetime, *, count: int = 10) -> tuple[datetime, ...]:
    """Return the next times of a schedule after an instant, in UTC. They are those that Temporal takes."""
    if config.cron is not None:
        return tuple(islice(cron.parse(config.cron).times(after, zone(config.time_zone)), count))
    every, offset = timedelta(seconds=config.every_s or 1), timedelta(seconds=config.offset_s)
    passed = (after - _EPOCH - offset) // every
    return tuple(_EPOCH + offset + every * (passed + number) for number in range(1, count + 1))


SCHEDULE = TriggerType(
    type="schedule",
    title="Schedule",
    summary="Times of a calendar, or an interval",
    icon="calendar-clock",
    config=ScheduleConfig,
    reads={
        "id": "The trigger's id.",
        "type": "schedule",
        "at": "When the run was due, ISO 8601.",
    },
)
