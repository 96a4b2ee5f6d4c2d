"""Does the work of `send_event` nodes: hands an event to the application's inbox."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from engine.contracts import Event
from engine.nodes.wait_for_event import identity
from engine.ports import AdapterCall, AdapterOutput, EventInbox


class _Config(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: Any
    key: Any = ""
    data: Any = None


class SendEventAdapter:
    """Sends one event; the step's idempotency key is the event's id, so that a repetition counts once."""

    type = "send_event"

    def __init__(self, events: EventInbox) -> None:
        self._events = events

    async def run(self, call: AdapterCall) -> AdapterOutput:
        """Deliver the event; NodeFailed when its name or key is unusable or its data fits no waiting step."""
        config = _Config.model_validate(call.config)
        name, key = identity(config.name, config.key)
        event = Event(
            id=call.idempotency_key,
            name=name,
            key=key,
            data=config.data,
            received_at=datetime.now(UTC),
        )
        count = await self._events.send(call.run_id, event)
        return AdapterOutput({"id": event.id, "name": event.name, "key": event.key, "delivered_to": count})
