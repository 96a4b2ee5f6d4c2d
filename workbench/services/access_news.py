"""What processes tell each other of access, so that open tabs follow at once."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from redis.exceptions import RedisError

from workbench.errors import Unavailable
from workbench.services import sessions
from workbench.services.resources import get_resources

log = structlog.get_logger(__name__)

NARROWED = "narrowed:"
LISTED = "listed"
LISTEN_S = 5.0
"""How often it is said that access may have changed, when nobody says so."""

AWAY_S = 1.0
"""How long after Redis went away it is listened to again."""


async def narrowing_changed(workspace_id: str, workflow_id: str) -> None:
    """Tell every process that a workflow is open to others than before, for the tabs that show it."""
    await get_resources().redis.publish(sessions.CHANNEL, f"{NARROWED}{workspace_id}:{workflow_id}")


async def lists_changed() -> None:
    """Tell every process that a list of people, or of what is offered to them, is another than before.

    Nobody's access is: `access_changed` says that, and with it this.
    """
    try:
        await get_resources().redis.publish(sessions.CHANNEL, LISTED)
    except RedisError as error:
        log.warning("access.list-untold", error=str(error))


async def changes() -> AsyncIterator[str]:
    """Yield what is said on `sessions.CHANNEL`, for ever.

    Nothing is said now and then, which is that anybody's access may have changed: sessions end by themselves,
    and what is said while Redis is away is not heard.
    """
    while True:
        try:
            async with get_resources().redis.pubsub() as subscription:
                await subscription.subscribe(sessions.CHANNEL)
                while True:
                    message = await subscription.get_message(ignore_subscribe_messages=True, timeout=LISTEN_S)
                    yield str(message["data"]) if message is not None else ""
        except (RedisError, OSError, Unavailable) as error:
            log.warning("access.away", error=str(error))
            await asyncio.sleep(AWAY_S)
