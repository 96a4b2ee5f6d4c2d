"""Schedules on a real Temporal: they start runs in time, and its overlap policy holds for the runs."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from temporalio.client import ScheduleUpdate, ScheduleUpdateInput

from engine.schedules import Planned, Schedules, schedule_id, spec
from engine.triggers import ScheduleConfig
from engine.triggers.schedule import next_times
from tests.engine.conftest import Rig

Arm = Callable[..., Any]


@pytest.fixture
async def armed(real: Rig) -> AsyncIterator[Arm]:
    """Return a function that puts a schedule of every second; it is taken away at the end."""
    schedules, names = schedules_of(real), []

    async def arm(**config: Any) -> str:
        names.append(str(uuid.uuid4()))
        settings = ScheduleConfig.model_validate({"every_s": 1, **config})
        await schedules.put(Planned(names[-1], settings, paused=False))
        return names[-1]

    yield arm
    for name in names:
        await schedules.remove(name)


def schedules_of(rig: Rig) -> Schedules:
    return Schedules(rig.client.temporal, task_queue=rig.client.task_queue)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.05)


async def test_a_run_is_ordered_for_each_time_that_is_due(real: Rig, armed: Arm) -> None:
    trigger_id = await armed(overlap="allow")
    await until(lambda: len(real.starter.runs) >= 3)
    due = sorted(order.due for order in real.starter.orders)
    assert all(order.trigger_id == trigger_id for order in real.starter.orders)
    assert all(later - earlier == timedelta(seconds=1) for earlier, later in pairwise(due))
    assert real.starter.orders[0].waiter is None


async def test_a_run_under_way_is_not_overtaken(real: Rig, armed: Arm) -> None:
    await armed(overlap="skip")
    await until(lambda: len(real.starter.runs) == 1)
    await asyncio.sleep(3)
    assert len(real.starter.runs) == 1
    waiter = real.starter.orders[0].waiter
    assert waiter
    await schedules_of(real).tell_ended(waiter)
    await until(lambda: len(real.starter.runs) == 2)


async def test_a_run_under_way_is_cancelled_for_the_next(real: Rig, armed: Arm) -> None:
    await armed(overlap="cancel")
    await until(lambda: real.starter.stopped == ["run 1"])
    assert len(real.starter.runs) == 1
    waiter = real.starter.orders[0].waiter
    assert waiter
    await schedules_of(real).tell_ended(waiter)
    await until(lambda: len(real.starter.runs) == 2)


async def test_a_trigger_that_starts_nothing_keeps_nobody_waiting(real: Rig, armed: Arm) -> None:
    real.starter.none = True
    await armed(overlap="skip")
    await until(lambda: len(real.starter.orders) >= 2)


async def test_putting_again_changes_only_what_is_new(real: Rig, armed: Arm) -> None:
    trigger_id = await armed(every_s=3_600)
    schedules, handle = schedules_of(real), real.temporal.get_schedule_handle(schedule_id(trigger_id))
    first = (await handle.describe()).info.last_updated_at
    await schedules.put(Planned(trigger_id, ScheduleConfig(every_s=3_600), paused=False))
    assert (await handle.describe()).info.last_updated_at == first
    await schedules.put(Planned(trigger_id, ScheduleConfig(every_s=3_600), paused=True))
    assert (await handle.describe()).schedule.state.paused
    await schedules.remove(trigger_id)
    await schedules.remove(trigger_id)


@pytest.mark.parametrize(
    "config",
    [
        {"cron": "*/20 8-18 * * mon-fri", "time_zone": "Europe/Berlin"},
        {"cron": "30 2 * * *", "time_zone": "Europe/Berlin"},
        {"cron": "0 */6 * * *", "time_zone": "America/New_York"},
        {"cron": "15 0 1,15 * fri", "time_zone": "Asia/Kolkata"},
        {"cron": "*/30 * * * *"},
        {"cron": "0 0 29 2 *"},
        {"every_s": 7_200, "offset_s": 600},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "after",
    [
        datetime(2031, 3, 29, 23, tzinfo=UTC),
        datetime(2031, 10, 25, 22, tzinfo=UTC),
        datetime(2031, 3, 9, 5, tzinfo=UTC),
        datetime(2031, 11, 2, 4, tzinfo=UTC),
    ],
    ids=str,
)
async def test_the_times_that_are_shown_are_those_of_temporal(
    real: Rig, armed: Arm, config: dict[str, Any], after: datetime
) -> None:
    trigger_id = await armed(every_s=3_600)
    settings = ScheduleConfig.model_validate(config)

    def begin_later(seen: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule = seen.description.schedule
        schedule.spec = spec(settings)
        schedule.spec.start_at = after
        return ScheduleUpdate(schedule)

    handle = real.temporal.get_schedule_handle(schedule_id(trigger_id))
    await handle.update(begin_later)
    shown = next_times(settings, after - timedelta(seconds=1))
    assert list(shown) == list((await handle.describe()).info.next_action_times)
