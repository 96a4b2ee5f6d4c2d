"""What compiler, workflow and activities hand each other: the Plan, the steps, the records.

Everything here is frozen and serialisable; it travels through Temporal as JSON. Expressions stay source
text (`{{ … }}`): parsed when compiled, cached by text where they are evaluated.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.errors import Failure

NodeStatus = Literal["running", "waiting", "succeeded", "failed", "skipped", "cancelled"]
RunStatus = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled"]

RUN_NODE = "run_node"
"""The activity that runs a node: NodeTask in, NodeResult out."""

RECORD = "record"
"""The activity that writes a RecordBatch."""

AWAIT_EVENT = "await_event"
"""The activity that makes a wait known: EventWait in; Found out, with the event that was kept for it."""

STOP_WAITING = "stop_waiting"
"""The activity that ends a wait whose time is over: EventWait in; Found out, as an event may have come."""

DECIDE = "decide"
"""The update that brings a run a NodeDecision; refused unless the node waits for it."""

EVENT_ARRIVED = "event_arrived"
"""The signal that brings a run an Arrival."""

GRAPH_RUN = "GraphRun"
"""The workflow that interprets a plan: RunRequest in, RunRecord out."""

OPEN_RUN = "open_run"
"""The activity that stores the run of a sub-workflow: Opening in, Opened out."""

RAISE_BUDGET = "raise_budget"
"""The signal that gives a run another Budget."""

CHILD_ENDED = "child_ended"
"""The signal that brings a run a ChildEnd."""

BUSY = "engine.busy"
"""The error type of an activity that found no free slot: it comes back later."""

INTERRUPTED = "engine.interrupted"
"""The error type of an activity that stopped for a reason that is not the node's: it is started again."""

TERMINAL: frozenset[str] = frozenset({"succeeded", "failed", "skipped", "cancelled"})
"""The statuses in which a node, or a run (which is never skipped), has ended."""


def place(scope: str, node_id: str) -> str:
    """Return what tells a node of one pass from the same node of another: `fetch`, or `each/3/fetch`."""
    return f"{scope}/{node_id}" if scope else node_id


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Incoming(_Frozen):
    """An edge seen from its target: live when `port` is one of those through which `source` was left."""

    source: str
    port: str = "out"


class Attempts(_Frozen):
    """A resolved retry policy; times are seconds.

    A failure whose kind is in `not_on`, or begins with such a kind and a dot, is final. `total_s` bounds all
    attempts together, the pauses between them included.
    """

    maximum: int = 1
    delay_s: float = 1.0
    backoff: float = 2.0
    max_delay_s: float = 60.0
    not_on: tuple[str, ...] = ()
    total_s: float | None = None

    def repeats(self, kind: str) -> bool:
        """Whether a failure of that kind may be tried again."""
        return not any(kind == final or kind.startswith(f"{final}.") for final in self.not_on)

    def pause_s(self, attempt: int) -> float:
        """Return how long to wait after the attempt of that number, counted from 1, has failed."""
        return min(self.delay_s * self.backoff ** min(attempt - 1, 1_000), self.max_delay_s)


class Slots(_Frozen):
    """A concurrency group: at most `limit` of its steps at once, in the run or across all runs."""

    group: str
    limit: int
    across: Literal["run", "all"] = "run"


class StepBase(_Frozen):
    """What every step has.

    `incoming` are drawn edges and decide whether the step runs: all must be settled and one live.
    `after` are sources known only from references: they order the step, and decide it only where
    `incoming` is empty.
    """

    id: str
    type: str
    incoming: tuple[Incoming, ...] = ()
    after: tuple[str, ...] = ()
    on_error: Literal["fail", "continue", "pause"] = "fail"


class InputStep(StepBase):
    """Its output is the run's inputs."""

    kind: Literal["input"] = "input"


class OutputStep(StepBase):
    """Adds `name` to the run's outputs; its own output is that value."""

    kind: Literal["output"] = "output"
    name: str
    value: Any


