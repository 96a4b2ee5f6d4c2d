"""What the engine needs from the application around it; the application implements these protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.contracts import (
    Event,
    EventWait,
    Message,
    NodeRecord,
    Opened,
    Opening,
    Posted,
    RecordBatch,
    ScheduledStartOrder,
    Slots,
    TaskNote,
    TaskOpened,
    TaskOpening,
    TaskSettled,
)
from engine.errors import Failure
from engine.ids import BlobRef


class RunSink(Protocol):
    """Where runs are recorded and from where they are watched.

    Writes are idempotent upserts and publish themselves to watchers. A settled node or run is never
    turned back by a later, staler write. An exception means that the records cannot be reached: the
    engine calls again later, as often as it takes.
    """

    async def begin(self, batch: RecordBatch, node_id: str, scope: str = "") -> NodeRecord | None:
        """Write `batch` (it holds that node as running) and return its settled record if one exists.

        A settled record means that the step was executed before a crash: its output is used again.
        One database round trip.
        """

    async def record(self, batch: RecordBatch) -> None:
        """Write `batch` in one database round trip and publish it."""

    async def open(self, opening: Opening) -> Opened:
        """Store a sub-workflow's run as running, with what it has of its parent, and publish it.

        Done again it stores nothing and answers the same.
        """


class BlobStore(Protocol):
    """Content-addressed storage for what is too large to travel inline."""

    async def put(self, data: bytes, *, run_id: str | None = None) -> BlobRef:
        """Store `data` and return its reference; storing the same bytes again is free.

        What is put for a run may be read, as a file, by who may see that run.
        """

    async def get(self, ref: BlobRef) -> bytes:
        """Return the bytes of `ref`; KeyError when there are none."""


@dataclass(frozen=True)
class BlobsOfRun:
    """The blob store as an adapter gets it: what is put there is put for the run."""

    store: BlobStore
    owner: str

    async def put(self, data: bytes, *, run_id: str | None = None) -> BlobRef:
        """Store `data` for the owner."""
        return await self.store.put(data, run_id=self.owner)

    async def get(self, ref: BlobRef) -> bytes:
        """Return the bytes of `ref`; KeyError when there are none."""
        return await self.store.get(ref)


class SecretStore(Protocol):
    """Names to secret values, read only inside activities."""

    async def get(self, name: str, *, run_id: str) -> str:
        """Return the value that `name` has for a run; KeyError when there is none."""


class EventInbox(Protocol):
    """Where events and the nodes that wait for them find each other.

    An event goes to every node that waits for its name and key when it comes; if none does, it is kept for
    a while for the first that will. A node that an event was given to is told by EngineClient.arrived, as
    often as it takes until the node's end is recorded. Each call may be repeated without effect.
    """

    async def register(self, wait: EventWait) -> Event | None:
        """Make a wait known; return the event that is its own already: one that was kept for it."""

    async def withdraw(self, wait: EventWait) -> Event | None:
        """End a wait that got nothing; return the event, should one have become its own meanwhile."""

    async def send(self, run_id: str, event: Event) -> int:
        """Deliver an event that a run makes; return how many nodes it was given to.

        Raises NodeFailed when those that wait for it cannot use its data.
        """


class InboxSink(Protocol):
    """Where people find what runs ask them. A task is known by its run, place and attempt.

    Each call may be repeated without effect. What people decide comes to the run by EngineClient.decide_task.
    Tasks of steps and runs that are cancelled are not settled: the application sees the end in the records.
    """

    async def open(self, opening: TaskOpening) -> TaskOpened:
        """Put a task into the inbox; return the ids of those whom it names."""

    async def note(self, note: TaskNote) -> None:
        """Remind those who are to decide, or let those decide too to whom the task is escalated."""

    async def settle(self, settled: TaskSettled) -> None:
        """Take a task out of the inbox, with its outcome."""


class Outbox(Protocol):
    """Where messages to people are kept until they are delivered. Each call may be repeated.

    What is in the outbox is brought out of it by EngineClient.deliver.
    """

    async def post(self, message: Message) -> Posted:
        """Put a message into the outbox, once for its id; return for how many it is."""

    async def deliver(self, batch_id: str) -> Failure | None:
        """Send what the batch has to be sent. None: it is settled; a failure: it is to be tried again.

        An exception means that it cannot be told what there is to send; that is asked again later too.
        """


class RunStarter(Protocol):
    """Starts the runs of schedules, as if somebody had asked for them."""

    async def start(self, order: ScheduledStartOrder) -> str | None:
        """Start the run that is due, once however often this is called, and return its id.

        None when the trigger is gone or disarmed, or its run cannot be started as things are. The waiter is
        told of the run's end by Schedules.tell_ended.
        """

    async def stop(self, run_id: str) -> None:
        """Ask a run to stop."""


class SlotKeeper(Protocol):
    """Slots of concurrency groups, shared by all runs of a person and by all workers.

    Whoever finds none free stands in line and asks again, at once when told that it is next; those in line
    are served in the order in which they first asked. A `holder` is a node: `<run id>:<place>`. A slot is
    free again when its lease is over, should its holder have died.
    """

    async def take(self, run_id: str, wanted: Slots, holder: str, *, lease_s: float) -> bool:
        """Return whether `holder` has a slot for the next `lease_s` seconds; asking again renews it."""

    async def free(self, run_id: str, given: Slots, holder: str) -> Sequence[str]:
        """Give a slot back; return those in line who may now have one."""


@dataclass(frozen=True)
class AdapterCall:
    """One attempt at a node's work: the fully rendered config and what the adapter may use.

    An attempt that takes longer than `timeout_s` is cancelled.
    """

    run_id: str
    node_id: str
    scope: str
    attempt: int
    config: Mapping[str, Any]
    blobs: BlobStore
    idempotency_key: str
    timeout_s: float = 60.0


@dataclass(frozen=True)
class AdapterOutput:
    """What an adapter returns: a JSON value or an artifact, its media type, and the port to leave by."""

    value: Any
    media_type: str = "application/json"
    port: str = "out"


class AgentAdapter(Protocol):
    """Does the work of one node type.

    `run` is called once an attempt, in an activity: it may block on I/O but not the event loop, must stop
    when cancelled, and raises NodeFailed for what a person should see, or Interrupted when the work was cut
    off from outside and is to be started again. It never retries by itself.
    """

    type: str

    async def run(self, call: AdapterCall) -> AdapterOutput:
        """Do the work and return its output."""
