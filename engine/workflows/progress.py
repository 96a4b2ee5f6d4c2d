"""Which steps of a run are ready, and which can no longer run: counting, with no runtime around it.

A step is decided once all its sources are settled. It runs when one of its drawn edges is live or, where
it has none, when one of the steps it refers to succeeded; otherwise it is skipped. Each edge is looked at
once, so a whole run costs O(steps + edges).

A merge that waits for some of its branches is decided as soon as so many are live. What only leads there
is then moot: each of its ways on ends at a step that is decided already.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine import expressions
from engine.contracts import FailStep, MergeStep, NodeRecord, OutputStep, Step

Needed = Callable[[MergeStep], int | None]


def _stated(step: MergeStep) -> int | None:
    """Return how many live sources a merge waits for, where that is a number."""
    return step.needs if isinstance(step.needs, int) else None


@dataclass(frozen=True)
class Decision:
    """A step whose sources are all settled: it either runs or is skipped."""

    step: Step
    runs: bool


@dataclass(slots=True)
class _Place:
    """A step's place in the graph. A target's port of None stands for a reference without a drawn edge.

    A step that `races` is decided at once by `needs` live sources; `arrived` are those so far. `needs` is
    None until it is told, and `unread` are the unsettled sources without which it cannot be.
    """

    step: Step
    unsettled: int
    live: bool
    races: bool = False
    needs: int | None = None
    arrived: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    decided: bool = False
    settled: bool = False
    moot: bool = False
    targets: list[tuple[str, str | None]] = field(default_factory=list)

    def settle(self, source: NodeRecord, port: str | None, needed: Needed) -> bool:
        """Count an edge from a settled source; return whether the step is decided by it."""
        self.unsettled -= 1
        self.unread.discard(source.node_id)
        if _carries(source, port, self.step):
            self.live = True
            if self.races:
                self.arrived.add(source.node_id)
        now = not self.decided and (not self.unsettled or self._has_enough(needed))
        self.decided = self.decided or now
        return now

    def _has_enough(self, needed: Needed) -> bool:
        if not isinstance(self.step, MergeStep) or not self.races or not self.live or self.unread:
            return False
        if self.needs is None:
            self.needs = needed(self.step)
        return self.needs is not None and len(self.arrived) >= self.needs


class Progress:
    """Counts the unsettled sources of every step of a plan, or of a body in one pass."""

    def __init__(self, steps: Sequence[Step], outputs: Any = None, needed: Needed = _stated) -> None:
        """Read the edges of the steps; a KeyError means that one names a source that is not among them.

        `outputs` holds the expressions that are rendered when all is done. `needed` says how many live
        sources a merge waits for; it is asked when one is live and what it may read is settled.
        """
        self._needed = needed
        self._outputs = outputs
        self._unsettled = len(steps)
        self._places = {step.id: _place(step) for step in steps}
        for step in steps:
            for edge in step.incoming:
                self._places[edge.source].targets.append((step.id, edge.port))
            for source in step.after:
                self._places[source].targets.append((step.id, None))

    @property
    def done(self) -> bool:
        """Whether every step is settled."""
        return not self._unsettled

    def step(self, node_id: str) -> Step:
        """Return the step of that id."""
        return self._places[node_id].step

    def begin(self) -> list[Decision]:
        """Return the steps that wait for nothing, in the plan's order."""
        return [Decision(place.step, True) for place in self._places.values() if place.decided]

    def settle(self, record: NodeRecord) -> list[Decision]:
        """Count a settled step; return the steps that are decided by it, in the order of its edges."""
        settled = self._places[record.node_id]
        settled.settled = True
        self._unsettled -= 1
        places = ((self._places[target], port) for target, port in settled.targets)
        return [
            Decision(place.step, place.live)
            for place, port in places
            if place.settle(record, port, self._needed)
        ]

    def moot(self, merge: str) -> list[str]:
        """Return the unsettled steps that no longer matter once `merge` is decided; they count as decided.

        Those are the steps from which every way leads to a decided step. An output, a failure and what the
        outputs of the document read are ends in themselves.
        """
        found = []
        waiting = [merge]
        while waiting:
            for source in self._sources[waiting.pop()]:
                place = self._places[source]
                if place.settled or place.moot or source in self._ends:
                    continue
                if all(self._places[target].decided for target, _ in place.targets):
                    place.moot = place.decided = True
                    found.append(source)
                    waiting.append(source)
        return found

    @cached_property
    def _sources(self) -> dict[str, tuple[str, ...]]:
        steps = (place.step for place in self._places.values())
        return {
            step.id: tuple(dict.fromkeys((*(edge.source for edge in step.incoming), *step.after)))
            for step in steps
        }

    @cached_property
    def _ends(self) -> frozenset[str]:
        ends = {
            node_id
            for node_id, place in self._places.items()
            if isinstance(place.step, OutputStep | FailStep)
        }
        paths = (
            path for _, text in expressions.strings(self._outputs) for path in expressions.read(text).paths
        )
        return frozenset(ends | {str(path[1]) for path in paths if path[0] == "nodes" and len(path) > 1})

    def resume(self, settled: Iterable[NodeRecord]) -> list[Decision]:
        """Count the steps settled earlier; return what is decided by them and not itself among them."""
        records = list(settled)
        done = {record.node_id for record in records}
        decided = self.begin()
        for record in records:
            decided.extend(self.settle(record))
        return [decision for decision in decided if decision.step.id not in done]


def _place(step: Step) -> _Place:
    sources = len(step.incoming) + len(step.after)
    place = _Place(step, sources, live=not sources, decided=not sources)
    if isinstance(step, MergeStep) and step.needs is not None:
        place.races = True
        beside = {*(edge.source for edge in step.incoming), *step.after}
        place.unread = {str(path[1]) for path in expressions.references(step.needs) if len(path) > 1} & beside
    return place


def _carries(record: NodeRecord, port: str | None, target: Step) -> bool:
    """Say whether an edge from this record makes its target run."""
    if port is None:
        return not target.incoming and record.status == "succeeded"
    return port in record.ports
