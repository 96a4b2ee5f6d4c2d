"""Which steps of a run are ready, and which can no longer run: counting, with no runtime around it.

A step is decided once all its sources are settled. It runs when one of its drawn edges is live or, where
it has none, when one of the steps it refers to succeeded; otherwise it is skipped. Each edge is looked at
once, so a whole run costs O(steps + edges).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from engine.contracts import NodeRecord, Plan, Step


@dataclass(frozen=True)
class Decision:
    """A step whose sources are all settled: it either runs or is skipped."""

    step: Step
    runs: bool


@dataclass(slots=True)
class _Place:
    """A step's place in the graph. A target's port of None stands for a reference without a drawn edge."""

    step: Step
    unsettled: int
    live: bool
    targets: list[tuple[str, str | None]] = field(default_factory=list)


class Progress:
    """Counts the unsettled sources of every step of one plan."""

    def __init__(self, plan: Plan) -> None:
        """Read the plan's edges; a KeyError means that it names a source it does not have."""
        self._places = {
            step.id: _Place(step, len(step.incoming) + len(step.after), not step.incoming and not step.after)
            for step in plan.steps
        }
        for step in plan.steps:
            for edge in step.incoming:
                self._places[edge.source].targets.append((step.id, edge.port))
            for source in step.after:
                self._places[source].targets.append((step.id, None))

    def step(self, node_id: str) -> Step:
        """Return the step of that id."""
        return self._places[node_id].step

    def begin(self) -> list[Decision]:
        """Return the steps that wait for nothing, in the plan's order."""
        return [Decision(place.step, True) for place in self._places.values() if not place.unsettled]

    def settle(self, record: NodeRecord) -> list[Decision]:
        """Count a settled step; return the steps that are decided by it, in the order of its edges."""
        decided = []
        for target, port in self._places[record.node_id].targets:
            place = self._places[target]
            place.unsettled -= 1
            place.live = place.live or _carries(record, port, place.step)
            if not place.unsettled:
                decided.append(Decision(place.step, place.live))
        return decided

    def resume(self, settled: Iterable[NodeRecord]) -> list[Decision]:
        """Count the steps settled earlier; return what is decided by them and not itself among them."""
        records = list(settled)
        done = {record.node_id for record in records}
        decided = self.begin()
        for record in records:
            decided.extend(self.settle(record))
        return [decision for decision in decided if decision.step.id not in done]


def _carries(record: NodeRecord, port: str | None, target: Step) -> bool:
    """Say whether an edge from this record makes its target run."""
    if port is None:
        return not target.incoming and record.status == "succeeded"
    return record.port == port
