"""Brings runs their events, those that come for one run at about the same time together.

A Temporal server closes the task that a workflow is at by force when more than 100 events, or 2 MiB of them,
have come for it meanwhile (`history.maximumBufferedEventsBatch`); what was done in that task is done again,
from the run's history on. A run that waits for thousands of events would hardly do anything else.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from engine import expressions
from engine.contracts import Arrival, Arrivals

MOST = 500
"""Events that are brought together."""

MOST_SIZE = 8_000_000
"""Characters of their data, about; a larger event is brought alone."""

STEP_S = 0.005
LONGEST_S = 0.1
"""The pause after a signal grows with those that the run got without a rest: one task is to meet few."""

_Waiting = tuple[Arrival, asyncio.Future[None]]


class Courier:
    """Sends each run one signal at a time; what comes meanwhile goes with the next.

    `send` sends a run its signal. `_waiting` are the events that are to be brought, by run; a run is in it
    while it is served.
    """

    def __init__(self, send: Callable[[str, Arrivals], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: dict[str, list[_Waiting]] = {}
        self._serving: set[asyncio.Task[None]] = set()

    async def bring(self, run_id: str, arrivals: Sequence[Arrival]) -> None:
        """Return when a run was told of all of them; raises what the sending raises."""
        loop = asyncio.get_running_loop()
        waiting: list[_Waiting] = [(arrival, loop.create_future()) for arrival in arrivals]
        if run_id in self._waiting:
            self._waiting[run_id].extend(waiting)
        else:
            self._waiting[run_id] = list(waiting)
            task = asyncio.create_task(self._serve(run_id))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        await asyncio.gather(*(brought for _, brought in waiting))

    async def _serve(self, run_id: str) -> None:
        pause = 0.0
        try:
            while batch := self._next(run_id):
                await self._deliver(run_id, batch)
                pause = min(pause + STEP_S, LONGEST_S)
                await asyncio.sleep(pause)
        finally:
            for _, brought in self._waiting.pop(run_id):  # none, unless this process ends
                brought.cancel()

    def _next(self, run_id: str) -> list[_Waiting]:
        """Take out what is brought next: as much as goes together, one event at least."""
        waiting, count, size = self._waiting[run_id], 0, 0
        for arrival, _ in waiting[:MOST]:
            size += expressions.size_of(arrival.event.data)
            if count and size > MOST_SIZE:
                break
            count += 1
        self._waiting[run_id] = waiting[count:]
        return waiting[:count]

    async def _deliver(self, run_id: str, batch: list[_Waiting]) -> None:
        failure: Exception | None = None
        try:
            await self._send(run_id, Arrivals(arrivals=tuple(arrival for arrival, _ in batch)))
        except Exception as error:  # it is raised where the events were to be brought
            failure = error
        for _, brought in batch:
            if brought.done():  # whoever wanted it brought has given up waiting
                continue
            if failure is None:
                brought.set_result(None)
            else:
                brought.set_exception(failure)
