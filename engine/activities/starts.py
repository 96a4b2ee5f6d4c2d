"""Starting the runs of schedules: the application stores each, once, and hands it to Temporal."""

from temporalio import activity

from engine.contracts import ScheduledRun, ScheduledStartOrder
from engine.ports import RunStarter


class StartActivities:
    """The activities of `ScheduledStart`."""

    def __init__(self, starter: RunStarter) -> None:
        self._starter = starter

    @activity.defn
    async def start_scheduled(self, order: ScheduledStartOrder) -> ScheduledRun:
        """Start the run that is due, if its trigger still starts any."""
        return ScheduledRun(run_id=await self._starter.start(order))

    @activity.defn
    async def stop_scheduled(self, run_id: str) -> None:
        """Ask the run to stop."""
        await self._starter.stop(run_id)
