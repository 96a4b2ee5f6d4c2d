"""What a run is asked for: its plan, its inputs, its bounds, and where it comes from."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from engine.contracts.base import Frozen
from engine.contracts.records import NodeRecord, RunRecord
from engine.contracts.states import ContainerState, Resume
from engine.contracts.steps import Plan
from engine.errors import Failure


class Budget(Frozen):
    """What a run may spend: `steps` begun, in each pass anew, and `seconds` that its activities worked.

    What is skipped, or was taken from another run, is free. When it is used up, with a step about to begin,
    the run fails with a failure of kind `budget`, or begins nothing more until it is given a larger one.

    The run of a sub-workflow has what is left of its parent's budget when it begins, if its own document does
    not allow it less, and what it spent counts as its parent's when it has ended. So runs that are called
    side by side may together spend more than is left, and the parent stops before its next step. One that
    waits to be allowed more is given more itself.
    """

    steps: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    on_reached: Literal["fail", "pause"] = "fail"

    def within(self, other: "Budget | None") -> "Budget":
        """Return a budget that keeps to another one as well; reaching it fails where one that binds does."""
        if other is None:
            return self
        steps = min((one.steps for one in (self, other) if one.steps is not None), default=None)
        seconds = min((one.seconds for one in (self, other) if one.seconds is not None), default=None)
        binding = (
            one
            for one in (self, other)
            if (steps and one.steps == steps) or (seconds and one.seconds == seconds)
        )
        fails = any(one.on_reached == "fail" for one in binding)
        return Budget(steps=steps, seconds=seconds, on_reached="fail" if fails else "pause")

    def doubled(self) -> "Budget":
        """Return a budget of twice as much."""
        twice = {"steps": self.steps and 2 * self.steps, "seconds": self.seconds and 2 * self.seconds}
        return self.model_copy(update=twice)


class PinnedPlan(Frozen):
    """A published version that a run calls, compiled when that began. The records know it as `version_id`."""

    version_id: str
    plan: Plan


class Parent(Frozen):
    """The node, with its pass, whose sub-workflow a run is, and the attempt of that node."""

    run_id: str
    scope: str = ""
    node_id: str
    attempt: int = 1


class Opening(Frozen):
    """The wish to store a sub-workflow's run, made by that run itself when it began, at `started_at`.

    `deadline` and `budget` are what its parent leaves to it.
    """

    run_id: str
    parent: Parent
    version_id: str
    inputs: dict[str, Any]
    started_at: datetime
    deadline: datetime | None = None
    budget: Budget | None = None


class Opened(Frozen):
    """A sub-workflow's run as it was stored: inputs with their defaults, limits of its document added.

    With a `failure` nothing was stored: the inputs do not fit, or the version is gone.
    """

    inputs: dict[str, Any] = Field(default_factory=dict)
    deadline: datetime | None = None
    budget: Budget | None = None
    failure: Failure | None = None


class ChildEnd(Frozen):
    """How the run of a sub-workflow ended: what its parent is told."""

    run_id: str
    record: RunRecord


class RunRequest(Frozen):
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


class ScheduledRequest(Frozen):
    """The ScheduledStart workflow's one argument. `waits`: it lasts as long as the run that it starts."""

    trigger_id: str
    waits: bool


class ScheduledStartOrder(Frozen):
    """A run that is due: of which trigger, at what time. `waiter` is the workflow to be told of its end."""

    trigger_id: str
    due: datetime
    waiter: str | None = None


class ScheduledRun(Frozen):
    """The run that was started for a schedule; None: there was none to start."""

    run_id: str | None
