"""The plan and its steps: what the compiler makes of a document.

Expressions stay source text (`{{ … }}`): parsed when compiled, cached by text where they are evaluated.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from engine.contracts.base import Frozen
from engine.contracts.human import Choice, HumanRules


class Incoming(Frozen):
    """An edge seen from its target: live when `port` is one of those through which `source` was left."""

    source: str
    port: str = "out"


class Attempts(Frozen):
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


class Slots(Frozen):
    """A concurrency group: at most `limit` of its steps at once, in the run or across all runs."""

    group: str
    limit: int
    across: Literal["run", "all"] = "run"


class StepBase(Frozen):
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

    `needs` is how many live sources are enough to go on, or an expression that says so; None waits until all
    sources are settled. The expression is evaluated once a source is live and what it reads is settled.
    """

    kind: Literal["merge"] = "merge"
    mode: Literal["first", "list", "object"] = "first"
    needs: int | str | None = None

    @property
    def branches(self) -> int:
        """How many sources it has."""
        return len({edge.source for edge in self.incoming})


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


class HumanStep(StepBase):
    """Asks people to decide one of `choices`; all else, but for the schema, may be expressions.

    `context` is Markdown. Edited data, and the answer to a form, have to fit `data_schema`.
    """

    kind: Literal["human"] = "human"
    title: Any
    context: Any = ""
    data: Any = None
    data_schema: dict[str, Any] | None = None
    choices: tuple[Choice, ...]
    rules: HumanRules = HumanRules()


class Body(Frozen):
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
    | HumanStep
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


class Plan(Frozen):
    """A compiled document: steps in topological order and the expressions of the run's outputs.

    A run whose outputs do not fit `output_schema`, where there is one, fails.
    `compensations` are steps beside the flow, by the node whose work each undoes when the run fails: those
    of the bodies too, since ids are unique in a document.
    """

    version_hash: str
    name: str
    steps: tuple[Step, ...]
    outputs: dict[str, Any] = Field(default_factory=dict)
    output_schema: dict[str, Any] | None = None
    compensations: dict[str, Step] = Field(default_factory=dict)
