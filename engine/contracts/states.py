"""What a run carries over when it continues as new."""

from datetime import datetime
from typing import Any

from pydantic import Field

from engine.contracts.activities import Event
from engine.contracts.base import Frozen
from engine.contracts.human import HumanState
from engine.contracts.names import RunStatus
from engine.contracts.records import Decided, NodeRecord, RunRecord, Spent
from engine.errors import Failure


class Waiting(Frozen):
    """A node that waits `until` an instant, or (None) for ever.

    `registered` says of one that waits for an event that the application knows of it; `human` is what has
    come of one that waits for people.
    """

    started_at: datetime
    until: datetime | None = None
    registered: bool = False
    human: HumanState | None = None


class Calling(Frozen):
    """A sub-workflow node under way, in its `attempt`-th run, carried over.

    `begun` says that this run was begun; `until` is the instant at which the next one is, after a failed one.
    `before` are the attempts until somebody decided that the node be tried again.
    """

    started_at: datetime
    attempt: int = 1
    before: int = 0
    begun: bool = False
    until: datetime | None = None


class InLine(Frozen):
    """A node that stands in line for a slot of its group, carried over: attempts spent, and its deadline."""

    attempts_before: int
    deadline: datetime | None = None


class ItemFailure(Frozen):
    """A pass of a map that failed."""

    index: int
    item: Any = None
    error: Failure


class Retried(Frozen):
    """A node that failed and was told to try again, after so many attempts, with these settings replaced."""

    attempts: int
    decision: Decided
    config: dict[str, Any] = Field(default_factory=dict)


class ScopeState(Frozen):
    """One scope, carried over: the whole run's own, or that of a pass under way.

    `settled` are the nodes that are done, in the order in which they settled; `waiting` the delays and
    the waits for events that go on; `in_line` those that stand in line for a slot; `paused` those that failed
    and wait for a decision; `retried` those that were told to try again; `containers` those under way.
    """

    settled: tuple[NodeRecord, ...] = ()
    waiting: dict[str, Waiting] = Field(default_factory=dict)
    calling: dict[str, Calling] = Field(default_factory=dict)
    in_line: dict[str, InLine] = Field(default_factory=dict)
    paused: dict[str, NodeRecord] = Field(default_factory=dict)
    retried: dict[str, "Retried"] = Field(default_factory=dict)
    containers: dict[str, "ContainerState"] = Field(default_factory=dict)


class ContainerState(Frozen):
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


class PassView(Frozen):
    """What undoing reads of a pass: its `names` (`item`, `index`, `last`), and `nodes` as they are read."""

    names: dict[str, Any] = Field(default_factory=dict)
    nodes: dict[str, Any] = Field(default_factory=dict)


class Deeds(Frozen):
    """What a run did that can be undone: the `places` of nodes in the order of success, `passes` by path."""

    places: tuple[str, ...] = ()
    passes: dict[str, PassView] = Field(default_factory=dict)


class Resume(ScopeState):
    """What a run carries over when it continues as new: all of it is recorded already.

    `status` is the run's status as last recorded; `events` have come for nodes that wait, by their places;
    `ended` are the ends of sub-workflows, by their runs' ids, which no node has taken yet. `deeds` are None
    in what was carried over before nodes inside containers could be undone. With an `ending` the run is
    over but for what is still to be undone.
    """

    started_at: datetime
    status: RunStatus
    ended: dict[str, RunRecord] = Field(default_factory=dict)
    spent: Spent = Spent()
    events: dict[str, Event] = Field(default_factory=dict)
    deeds: Deeds | None = None
    ending: RunRecord | None = None
