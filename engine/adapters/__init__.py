"""The adapters: each does the work of one node type. A new one is a file here and a line in ADAPTERS."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.adapters.http import HttpAdapter
from engine.adapters.notify import NotifyAdapter
from engine.adapters.python import PythonAdapter
from engine.adapters.send_event import SendEventAdapter
from engine.isolation import Isolation
from engine.outbound import OutboundClient
from engine.ports import AgentAdapter, EventInbox, Outbox


@dataclass(frozen=True)
class Means:
    """What adapters work with: the way for requests, the place for code, and where events and messages go."""

    outbound: OutboundClient
    isolation: Isolation
    events: EventInbox
    outbox: Outbox


ADAPTERS: tuple[Callable[[Means], AgentAdapter], ...] = (
    lambda means: HttpAdapter(means.outbound),
    lambda means: PythonAdapter(means.isolation),
    lambda means: SendEventAdapter(means.events),
    lambda means: NotifyAdapter(means.outbox),
)


def build(means: Means) -> dict[str, AgentAdapter]:
    """Return every adapter by its node type."""
    return {adapter.type: adapter for adapter in (make(means) for make in ADAPTERS)}
