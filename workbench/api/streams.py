"""Streams that last: they end when who asked for them may not see any more what they tell."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from redis.exceptions import RedisError

from workbench.auth.principal import Principal
from workbench.errors import Forbidden, NotFound, Unauthenticated, Unavailable
from workbench.services import identity
from workbench.services.identity import Credentials

T = TypeVar("T")

ASK_S = 10.0
"""How often it is asked whether a caller may still see what a stream tells them."""


async def while_allowed(
    credentials: Credentials, events: AsyncGenerator[T, None], see: Callable[[Principal], Awaitable[object]]
) -> AsyncIterator[T]:
    """Yield `events` for as long as the credentials are good and `see` raises nothing for their principal.

    While a service behind the workbench is away, nobody can tell, and nobody is sent away.
    """
    now = asyncio.get_running_loop().time
    ask_at, coming = now() + ASK_S, _next(events)
    async with aclosing(events):
        try:
            while True:
                await asyncio.wait({coming}, timeout=max(0.0, ask_at - now()))
                if now() >= ask_at:
                    if not await _may(credentials, see):
                        return
                    ask_at = now() + ASK_S
                if coming.done():
                    try:
                        event = coming.result()
                    except StopAsyncIteration:
                        return
                    yield event
                    coming = _next(events)
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


def _next(events: AsyncGenerator[T, None]) -> asyncio.Task[T]:
    async def step() -> T:
        return await anext(events)

    return asyncio.create_task(step())


async def _may(credentials: Credentials, see: Callable[[Principal], Awaitable[Any]]) -> bool:
    try:
        await see((await identity.authenticate(credentials, asleep=True)).principal)
    except (Unavailable, RedisError, OSError):
        return True
    except (Unauthenticated, Forbidden, NotFound):
        return False
    return True
