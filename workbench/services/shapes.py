"""What services give back: frozen shapes of their own, so that no table row leaves the service layer.

The API returns them as they are; the UI's states turn them into views. Times are aware UTC.
"""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from engine.contracts import Budget, Decided, NodeStatus, Origin, RunStatus, Tally, place
from engine.errors import Failure, Problem
from engine.graph import Document
from workbench.services.run_options import TriggerType

T = TypeVar("T")

PassStatus = Literal["running", "waiting", "succeeded", "failed", "cancelled"]


class Shape(BaseModel):
    """Base of all shapes: frozen."""

    model_config = ConfigDict(frozen=True)


class Page(Shape, Generic[T]):
    """One page of a list, newest first. `next_cursor` is None on the last page."""

    items: tuple[T, ...]
    next_cursor: str | None = None


class WorkflowSummary(Shape):
    """A workflow in a list."""

    id: str
    name: str
    description: str
    revision: int
    live_version: int | None
    node_count: int
    narrowed: bool = False
    created_at: datetime
    updated_at: datetime
    last_run_id: str | None = None
    last_run_status: RunStatus | None = None
    last_run_at: datetime | None = None


class WorkflowDetail(Shape):
    """A workflow with its draft."""

    id: str
    name: str
    description: str
    revision: int
    live_version: int | None
    narrowed: bool = False
    document: Document
    problems: tuple[Problem, ...]
    can_undo: bool
    can_redo: bool
    created_at: datetime
    updated_at: datetime


class Version(Shape):
    """A published, immutable version."""

    number: int
    version_hash: str
    created_at: datetime
    created_by: str
    live: bool


class NodeRun(Shape):
    """One node of one run. `preview` is at most 2,000 characters of text made from the output.

    `scope` is the pass in which it stands, "" outside of containers; `tally` is a container's. `ports` are
    those through which it was left, `port` the first of them. `origin` is set where the node did not run
    here: its output was reused from another run, or pinned or edited by a person. `decision` is what somebody
    decided when it had failed; one that waits and has an `error` waits for that.
    """

    node_id: str
    scope: str = ""
    status: NodeStatus
    attempt: int
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: float | None
    port: str | None
    ports: tuple[str, ...] = ()
    media_type: str
    preview: str
    output_bytes: int
    error: Failure | None
    tally: Tally | None = None
    origin: Origin | None = None
    decision: Decided | None = None

    @property
    def place(self) -> str:
        """The node with its pass, as one text."""
        return place(self.scope, self.node_id)


class Pass(Shape):
    """One pass of a container: `scope` holds its nodes. `error` is that of the node by which it failed.

    `item` and `result` are lines of at most 120 characters: the item it was given, where that can be told,
    and what the step that ended last in it put out.
    """

    index: int
    scope: str
    status: PassStatus
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: float | None
    error: Failure | None
    item: str = ""
    result: str = ""


class TriggeredBy(Shape):
    """What made a run start; `id` says which webhook, schedule or run it was, `run_id` whose end it was."""

    type: TriggerType = "manual"
    id: str | None = None
    run_id: str | None = None


class ParentRun(Shape):
    """The run that began another, and its sub-workflow node, with its pass, that did so."""

    run_id: str
    place: str


class RunSummary(Shape):
    """A run in a list. `test` says that it was a draft's, to try things: only there may values be pinned."""

    id: str
    workflow_id: str | None
    workflow_name: str
    version: int | None
    version_hash: str
    test: bool = False
    status: RunStatus
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    started_by: str
    error: Failure | None
    priority: int | None = None
    deadline_at: datetime | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    trigger: TriggeredBy = TriggeredBy()
    parent: ParentRun | None = None


class RunDetail(RunSummary):
    """A run with its inputs, outputs and nodes outside of passes. `outputs` are there once it succeeded."""

    budget: Budget | None = None
    calls: bool = False

    inputs: dict[str, Any]
    outputs: dict[str, Any] | None
    nodes: tuple[NodeRun, ...]


class RunRepair(Shape):
    """What was rebuilt of a run: so many nodes, and its own row or not. `problem` says what could not be."""

    run_id: str
    nodes: int = 0
    run: bool = False
    problem: str | None = None

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return self.run or self.nodes > 0


class Repaired(Shape):
    """How many runs were looked at, and those of them that were mended or cannot be."""

    looked_at: int
    runs: tuple[RunRepair, ...]
    next_cursor: str | None = None


class NodeOutput(Shape):
    """A node's whole output: the JSON value, or an artifact's description when it is a file."""

    node_id: str
    scope: str = ""
    media_type: str
    value: Any


class Pin(Shape):
    """A value kept beside a draft that stands for a node's output in test runs.

    `preview` is at most 2,000 characters of it; `run_id` is the run whose output it was, if nobody wrote it.
    """

    node_id: str
    media_type: str
    preview: str
    output_bytes: int
    run_id: str | None
    pinned_by: str
    pinned_at: datetime


class NodeStanding(Shape):
    """How a node of a draft stands: `fresh` or `stale` is its latest output, `none` when there is no output.

    `run_id` is the run that made the output; `latest` is the node as that run left it, by the id that it had
    there. A pinned node is fresh by its pin.
    """

    node_id: str
    standing: Literal["fresh", "stale", "none"]
    fingerprint: str
    run_id: str | None = None
    latest: NodeRun | None = None
    pin: Pin | None = None


class Notebook(Shape):
    """A draft as a notebook: how its nodes outside of containers stand with `inputs`, as they would run."""

    revision: int
    inputs: dict[str, Any]
    nodes: tuple[NodeStanding, ...]


class ValueChange(Shape):
    """Where two values differ: `path` as `rows[0].title`, `pointer` as `/rows/0/title`.

    What is missing on one side is None there; `kind` tells that from a null.
    """

    path: str
    before: Any = None
    after: Any = None
    pointer: str = ""
    kind: Literal["added", "removed", "changed"] = "changed"


class NodeComparison(Shape):
    """One node in two runs. `changes` are the first places where the outputs differ."""

    node_id: str
    difference: Literal["same", "changed", "only_before", "only_after"]
    before: NodeRun | None = None
    after: NodeRun | None = None
    changes: tuple[ValueChange, ...] = ()


class Comparison(Shape):
    """Two runs node by node, with what differs in their inputs and outputs."""

    before: RunSummary
    after: RunSummary
    inputs: tuple[ValueChange, ...]
    outputs: tuple[ValueChange, ...]
    nodes: tuple[NodeComparison, ...]


class RunEvent(Shape):
    """A change of a run as watchers get it. `id` orders them and is what `Last-Event-ID` repeats.

    Exactly one of `node` and `run` is set.
    """

    id: str
    run_id: str
    node: NodeRun | None = None
    run: RunSummary | None = None


class Example(Shape):
    """A shipped example document."""

    slug: str
    name: str
    description: str
    node_types: tuple[str, ...]
