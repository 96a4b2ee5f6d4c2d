"""Standing in line for a slot of a concurrency group that is shared with other runs.

Whoever frees a slot tells the run of the one that is next (`SLOT_FREE`). A node also asks again by itself now
and then: the one who should have told it may have died.
"""

import asyncio

from temporalio import workflow

from engine.contracts import InLine, NodeTask, place

PAUSE_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between two tries to get a slot, unless the node is told; the last one repeats."""

TOLD = "told-in-line"
"""The patch by which a node in line can be told, and lets its run continue as new."""


class Line:
    """The nodes of a run that stand in line, by their places.

    - `closed`: none of them asks any more, since the run is about to continue as new.
    - `_expected`: what wakes them; `_told`: those that were told and have not asked since.
    """

    def __init__(self) -> None:
        self.closed = False
        self._standing: dict[str, NodeTask] = {}
        self._expected: dict[str, asyncio.Future[None]] = {}
        self._told: set[str] = set()

    @property
    def standing(self) -> int:
        """How many nodes stand in line."""
        return len(self._standing)

    def tell(self, at: str) -> None:
        """Take note that a slot may be free for a node; that it was turned away may not be known here yet."""
        self._told.add(at)
        expected = self._expected.get(at)
        if expected is not None and not expected.done():
            expected.set_result(None)

    def ask(self, task: NodeTask) -> None:
        """Take note that a node asks: what it was told before counts no longer."""
        self._told.discard(place(task.scope, task.node_id))

    def carried(self, scope: str) -> dict[str, InLine]:
        """Return what the nodes of a scope carry over; in the next execution they ask at once."""
        return {
            task.node_id: InLine(attempts_before=task.attempts_before, deadline=task.deadline)
            for task in self._standing.values()
            if task.scope == scope
        }

    async def stand(self, task: NodeTask, turned_away: int) -> None:
        """Return when it is time to ask again, for a node that was `turned_away` so many times before."""
        pause = PAUSE_S[min(turned_away, len(PAUSE_S) - 1)]
        if not workflow.patched(TOLD):
            await asyncio.sleep(pause)
            return
        at = place(task.scope, task.node_id)
        self._standing[at] = task
        try:
            await self._told_or_tired(at, pause)
            if self.closed:
                await workflow.wait_condition(lambda: not self.closed)
        finally:
            del self._standing[at]

    async def _told_or_tired(self, at: str, pause: float) -> None:
        if at in self._told:
            return
        expected = self._expected[at] = asyncio.Future()
        try:
            await asyncio.wait_for(expected, pause)
        except TimeoutError:
            return
        finally:
            del self._expected[at]
