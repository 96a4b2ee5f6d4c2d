"""The number that says whether what is remembered of anybody's access still counts.

Every process remembers who may do what; all of it is forgotten once this number in Redis goes up.
"""

from time import monotonic
from typing import Generic, TypeVar

import structlog
from redis.exceptions import RedisError

from workbench.services import sessions
from workbench.services.resources import get_resources

log = structlog.get_logger(__name__)
T = TypeVar("T")

EPOCH = "access:epoch"
KEPT_S = 60.0
MOST_KEPT = 10_000


class Remembered(Generic[T]):
    """What was read of people's access, by key. It counts in the epoch in which it was read, for a minute.

    The minute is for a Redis that was away when somebody's access changed, or that lost the number since.
    """

    def __init__(self) -> None:
        self._by_key: dict[str, tuple[str, float, T]] = {}

    def get(self, key: str, epoch: str) -> T | None:
        """Return what is remembered and still counts."""
        at, read_at, value = self._by_key.get(key, ("", 0.0, None))
        return value if at == epoch and monotonic() - read_at < KEPT_S else None

    def put(self, key: str, epoch: str, value: T) -> None:
        """Remember what was read in an epoch."""
        if len(self._by_key) >= MOST_KEPT:
            self._by_key.clear()
        self._by_key[key] = (epoch, monotonic(), value)


async def access_changed() -> None:
    """Let every process forget what it knows of anybody's access; call it after the change is committed.

    With Redis away nobody is let in, and after that, what was remembered counts for the rest of its minute.
    """
    try:
        async with get_resources().redis.pipeline(transaction=True) as pipeline:
            pipeline.incr(EPOCH)
            pipeline.publish(sessions.CHANNEL, sessions.CHANGED)
            await pipeline.execute()
    except RedisError as error:
        log.warning("access.change-untold", error=str(error))


async def epoch() -> str:
    """Return the present epoch of access."""
    return str(await get_resources().redis.get(EPOCH) or "")