class TransformStep(StepBase):
    """Its output is `value`, a JSON value whose strings may be expressions."""

    kind: Literal["transform"] = "transform"
    value: Any
    media_type: str = "application/json"


class ConditionStep(StepBase):
    """Leaves through port `true` or `false`; its output is that boolean."""

    kind: Literal["condition"] = "condition"
    expression: str


class MergeStep(StepBase):
    """Joins branches. Output: the first live source's output, a list of them, or an object by node id.

    `needs` is how many live sources are enough to go on; None waits until all sources are settled.
    """

    kind: Literal["merge"] = "merge"
    mode: Literal["first", "list", "object"] = "first"
    needs: int | None = None


class SwitchStep(StepBase):
    """Leaves through the port of the first case that holds, or of `all` that do, or through `default`.

    `cases` are (port, expression) in their order. Output: the port's name, or the list of names.
    """

    kind: Literal["switch"] = "switch"
    cases: tuple[tuple[str, str], ...]
    matches: Literal["first", "all"] = "first"


class FailStep(StepBase):
    """Fails with the rendered `message`; `failure_kind` is the failure's kind."""

    kind: Literal["fail"] = "fail"
    message: Any
    failure_kind: str


class DelayStep(StepBase):
    """Waits `seconds`, or until the ISO 8601 instant that `until` gives; either may be an expression."""

    kind: Literal["delay"] = "delay"
    seconds: Any = None
    until: str | None = None


class WaitStep(StepBase):
    """Waits for the event `event` with the correlation `key`; both may be expressions.

    Leaves through port `out` with the event's data as output or, `timeout_s` seconds after it began (None:
    never), through `timeout`. An event whose data does not fit `data_schema` is none for this step.
    """

    kind: Literal["wait"] = "wait"
    event: str
    key: Any = ""
    timeout_s: Any = None
    data_schema: dict[str, Any] | None = None


class Body(_Frozen):
    """What stands inside a container: its steps in topological order, and the result of one pass.

    Each pass runs in a scope of its own: expressions there read the body's nodes, the nodes in `outer`
    (settled before the container begins, or containers around it) and the container's own names. `result`
    is a JSON value whose strings may be expressions, rendered in the scope of the pass when it has ended.
    """

    steps: tuple["Step", ...]
    outer: tuple[str, ...] = ()
    result: Any = None


class MapStep(StepBase):
    """Runs its body once for each item, `concurrency` passes at a time.

    `items` gives a list, of which each pass reads its `item` and `index`. Where it is None, passes follow
    each other: `item` is None in the first, then what `next` gave at the end of the one before, until that
    is empty. A map of more than `maximum` passes fails.

    Output: `{"results": [...], "failures": [{"index", "item", "error"}]}`, both in the order of the items.
    With `on_item_error` `fail` the first failed pass fails the map, whose output then holds what was done;
    `collect` leaves null in the place of a failed pass, `skip` leaves its place out.
    """

    kind: Literal["map"] = "map"
    items: Any = None
    next: str | None = None
    concurrency: int = 10
    maximum: int = 100_000
    on_item_error: Literal["fail", "collect", "skip"] = "fail"
    body: Body


class LoopStep(StepBase):
    """Repeats its body until `until` holds at the end of a pass, at most `maximum` times.

    A pass reads `index`, counted from 0, and `last`: the result of the pass before, `initial` in the first.
    Output: the last pass's result. Without `until` it runs `maximum` passes; with it, `on_maximum` says
    whether the loop fails or goes on when they were not enough.
    """

    kind: Literal["loop"] = "loop"
    until: str | None = None
    maximum: int
    initial: Any = None
    on_maximum: Literal["fail", "continue"] = "fail"
    body: Body


