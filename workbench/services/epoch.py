"""The number that says whether what is remembered of anybody's access still counts.

Every process remembers who may do what; all of it is forgotten once this number in Redis goes up.
"""

from workbench.services import sessions
from workbench.services.resources import get_resources

EPOCH = "access:epoch"


async def access_changed() -> None:
    """Let every process forget what it knows of anybody's access; call it after the change is committed."""
    async with get_resources().redis.pipeline(transaction=True) as pipeline:
        pipeline.incr(EPOCH)
        pipeline.publish(sessions.CHANNEL, "")
        await pipeline.execute()


async def epoch() -> str:
    """Return the present epoch of access."""
    return str(await get_resources().redis.get(EPOCH) or "")
