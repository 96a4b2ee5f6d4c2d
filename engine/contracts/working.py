"""Working time: when people are at work, and spans that are counted in it."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.contracts.base import Frozen

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


TimeOfDay = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]
"""`HH:MM` by the clock on the wall; `24:00` is the end of the day."""


class WorkingHours(BaseModel):
    """When people are at work: the same hours on each of these days of the week, but for holidays.

    Work begins at the first instant at which the clock of `zone` shows `opens` or later, and ends at the
    first at which it shows `closes` or later, whatever the clock is changed in between. `zone` is not looked
    up here: workflow code reads plans, and must not depend on the machine's time zones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: tuple[Weekday, ...] = Field(default=("mon", "tue", "wed", "thu", "fri"), min_length=1)
    opens: TimeOfDay = "09:00"
    closes: TimeOfDay = "17:00"
    zone: str = Field(default="UTC", max_length=64)
    holidays: tuple[date, ...] = Field(default=(), max_length=500)

    @model_validator(mode="after")
    def _is_some_time(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("Work must end later than it begins, on the same day")
        return self

    @property
    def day_s(self) -> float:
        """The seconds of a working day, as the clock shows them."""
        (from_h, from_m), (to_h, to_m) = (map(int, at.split(":")) for at in (self.opens, self.closes))
        return (to_h - from_h) * 3600.0 + (to_m - from_m) * 60.0


class Span(Frozen):
    """A span of time: `seconds`, or days and weeks of the calendar. `working` counts only work."""

    seconds: float = 0
    days: float = 0
    weeks: float = 0
    working: bool = False


class WorkingTimes(Frozen):
    """The times of a task that count working time, and whose: None stands for the workspace's hours."""

    hours: WorkingHours | None = None
    due: Span | None = None
    reminders: tuple[Span, ...] = ()
    escalate: Span | None = None
    expire: Span | None = None