class SubworkflowStep(StepBase):
    """Begins a run of the version that `pin` names in the run's `plans`, and waits for its end.

    `inputs` is an object whose strings may be expressions. `timeout_s` bounds the other run, in each attempt
    anew. Output: the other run's outputs.
    """

    kind: Literal["subworkflow"] = "subworkflow"
    pin: str
    inputs: dict[str, Any] = Field(default_factory=dict)
    timeout_s: float | None = None
    attempts: Attempts = Attempts()


class ActivityStep(StepBase):
    """Work that touches the world, done by the adapter named `type`.

    `config` is rendered in the workflow but for the top-level fields in `secret_fields`, which name
    secrets and are rendered inside the activity, with the values of `reads` (dotted context roots such as
    `nodes.fetch` or `inputs`) as their context. `literal_fields` hold no expressions, whatever stands in
    them. `local` says that one attempt takes at most ten seconds.
    """

    kind: Literal["activity"] = "activity"
    config: dict[str, Any]
    secret_fields: tuple[str, ...] = ()
    literal_fields: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    timeout_s: float
    attempts: Attempts = Attempts()
    slots: Slots | None = None
    local: bool = True


Step = Annotated[
    InputStep
    | OutputStep
    | TransformStep
    | ConditionStep
    | SwitchStep
    | MergeStep
    | FailStep
    | DelayStep
    | WaitStep
    | MapStep
    | LoopStep
    | SubworkflowStep
    | ActivityStep,
    Field(discriminator="kind"),
]

Container = MapStep | LoopStep
"""The steps that hold a body."""

Body.model_rebuild()
MapStep.model_rebuild()
LoopStep.model_rebuild()


class Plan(_Frozen):
    """A compiled document: steps in topological order and the expressions of the run's outputs.

    `compensations` are steps beside the flow, by the node whose work each undoes when the run fails.
    """

    version_hash: str
    name: str
    steps: tuple[Step, ...]
    outputs: dict[str, Any] = Field(default_factory=dict)
    compensations: dict[str, Step] = Field(default_factory=dict)


class Tally(_Frozen):
    """How far a container is: passes that have ended, those of them that failed, and all, where known."""

    done: int = 0
    failed: int = 0
    total: int | None = None


class Origin(_Frozen):
    """Where an output comes from that this run did not make: another run, or a person."""

    kind: Literal["reused", "pinned", "edited"]
    run_id: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether a person gave the value: such ones are for test runs only."""
        return self.kind != "reused"


class Decided(_Frozen):
    """What a person decided about a node that had failed: retry it, give its output, skip it, or abort."""

    action: Literal["retry", "output", "skip", "abort"]
    by: str
    at: datetime
    reason: str = ""


class NodeDecision(Decided):
    """A decision on its way to the node: the argument of the update `decide`.

    `attempt` is the one that had failed when it was made. `config` replaces settings for the attempts that
    follow; `output` is what the node is to have given, leaving by `port`.
    """

    scope: str = ""
    node_id: str
    attempt: int
    config: dict[str, Any] = Field(default_factory=dict)
    output: Any = None
    port: str = "out"


class NodeRecord(_Frozen):
    """The state of one node of one run, written over its earlier state. Times are aware UTC.

    `scope` is the pass in which the node stands, `""` outside of all containers: `each/3` is the fourth pass
    of the container `each`, `each/3/pages/0` the first one of a container inside it. `tally` is a
    container's. `origin` is set where the node did not run here.

    `output` is the JSON value itself; a file is `{"$artifact": BlobRef, "media_type", "name", "size"}`.
    `ports` are the ports through which the node was left: one, but for a switch that follows all matches.
    A node that waits and has an `error` waits for a decision; `decision` is the last one that was made.
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


class RunRecord(_Frozen):
    """A change of the run's own state. `at` is the time of the change, `started_at` when the run began."""

    status: RunStatus
    at: datetime
    started_at: datetime | None = None
    outputs: dict[str, Any] | None = None
    error: Failure | None = None


