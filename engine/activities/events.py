"""What a wait for an event asks of the application; an error means that it is to be asked again."""

from structlog.contextvars import bound_contextvars
from temporalio import activity

from engine.contracts import AWAIT_EVENT, STOP_WAITING, EventWait, Found
from engine.ports import EventInbox


class EventActivities:
    """The activities, bound to the application's inbox of events."""

    def __init__(self, events: EventInbox) -> None:
        self._events = events

    @activity.defn(name=AWAIT_EVENT)
    async def await_event(self, wait: EventWait) -> Found:
        """Make a wait known; return the event that was kept for it."""
        with bound_contextvars(run_id=wait.run_id, node_id=wait.node_id, scope=wait.scope):
            return Found(event=await self._events.register(wait))

    @activity.defn(name=STOP_WAITING)
    async def stop_waiting(self, wait: EventWait) -> Found:
        """End a wait whose time is over; return the event that it was given in the last moment."""
        with bound_contextvars(run_id=wait.run_id, node_id=wait.node_id, scope=wait.scope):
            return Found(event=await self._events.withdraw(wait))
