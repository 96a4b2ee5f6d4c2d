"""The records: what is written down of a run and of its nodes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, model_validator

from engine.contracts.base import Frozen
from engine.contracts.names import NodeStatus, RunStatus, place
from engine.errors import Failure


class Tally(Frozen):
    """How far a container is: passes that have ended, those of them that failed, and all, where known."""

    done: int = 0
    failed: int = 0
    total: int | None = None


class Origin(Frozen):
    """Where an output comes from that this run did not make: another run, or a person.

    `node_id` is what the node was called in that run, where that is not what it is called in this one.
    """

    kind: Literal["reused", "pinned", "edited"]
    run_id: str | None = None
    node_id: str | None = Field(default=None, exclude_if=lambda name: name is None)

    @property
    def is_given(self) -> bool:
        """Whether a person gave the value: such ones are for test runs only."""
        return self.kind != "reused"


class Decided(Frozen):
    """What a person decided about a node that had failed: retry it, give its output, skip it, or abort.

    By its `id` the application finds out which of the decisions that it knows was taken.
    """

    action: Literal["retry", "output", "skip", "abort"]
    by: str
    at: datetime
    reason: str = ""
    id: str | None = Field(default=None, exclude_if=lambda id: id is None)


class NodeDecision(Decided):
    """A decision on its way to the node: the argument of the update `decide`.

    `attempt` is the one that had failed when it was made. `config` replaces settings for the attempts that
    follow: of a step that is no activity and no sub-workflow, fields of the step. `output` is what the node
    is to have given, leaving by `port`.
    """

    scope: str = ""
    node_id: str
    attempt: int
    config: dict[str, Any] = Field(default_factory=dict)
    output: Any = None
    port: str = "out"


class NodeRecord(Frozen):
    """The state of one node of one run, written over its earlier state. Times are aware UTC.

    `scope` is the pass in which the node stands, `""` outside of all containers: `each/3` is the fourth pass
    of the container `each`, `each/3/pages/0` the first one of a container inside it. `tally` is a
    container's. `origin` is set where the node did not run here.

    `output` is the JSON value itself; a file is `{"$artifact": BlobRef, "media_type", "name", "size"}`.
    `ports` are the ports through which the node was left: one, but for a switch that follows all matches.
    A node that waits and has an `error` waits for a decision, with the `input` that it had: its settings as
    they were rendered, secrets left as expressions. `decision` is the last one that was made.
    """

    node_id: str
    scope: str = ""
    status: NodeStatus
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempt: int = 1
    ports: tuple[str, ...] = ()
    output: Any = None
    media_type: str = "application/json"
    error: Failure | None = None
    tally: Tally | None = None
    origin: Origin | None = None
    decision: Decided | None = None
    input: Any = Field(default=None, exclude_if=lambda value: value is None)

    @property
    def place(self) -> str:
        """The node with its pass, as one text."""
        return place(self.scope, self.node_id)

    @model_validator(mode="before")
    @classmethod
    def _of_one_port(cls, data: Any) -> Any:
        """Read records from before nodes could be left through several ports: histories keep them."""
        if not isinstance(data, Mapping) or "port" not in data or "ports" in data:
            return data
        return {**data, "ports": (data["port"],) if data["port"] else ()}


class Spent(Frozen):
    """What a run, with the runs of its sub-workflows, has used of its budget so far."""

    steps: int = 0
    seconds: float = 0.0


class RunRecord(Frozen):
    """A change of the run's own state. `at` is the time of the change, `started_at` when the run began.

    `spent` stands in the last one: what the run's parent counts as its own.
    """

    status: RunStatus
    at: datetime
    started_at: datetime | None = None
    outputs: dict[str, Any] | None = None
    error: Failure | None = None
    spent: Spent | None = None


class RecordBatch(Frozen):
    """Everything one write to the records holds, in one database round trip.

    `durable` False says that a crash of the database may undo the write: it holds nothing that was done in
    the world, and will be written again.
    """

    run_id: str
    nodes: tuple[NodeRecord, ...] = ()
    run: RunRecord | None = None
    durable: bool = True
