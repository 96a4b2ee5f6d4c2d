"""The engine's ports over dictionaries: what a test, or a bench that must not measure I/O, gives a worker."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine import deciding, working_time
from engine.contracts import (
    TERMINAL,
    Event,
    EventWait,
    Message,
    NodeRecord,
    Opened,
    Opening,
    Posted,
    RecordBatch,
    RunRecord,
    ScheduledStartOrder,
    Slots,
    TaskNote,
    TaskOpened,
    TaskOpening,
    TaskSettled,
    place,
)
from engine.errors import Failure
from engine.ids import BlobRef


@dataclass
class MemorySink:
    """Keeps every batch, and the latest record of each node. `away` makes so many calls fail."""

    batches: list[RecordBatch] = field(default_factory=list)
    nodes: dict[tuple[str, str], NodeRecord] = field(default_factory=dict)
    runs: dict[str, RunRecord] = field(default_factory=dict)
    opened: list[Opening] = field(default_factory=list)
    away: int = 0

    async def begin(self, batch: RecordBatch, node_id: str, scope: str = "") -> NodeRecord | None:
        self._write(batch)
        known = self.nodes[batch.run_id, place(scope, node_id)]
        return known if known.status in TERMINAL else None

    async def record(self, batch: RecordBatch) -> None:
        self._write(batch)

    async def open(self, opening: Opening) -> Opened:
        if opening.version_id == "gone":
            return Opened(failure=Failure(kind="version-gone", message="it is gone"))
        self.opened.append(opening)
        return Opened(inputs=opening.inputs, deadline=opening.deadline, budget=opening.budget)

    def _write(self, batch: RecordBatch) -> None:
        if self.away:
            self.away -= 1
            raise ConnectionError("the database is away")
        self.batches.append(batch)
        for record in batch.nodes:
            known = self.nodes.get((batch.run_id, record.place))
            if known is None or known.status not in TERMINAL:
                self.nodes[batch.run_id, record.place] = record
        known_run = self.runs.get(batch.run_id)
        if batch.run and (known_run is None or known_run.status not in TERMINAL):
            self.runs[batch.run_id] = batch.run

    def of(self, run_id: str) -> dict[str, NodeRecord]:
        """Return the latest record of each node of one run, by its place."""
        return {at: record for (run, at), record in self.nodes.items() if run == run_id}

    def statuses(self, run_id: str) -> dict[str, str]:
        """Return each node's status."""
        return {at: record.status for at, record in self.of(run_id).items()}

    def batches_of(self, run_id: str) -> list[RecordBatch]:
        """Return the writes of one run, in order."""
        return [batch for batch in self.batches if batch.run_id == run_id]


@dataclass
class MemoryBlobs:
    """Content by its hash."""

    content: dict[str, bytes] = field(default_factory=dict)

    async def put(self, data: bytes, *, run_id: str | None = None) -> BlobRef:
        ref = BlobRef(f"sha256:{hashlib.sha256(data).hexdigest()}")
        self.content[ref] = data
        return ref

    async def get(self, ref: BlobRef) -> bytes:
        return self.content[ref]


@dataclass
class MemorySecrets:
    """Secret values by name."""

    values: Mapping[str, str] = field(default_factory=dict)

    async def get(self, name: str, *, run_id: str) -> str:
        return self.values[name]