class RecordBatch(_Frozen):
    """Everything one write to the records holds, in one database round trip.

    `durable` False says that a crash of the database may undo the write: it holds nothing that was done in
    the world, and will be written again.
    """

    run_id: str
    nodes: tuple[NodeRecord, ...] = ()
    run: RunRecord | None = None
    durable: bool = True


class NodeTask(_Frozen):
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


class NodeResult(_Frozen):
    """What the activity gives back to the workflow: a settled record (succeeded, or failed for good).

    `recorded` is False when the workflow is to write the record with its next batch: after a local activity,
    whose successor begins within milliseconds, and when the records could not be reached.
    """

    record: NodeRecord
    recorded: bool = True


class EventWait(_Frozen):
    """A node that waits for an event, until an instant or (None) for ever. `name` and `key` are rendered."""

    run_id: str
    scope: str = ""
    node_id: str
    name: str
    key: str = ""
    data_schema: dict[str, Any] | None = None
    until: datetime | None = None


class Event(_Frozen):
    """Something that happened elsewhere. `id` tells a delivery that is repeated from a new event."""

    id: str
    name: str
    key: str = ""
    data: Any = None
    received_at: datetime


class Found(_Frozen):
    """What an inbox has for a wait: its event, or nothing yet."""

    event: Event | None = None


class Arrival(_Frozen):
    """An event for the node that waits for it: the argument of the signal that wakes it."""

    scope: str = ""
    node_id: str
    event: Event


class Waiting(_Frozen):
    """A node that waits `until` an instant, or (None) for ever.

    `registered` says of one that waits for an event that the application knows of it.
    """

    started_at: datetime
    until: datetime | None = None
    registered: bool = False


class Calling(_Frozen):
    """A sub-workflow node under way, in its `attempt`-th run, carried over.

    `begun` says that this run was begun; `until` is the instant at which the next one is, after a failed one.
    `before` are the attempts until somebody decided that the node be tried again.
    """

    started_at: datetime
    attempt: int = 1
    before: int = 0
    begun: bool = False
    until: datetime | None = None


class ItemFailure(_Frozen):
    """A pass of a map that failed."""

    index: int
    item: Any = None
    error: Failure


class Retried(_Frozen):
    """A node that failed and was told to try again, after so many attempts, with these settings replaced."""

    attempts: int
    decision: Decided
    config: dict[str, Any] = Field(default_factory=dict)


class ScopeState(_Frozen):
    """One scope, carried over: the whole run's own, or that of a pass under way.

    `settled` are the nodes that are done, in the order in which they settled; `waiting` the delays and
    the waits for events that go on; `paused` those that failed and wait for a decision; `retried` those that
    were told to try again; `containers` those under way.
    """

    settled: tuple[NodeRecord, ...] = ()
    waiting: dict[str, Waiting] = Field(default_factory=dict)
    calling: dict[str, Calling] = Field(default_factory=dict)
    paused: dict[str, NodeRecord] = Field(default_factory=dict)
    retried: dict[str, "Retried"] = Field(default_factory=dict)
    containers: dict[str, "ContainerState"] = Field(default_factory=dict)


class ContainerState(_Frozen):
    """A container under way, carried over.

    `items` is the list of a map, None where it is still to be evaluated, `following` what the next pass of a
    loop or of a map over pages begins with, `begun` how many passes have begun, `results` and `failures`
    those that have ended.
    """

    started_at: datetime
    items: tuple[Any, ...] | None = None
    following: Any = None
    begun: int = 0
    results: dict[int, Any] = Field(default_factory=dict)
    failures: tuple[ItemFailure, ...] = ()
    passes: dict[int, ScopeState] = Field(default_factory=dict)


ScopeState.model_rebuild()


class Spent(_Frozen):
    """What a run has used of its budget so far."""

    steps: int = 0
    seconds: float = 0.0


