"""Telling watchers what changed, through Redis: a stream for each run, and one channel for all of them.

A stream's entry ids are the event ids that `Last-Event-ID` repeats. Redis is told in the background, after
Postgres has committed, so that no step ever waits for it; losing it loses nothing, because who watches
catches up from the rows.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from workbench.services.shapes import RunEvent

log = structlog.get_logger(__name__)

CHANNEL = "workbench:runs"
KEPT_EVENTS = 10_000
KEPT_SECONDS = 86_400
WAITING_EVENTS = 10_000
AT_ONCE = 200

_PUBLISH = """
for i = 4, #ARGV, 2 do
  local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'change', ARGV[i], 'event', ARGV[i + 1])
  redis.call('PUBLISH', ARGV[3], '{"id":"' .. id .. '",' .. string.sub(ARGV[i + 1], 2))
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
"""
"""Several events of one run; the channel's message gets the id that the stream gave the event."""


@dataclass(frozen=True)
class Change:
    """An event before it has an id. `number` orders the states of one node, or of one run."""

    number: int
    event: RunEvent


def stream_of(run_id: str) -> str:
    """Return the key of a run's stream."""
    return f"workbench:run:{run_id}"


class Publisher:
    """Sends changes to Redis in the order they were handed in. Redis being away is logged, no more."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(_PUBLISH)
        self._waiting: deque[Change] = deque(maxlen=WAITING_EVENTS)
        self._sending: asyncio.Task[None] | None = None

    def publish(self, changes: Sequence[Change]) -> None:
        """Hand in changes; returns at once. When Redis is away for long, the oldest are dropped."""
        self._waiting.extend(changes)
        if self._waiting and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._send())

    async def flush(self) -> None:
        """Wait until everything handed in so far was sent, or given up."""
        while self._sending is not None and not self._sending.done():
            await self._sending

    async def _send(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), AT_ONCE))]
            try:
                await self._send_batch(batch)
            except (RedisError, OSError) as error:
                log.warning("events.unpublished", events=len(batch), error=str(error))

    async def _send_batch(self, batch: Sequence[Change]) -> None:
        by_run: dict[str, list[str | int]] = {}
        for change in batch:
            arguments = by_run.setdefault(change.event.run_id, [KEPT_EVENTS, KEPT_SECONDS, CHANNEL])
            arguments += [change.number, change.event.model_dump_json(exclude={"id"})]
        if len(by_run) == 1:
            [(run_id, arguments)] = by_run.items()
            await self._script(keys=[stream_of(run_id)], args=arguments)
            return
        async with self._redis.pipeline(transaction=False) as pipeline:
            for run_id, arguments in by_run.items():
                await self._script(keys=[stream_of(run_id)], args=arguments, client=pipeline)
            await pipeline.execute()
