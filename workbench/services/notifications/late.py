"""What is told a moment after it happened: tasks that the records of runs write in statements of their own.

Pauses become tasks there, on the engine's fast way. Here they are found and told once.
"""

from datetime import datetime, timedelta

from workbench.db import notices as queries
from workbench.services.notifications import tasks as telling
from workbench.services.resources import get_resources

LOOKED_BACK = timedelta(minutes=10)
AT_ONCE = 100


async def once(at: datetime) -> int:
    """Tell of the pauses that nobody was told of; return how many there were."""
    resources = get_resources()
    async with resources.transaction() as session:
        found = await queries.untold_pauses(session, since=at - LOOKED_BACK, limit=AT_ONCE)
        for task in found:
            await telling.opened(session, resources, task)
    return len(found)