class Resume(ScopeState):
    """What a run carries over when it continues as new: all of it is recorded already.

    `status` is the run's status as last recorded; `events` have come for nodes that wait, by their places;
    `ended` are the ends of sub-workflows, by their runs' ids, which no node has taken yet.
    """

    started_at: datetime
    status: RunStatus
    ended: dict[str, RunRecord] = Field(default_factory=dict)
    spent: Spent = Spent()
    events: dict[str, Event] = Field(default_factory=dict)


class Budget(_Frozen):
    """What a run may spend: `steps` begun, in each pass anew, and `seconds` that its activities worked.

    What is skipped, or was taken from another run, is free. When it is used up, with a step about to begin,
    the run fails with a failure of kind `budget`, or begins nothing more until it is given a larger one.
    """

    steps: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    on_reached: Literal["fail", "pause"] = "fail"

    def doubled(self) -> "Budget":
        """Return a budget of twice as much."""
        twice = {"steps": self.steps and 2 * self.steps, "seconds": self.seconds and 2 * self.seconds}
        return self.model_copy(update=twice)


class PinnedPlan(_Frozen):
    """A published version that a run calls, compiled when that began. The records know it as `version_id`."""

    version_id: str
    plan: Plan


class Parent(_Frozen):
    """The node, with its pass, whose sub-workflow a run is, and the attempt of that node."""

    run_id: str
    scope: str = ""
    node_id: str
    attempt: int = 1


class Opening(_Frozen):
    """The wish to store a sub-workflow's run, made by that run itself when it began, at `started_at`."""

    run_id: str
    parent: Parent
    version_id: str
    inputs: dict[str, Any]
    started_at: datetime
    deadline: datetime | None = None


class Opened(_Frozen):
    """A sub-workflow's run as it was stored: inputs with their defaults, limits of its document added.

    With a `failure` nothing was stored: the inputs do not fit, or the version is gone.
    """

    inputs: dict[str, Any] = Field(default_factory=dict)
    deadline: datetime | None = None
    budget: Budget | None = None
    failure: Failure | None = None


class ChildEnd(_Frozen):
    """How the run of a sub-workflow ended: what its parent is told."""

    run_id: str
    record: RunRecord


class RunRequest(_Frozen):
    """The GraphRun workflow's one argument.

    `seed` are settled nodes of the root scope that this run takes over instead of running them; `containers`
    are maps and loops that begin with what an older run knew of them. `test` says that the run is there to
    try things: only then may values in the seed be pinned or edited.

    `history_limit` is the number of history events after which the run continues as new, with `resume`
    filled in; Temporal's own suggestion is followed as well. `priority` is Temporal's, from 1, served first,
    to 5. A run that goes on at its `deadline` is cancelled with a failure of kind `deadline`.

    `plans` are the versions that sub-workflow nodes pin, of this plan and of those called by it. A run with a
    `parent` is the run of one: it stores itself, as a run of `version_id`, and tells its parent of its end.
    """

    run_id: str
    plan: Plan
    inputs: dict[str, Any]
    seed: tuple[NodeRecord, ...] = ()
    containers: dict[str, ContainerState] = Field(default_factory=dict)
    test: bool = False
    history_limit: int = Field(default=8_000, ge=20)
    resume: Resume | None = None
    plans: dict[str, PinnedPlan] = Field(default_factory=dict)
    parent: Parent | None = None
    version_id: str | None = None
    priority: int | None = Field(default=None, ge=1, le=5)
    deadline: datetime | None = None
    budget: Budget | None = None


class ScheduledRequest(_Frozen):
    """The ScheduledStart workflow's one argument. `waits`: it lasts as long as the run that it starts."""

    trigger_id: str
    waits: bool


class ScheduledStartOrder(_Frozen):
    """A run that is due: of which trigger, at what time. `waiter` is the workflow to be told of its end."""

    trigger_id: str
    due: datetime
    waiter: str | None = None


class ScheduledRun(_Frozen):
    """The run that was started for a schedule; None: there was none to start."""

    run_id: str | None
