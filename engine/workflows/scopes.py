"""A scope: the whole run, or one pass through a container's body. It knows what is settled in it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from engine import expressions
from engine.contracts import MergeStep, NodeRecord, ScopeState, Step
from engine.errors import ExpressionError, NodeFailed
from engine.workflows import inline
from engine.workflows.progress import Decision, Progress


class Scope:
    """Steps that are executed once together, and what expressions among them see.

    - `path`: "" for the run, `each/3` for the fourth pass of `each`; `index` is that pass's number.
    - `parent`: the scope in which its container stands, None for the run.
    - `settled`: the finished steps in the order in which they finished.
    - `context`: the names that expressions read; its `nodes` grows with what is settled.
    - `carried`: what this scope had come to when the run continued as new, or was given when it began.
    - `retried`: failed steps that somebody told to try again.
    - `closed`: it was cancelled; whatever of it still lands counts for nothing.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        outputs: Any,
        *,
        context: Mapping[str, Any],
        views: Mapping[str, Any],
        path: str = "",
        index: int = 0,
        parent: "Scope | None" = None,
        carried: ScopeState | None = None,
    ) -> None:
        self.path = path
        self.index = index
        self.parent = parent
        self.closed = False
        self.carried = carried or ScopeState()
        self.retried = dict(self.carried.retried)
        self.settled: dict[str, NodeRecord] = {}
        self._views = dict(views)
        self.context: dict[str, Any] = {**context, "nodes": self._views}
        self.progress = Progress(steps, outputs, partial(_needed, self.context))
        for record in self.carried.settled:
            self.add(record)

    def begin(self) -> list[Decision]:
        """Return the steps that may be looked at first."""
        return self.progress.resume(self.carried.settled)

    def goes_on(self, node_id: str) -> bool:
        """Return whether a step was under way already when the run continued as new."""
        carried = self.carried
        under_way = (
            carried.waiting,
            carried.calling,
            carried.in_line,
            carried.paused,
            carried.containers,
        )
        return any(node_id in steps for steps in under_way)

    def add(self, record: NodeRecord) -> None:
        """Let expressions see a finished step."""
        self.settled[record.node_id] = record
        self._views[record.node_id] = inline.view(record)

    def attempted(self, record: NodeRecord) -> NodeRecord:
        """Return a record as that of the attempt it is, where somebody decided that the step try again."""
        again = self.retried.get(record.node_id)
        if again is None:
            return record
        return record.model_copy(update={"attempt": again.attempts + 1, "decision": again.decision})

    def view(self, node_id: str) -> Any:
        """Return what expressions see of a node here; None of one that is not settled."""
        return self._views.get(node_id)

    def render(self, value: Any, **names: Any) -> Any:
        """Return a JSON value with its expressions evaluated here; ExpressionError where one fails."""
        return expressions.bounded(expressions.render(value, {**self.context, **names}))


def _needed(context: Mapping[str, Any], step: MergeStep) -> int | None:
    """Return how many branches a merge waits for; none where that is no such number: it fails at once."""
    try:
        return inline.needed(step, context)
    except (ExpressionError, NodeFailed):
        return 0
