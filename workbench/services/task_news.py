"""What processes tell each other of tasks, through Redis, so that every open list and count follows at once.

Nothing but the ids is told: who is told reads the rows, as whom they may see them.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from workbench.db.task_changes import Changed as Changed
from workbench.errors import Unavailable

log = structlog.get_logger(__name__)

CHANNEL = "workbench:tasks"
ANYWHERE = ""
"""In place of a workspace, where it is not known which: then any of its tasks may have changed."""

GATHER_S = 0.05
"""How long further changes are gathered: a run that asks a thousand things tells of them in few messages."""

QUIET_S = 5.0
AWAY_S = 1.0
"""How long after Redis went away it is listened to again."""


class TaskNews:
    """Tells every process of tasks that have changed, in the background: nobody waits for Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: Changed = {}
        self._sending: asyncio.Task[None] | None = None

    def tell(self, changed: Changed) -> None:
        """Tell of tasks; returns at once. Redis being away is logged, no more."""
        for workspace, ids in changed.items():
            self._waiting.setdefault(workspace, set()).update(ids)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def flush(self) -> None:
        """Wait until all was told, or given up."""
        while self._sending is not None and not self._sending.done():
            await self._sending

    async def _send(self) -> None:
        while self._waiting:
            changed, self._waiting = self._waiting, {}
            text = json.dumps({workspace: sorted(ids) for workspace, ids in changed.items()})
            try:
                await self._redis.publish(CHANNEL, text)
            except (RedisError, OSError) as error:
                log.warning("tasks.untold", error=str(error))


async def changes(redis: Callable[[], Redis]) -> AsyncIterator[Changed | None]:
    """Yield what changes, for ever; None when anything may have, since Redis was away."""
    away = False
    while True:
        try:
            async with redis().pubsub() as subscription:
                await subscription.subscribe(CHANNEL)
                if away:
                    yield None
                away = False
                while True:
                    if gathered := await _gathered(subscription):
                        yield gathered
        except (RedisError, OSError, Unavailable) as error:
            log.warning("tasks.away", error=str(error))
            away = True
            await asyncio.sleep(AWAY_S)


async def _gathered(subscription: PubSub) -> Changed:
    """Return what is told, and what follows on its heels; nothing after a while of silence."""
    found: Changed = {}
    message = await subscription.get_message(ignore_subscribe_messages=True, timeout=QUIET_S)
    until = asyncio.get_running_loop().time() + GATHER_S
    while message is not None:
        for workspace, ids in json.loads(message["data"]).items():
            found.setdefault(workspace, set()).update(ids)
        left = until - asyncio.get_running_loop().time()
        if left <= 0:
            break
        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=left)
    return found
