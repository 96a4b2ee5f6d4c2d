"""The engine's RunStarter: what a schedule is due to start becomes a run like any other."""

import structlog

from engine.contracts import ScheduledStartOrder
from workbench.auth.principal import system
from workbench.db import runs as run_queries
from workbench.db import triggers as queries
from workbench.db.tables import TriggerRow
from workbench.errors import Conflict, Invalid, NotFound
from workbench.services import runs
from workbench.services.resources import get_resources
from workbench.services.triggers import firing, schedules

log = structlog.get_logger(__name__)


class StoredSchedules:
    """Implements engine.ports.RunStarter."""

    async def start(self, order: ScheduledStartOrder) -> str | None:
        """Start the run of a trigger that was due at a time, once for each; None when it starts none now."""
        row = await _trigger(order.trigger_id)
        if row is None:
            log.warning("schedules.unknown", trigger_id=order.trigger_id)
            await schedules.forget(order.trigger_id)
            return None
        if not row.armed or row.paused or row.workflow_id is None:
            return None
        due = order.due.isoformat()
        try:
            run = await firing.fire(row, {"at": due}, key=due, waiter=order.waiter)
        except (Invalid, NotFound, Conflict) as error:
            log.warning("schedules.not-started", trigger=row.name, due=due, error=type(error).__name__)
            return None
        return run.id

    async def stop(self, run_id: str) -> None:
        """Ask a run to stop, as its schedule wants."""
        row = await get_resources().read(lambda session: run_queries.without_values(session, run_id))
        if row is not None:
            await runs.cancel_run(system(row.workspace_id, name="schedule"), run_id)


async def _trigger(trigger_id: str) -> TriggerRow | None:
    return await get_resources().read(lambda session: queries.get(session, trigger_id))
