"""What activities, signals and child runs take and give back."""

from datetime import datetime
from typing import Any

from pydantic import Field

from engine.contracts.base import Frozen
from engine.contracts.records import Decided, NodeRecord, RunRecord
from engine.contracts.steps import Attempts, Slots
from engine.errors import Failure


class NodeTask(Frozen):
    """The input of the activity that runs a node.

    `config` is rendered but for `secret_fields`; `context` holds what those need. `pending` are the
    records of nodes that settled before and `run` the run's changed state: both are written together with
    this node's start, `durable` if one of those nodes touched the world. `attempts_before` were spent by an
    execution that was interrupted. No attempt begins after `deadline`, and none goes on. One that
    `pauses` waits for a decision after its last attempt; `decision` is the one that let it try again.
    With `slots` it works only while it holds one.
    """

    run_id: str
    node_id: str
    scope: str = ""
    type: str
    config: dict[str, Any]
    secret_fields: tuple[str, ...] = ()
    context: dict[str, Any] = Field(default_factory=dict)
    timeout_s: float
    max_attempts: int = 1
    slots: Slots | None = None
    pauses: bool = False
    decision: Decided | None = None
    attempts: Attempts = Attempts()
    deadline: datetime | None = None
    attempts_before: int = 0
    pending: tuple[NodeRecord, ...] = ()
    run: RunRecord | None = None
    durable: bool = False


class NodeResult(Frozen):
    """What the activity gives back to the workflow: a settled record (succeeded, or failed for good).

    `recorded` is False when the workflow is to write the record with its next batch: after a local activity,
    whose successor begins within milliseconds, and when the records could not be reached.
    """

    record: NodeRecord
    recorded: bool = True


class Outputs(Frozen):
    """What a run gives back, to be held against the JSON Schema that its document has for it."""

    run_id: str
    outputs: dict[str, Any]
    output_schema: dict[str, Any]


class OutputsChecked(Frozen):
    """Why they do not fit, if they do not."""

    failure: Failure | None = None


class EventWait(Frozen):
    """A node that waits for an event, until an instant or (None) for ever. `name` and `key` are rendered."""

    run_id: str
    scope: str = ""
    node_id: str
    name: str
    key: str = ""
    data_schema: dict[str, Any] | None = None
    until: datetime | None = None


class Event(Frozen):
    """Something that happened elsewhere. `id` tells a delivery that is repeated from a new event."""

    id: str
    name: str
    key: str = ""
    data: Any = None
    received_at: datetime


class Found(Frozen):
    """What an inbox has for a wait: its event, or nothing yet."""

    event: Event | None = None


class Arrival(Frozen):
    """An event for the node that waits for it."""

    scope: str = ""
    node_id: str
    event: Event


class Arrivals(Frozen):
    """Events that reach a run together: the argument of the signal that brings them."""

    arrivals: tuple[Arrival, ...]
