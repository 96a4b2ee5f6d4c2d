"""Schedules on Temporal: made from a trigger's settings, compared with what is there, taken away.

A schedule starts `ScheduledStart`, which lasts as long as the run that it starts where that matters: so the
overlap policy, which Temporal applies to what its schedule started, is about the runs.
"""

import contextlib
import hashlib
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
)
from temporalio.service import RPCError, RPCStatusCode

from engine.contracts import ScheduledRequest
from engine.triggers import ScheduleConfig, cron
from engine.workflows.scheduled_start import ScheduledStart

_OVERLAP = {
    "skip": ScheduleOverlapPolicy.SKIP,
    "wait": ScheduleOverlapPolicy.BUFFER_ONE,
    "allow": ScheduleOverlapPolicy.ALLOW_ALL,
    "cancel": ScheduleOverlapPolicy.CANCEL_OTHER,
}
_EVERY_DAY = [ScheduleRange(1, 31)]
_EVERY_WEEKDAY = [ScheduleRange(0, 6)]


@dataclass(frozen=True)
class Planned:
    """What Temporal shall know of one trigger."""

    trigger_id: str
    config: ScheduleConfig
    paused: bool

    @property
    def mark(self) -> str:
        """What tells this state from another; Temporal keeps it as the schedule's note."""
        told = f"1 {self.paused} {self.config.model_dump_json()}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]


class Schedules:
    """The schedules of one Temporal namespace. RPCError and OSError when it does not answer."""

    def __init__(self, client: Client, *, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def put(self, planned: Planned) -> None:
        """Make the schedule, or change the one that is there; one that is as planned stays untouched."""
        schedule, name = self._schedule(planned), schedule_id(planned.trigger_id)
        handle = self._client.get_schedule_handle(name)
        try:
            known = await handle.describe()
            if known.schedule.state.note != planned.mark or known.schedule.state.paused != planned.paused:
                await handle.update(lambda _: ScheduleUpdate(schedule))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            with contextlib.suppress(ScheduleAlreadyRunningError):  # another worker made it just now
                await self._client.create_schedule(name, schedule)

    async def remove(self, trigger_id: str) -> None:
        """Take the schedule away; what it has started goes on. One that is not there is left alone."""
        try:
            await self._client.get_schedule_handle(schedule_id(trigger_id)).delete()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def tell_ended(self, workflow_id: str) -> None:
        """Tell a ScheduledStart that its run has ended. One that is over, or unknown, is left alone."""
        try:
            await self._client.get_workflow_handle(workflow_id).signal(ScheduledStart.run_ended)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    def _schedule(self, planned: Planned) -> Schedule:
        request = ScheduledRequest(trigger_id=planned.trigger_id, waits=planned.config.overlap != "allow")
        return Schedule(
            action=ScheduleActionStartWorkflow(
                ScheduledStart.run, request, id=schedule_id(planned.trigger_id), task_queue=self._task_queue
            ),
            spec=spec(planned.config),
            policy=SchedulePolicy(
                overlap=_OVERLAP[planned.config.overlap],
                catchup_window=timedelta(seconds=planned.config.catch_up_s),
            ),
            state=ScheduleState(note=planned.mark, paused=planned.paused),
        )


def schedule_id(trigger_id: str) -> str:
    """Return the id of a trigger's schedule on Temporal."""
    return f"trigger-{trigger_id}"


def spec(config: ScheduleConfig) -> ScheduleSpec:
    """Return a schedule's times in Temporal's terms.

    A cron line is taken apart here, so that the times shown before it is armed and those of Temporal come
    from one reading of it. One that restricts both kinds of days is two calendars: either will do.
    """
    if config.cron is None:
        every, offset = timedelta(seconds=config.every_s or 1), timedelta(seconds=config.offset_s)
        return ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every, offset=offset)])
    line = cron.parse(config.cron)
    by_month = _calendar(line, days=_ranges(line.days), weekdays=_EVERY_WEEKDAY)
    by_week = _calendar(line, days=_EVERY_DAY, weekdays=_ranges(line.weekdays))
    both = _calendar(line, days=_ranges(line.days), weekdays=_ranges(line.weekdays))
    calendars = [by_month, by_week] if line.either else [both]
    return ScheduleSpec(calendars=calendars, time_zone_name=config.time_zone)


def _calendar(
    line: cron.Cron, *, days: list[ScheduleRange], weekdays: list[ScheduleRange]
) -> ScheduleCalendarSpec:
    return ScheduleCalendarSpec(
        minute=_ranges(line.minutes),
        hour=_ranges(line.hours),
        month=_ranges(line.months),
        day_of_month=days,
        day_of_week=weekdays,
    )


def _ranges(numbers: frozenset[int]) -> list[ScheduleRange]:
    return [ScheduleRange(number) for number in sorted(numbers)]
