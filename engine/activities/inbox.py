"""What a step that asks people wants of the inbox; an error means that it is to be asked again."""

from structlog.contextvars import bound_contextvars
from temporalio import activity

from engine.contracts import (
    NOTE_TASK,
    OPEN_TASK,
    SETTLE_TASK,
    TaskNote,
    TaskOpened,
    TaskOpening,
    TaskSettled,
)
from engine.ports import InboxSink


class InboxActivities:
    """The activities, bound to the application's inbox."""

    def __init__(self, inbox: InboxSink) -> None:
        self._inbox = inbox

    @activity.defn(name=OPEN_TASK)
    async def open_task(self, opening: TaskOpening) -> TaskOpened:
        """Put a task into the inbox; return whom its names mean."""
        with bound_contextvars(run_id=opening.run_id, node_id=opening.node_id, scope=opening.scope):
            return await self._inbox.open(opening)

    @activity.defn(name=NOTE_TASK)
    async def note_task(self, note: TaskNote) -> None:
        """Remind of a task, or ask others too."""
        with bound_contextvars(run_id=note.run_id, node_id=note.node_id, scope=note.scope):
            await self._inbox.note(note)

    @activity.defn(name=SETTLE_TASK)
    async def settle_task(self, settled: TaskSettled) -> None:
        """Take a task out of the inbox."""
        with bound_contextvars(run_id=settled.run_id, node_id=settled.node_id, scope=settled.scope):
            await self._inbox.settle(settled)