@dataclass
class MemoryEvents:
    """Keeps events and waits; whoever sends an event tells the runs that `send` or `give` names."""

    kept: list[Event] = field(default_factory=list)
    waits: list[EventWait] = field(default_factory=list)
    given: dict[tuple[str, str], Event] = field(default_factory=dict)
    away: int = 0

    async def register(self, wait: EventWait) -> Event | None:
        if self.away:
            self.away -= 1
            raise ConnectionError("the database is away")
        at = (wait.run_id, place(wait.scope, wait.node_id))
        fitting = next(
            (event for event in self.kept if (event.name, event.key) == (wait.name, wait.key)), None
        )
        if at not in self.given and fitting:
            self.kept.remove(fitting)
            self.given[at] = fitting
        if at not in self.given and wait not in self.waits:
            self.waits.append(wait)
        return self.given.get(at)

    async def withdraw(self, wait: EventWait) -> Event | None:
        self.waits = [other for other in self.waits if other != wait]
        return self.given.get((wait.run_id, place(wait.scope, wait.node_id)))

    async def send(self, run_id: str, event: Event) -> int:
        return len(self.give(event))

    def give(self, event: Event) -> list[EventWait]:
        """Give an event to what waits for it, or keep it; return the waits, which are still to be told."""
        takers = [wait for wait in self.waits if (wait.name, wait.key) == (event.name, event.key)]
        self.waits = [wait for wait in self.waits if wait not in takers]
        for wait in takers:
            self.given[wait.run_id, place(wait.scope, wait.node_id)] = event
        if not takers:
            self.kept.append(event)
        return takers


@dataclass
class MemoryInbox:
    """Keeps the tasks that were opened, what was noted, and how they ended. `nobody` is a name unknown."""

    starter: str = "starter"
    tasks: list[TaskOpening] = field(default_factory=list)
    notes: list[TaskNote] = field(default_factory=list)
    settled: list[TaskSettled] = field(default_factory=list)

    async def open(self, opening: TaskOpening) -> TaskOpened:
        if "nobody" in opening.assignees:
            return TaskOpened(failure=Failure(kind="assignee-unknown", message="nobody is not known"))
        scheduled = working_time.scheduled(opening, None)
        if scheduled not in self.tasks:
            self.tasks.append(scheduled)
        return TaskOpened(
            assignees=opening.assignees,
            escalate_to=opening.escalate_to,
            starter=self.starter,
            times=deciding.times_of(scheduled, TaskOpened()) if opening.working else None,
        )

    async def note(self, note: TaskNote) -> None:
        self.notes.append(note)

    async def settle(self, settled: TaskSettled) -> None:
        self.settled.append(settled)


@dataclass
class MemoryOutbox:
    """Keeps messages. `nobody` is a name unknown; a batch fails as often as `away` says, then is settled."""

    posted: dict[str, Message] = field(default_factory=dict)
    away: int = 0
    delivered: list[str] = field(default_factory=list)

    async def post(self, message: Message) -> Posted:
        if "nobody" in message.to:
            return Posted(failure=Failure(kind="receiver-unknown", message="nobody is not known"))
        self.posted.setdefault(message.id, message)
        return Posted(people=len(message.to), channels=len(message.channels))

    async def deliver(self, batch_id: str) -> Failure | None:
        self.away -= 1
        if self.away >= 0:
            return Failure(kind="away", message="The receiver is away")
        self.delivered.append(batch_id)
        return None


@dataclass
class MemoryStarter:
    """Keeps what schedules ordered. The first order of a due time makes a run; `none` makes none of any."""

    orders: list[ScheduledStartOrder] = field(default_factory=list)
    runs: dict[tuple[str, datetime], str] = field(default_factory=dict)
    stopped: list[str] = field(default_factory=list)
    none: bool = False

    async def start(self, order: ScheduledStartOrder) -> str | None:
        self.orders.append(order)
        run_id = f"run {len(self.runs) + 1}"
        return None if self.none else self.runs.setdefault((order.trigger_id, order.due), run_id)

    async def stop(self, run_id: str) -> None:
        self.stopped.append(run_id)


@dataclass
class MemorySlots:
    """Slots in a list of those who asked, in that order; `most` is how many were held at once."""

    asked: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    most: int = 0

    async def take(self, run_id: str, wanted: Slots, holder: str, *, lease_s: float) -> bool:
        if holder not in self.asked:
            self.asked.append(holder)
        if self.asked.index(holder) < wanted.limit:
            self.held.add(holder)
        self.most = max(self.most, len(self.held))
        return holder in self.held

    async def free(self, run_id: str, given: Slots, holder: str) -> list[str]:
        self.held.discard(holder)
        self.asked.remove(holder)
        return [other for other in self.asked[: given.limit] if other not in self.held]
