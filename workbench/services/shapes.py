"""What services give back: frozen shapes of their own, so that no table row leaves the service layer.

The API returns them as they are; the UI's states turn them into views. Times are aware UTC.
"""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from engine.contracts import Budget, NodeStatus, RunStatus, Tally, place
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
    those through which it was left, `port` the first of them.
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

    @property
    def place(self) -> str:
        """The node with its pass, as one text."""
        return place(self.scope, self.node_id)


class Pass(Shape):
    """One pass of a container: `scope` holds its nodes. `error` is that of the node by which it failed."""

    index: int
    scope: str
    status: PassStatus
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: float | None
    error: Failure | None


class TriggeredBy(Shape):
    """What made a run start; `id` says which webhook, schedule or run it was."""

    type: TriggerType = "manual"
    id: str | None = None


class ParentRun(Shape):
    """The run that began another, and its sub-workflow node, with its pass, that did so."""

    run_id: str
    place: str


class RunSummary(Shape):
    """A run in a list."""

    id: str
    workflow_id: str | None
    workflow_name: str
    version: int | None
    version_hash: str
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

    inputs: dict[str, Any]
    outputs: dict[str, Any] | None
    nodes: tuple[NodeRun, ...]


class NodeOutput(Shape):
    """A node's whole output: the JSON value, or an artifact's description when it is a file."""

    node_id: str
    scope: str = ""
    media_type: str
    value: Any


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
