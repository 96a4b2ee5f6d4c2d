"""Telling watchers what changed, through Redis: two streams for each run, and one channel for all of them.

A stream's entry ids are the event ids that `Last-Event-ID` repeats. Redis is told in the background, after
Postgres has committed, so that no step ever waits for it; losing it loses nothing, because who watches
catches up from the rows.

What happens inside of passes goes to a short stream of its own, which only those read who look at a pass: a
map over thousands of items then neither pushes the run's own events out nor wakes every web process. How far
such a map is, the tally of its container says, which stands with the run's own events.
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
KEPT_IN_PASSES = 2_000
KEPT_IN_PASSES_SECONDS = 3_600
WAITING_EVENTS = 10_000
AT_ONCE = 200

_PUBLISH = """
local channel, kept, seconds, inner, inner_seconds = unpack(ARGV, 1, 5)
local in_passes = redis.call('EXISTS', KEYS[2]) == 1
local own = false
for i = 6, #ARGV, 3 do
  local change, key, event = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local fields = {'change', change, 'key', key, 'event', event}
  if string.find(key, '/', 1, true) then
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', inner, '*', unpack(fields))
    in_passes = true
  else
    local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', kept, '*', unpack(fields))
    redis.call('PUBLISH', channel, '{"id":"' .. id .. '",' .. string.sub(event, 2))
    own = true
    if key == '' and in_passes then
      redis.call('XADD', KEYS[2], 'MAXLEN', '~', inner, '*', unpack(fields))
    end
  end
end
if own then redis.call('EXPIRE', KEYS[1], seconds) end
if in_passes then redis.call('EXPIRE', KEYS[2], inner_seconds) end
"""
"""Several events of one run; the channel's message gets the id that the stream gave the event.

The run's own state, whose key is empty, goes to both streams.
"""


@dataclass(frozen=True)
class Change:
    """An event before it has an id. `number` orders the states of one node, or of one run."""

    number: int
    event: RunEvent

    @property
    def key(self) -> str:
        """What the event is a state of: a node's place, or nothing for the run itself."""
        return self.event.node.place if self.event.node else ""


def stream_of(run_id: str, scope: str = "") -> str:
    """Return the key of the stream that holds a run's own events, or those of all its passes."""
    return f"workbench:run:{run_id}:passes" if scope else f"workbench:run:{run_id}"


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
            arguments = by_run.setdefault(
                change.event.run_id,
                [CHANNEL, KEPT_EVENTS, KEPT_SECONDS, KEPT_IN_PASSES, KEPT_IN_PASSES_SECONDS],
            )
            arguments += [change.number, change.key, change.event.model_dump_json(exclude={"id"})]
        if len(by_run) == 1:
            [(run_id, arguments)] = by_run.items()
            await self._script(keys=_streams(run_id), args=arguments)
            return
        async with self._redis.pipeline(transaction=False) as pipeline:
            for run_id, arguments in by_run.items():
                await self._script(keys=_streams(run_id), args=arguments, client=pipeline)
            await pipeline.execute()


def _streams(run_id: str) -> list[str]:
    return [stream_of(run_id), stream_of(run_id, "any")]
