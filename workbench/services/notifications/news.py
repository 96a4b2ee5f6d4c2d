"""Hearing who was told something: for a process that shows it, not a way to be sure of it."""

import asyncio
import json
from collections.abc import AsyncIterator

import structlog
from redis.exceptions import RedisError

from workbench.errors import Unavailable
from workbench.services.notifications.telling import NEWS
from workbench.services.resources import get_resources

log = structlog.get_logger(__name__)

AWAY_S = 1.0
QUIET_S = 5.0


async def heard() -> AsyncIterator[dict[str, str]]:
    """Yield, for ever, the titles of what people were just told, by the ids of those people."""
    while True:
        try:
            async with get_resources().redis.pubsub() as subscription:
                await subscription.subscribe(NEWS)
                while True:
                    message = await subscription.get_message(ignore_subscribe_messages=True, timeout=QUIET_S)
                    if message is not None:
                        yield {one["subject"]: one["title"] for one in json.loads(message["data"])}
        except (RedisError, OSError, Unavailable) as error:
            log.warning("notices.away", error=str(error))
            await asyncio.sleep(AWAY_S)
