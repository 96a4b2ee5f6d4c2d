"""A container under way: which passes have begun, and what came of them. What is next, its kind says."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio import workflow

from engine import expressions
from engine.contracts import Container, ContainerState, MapStep, NodeRecord, ScopeState, Tally, place
from engine.errors import ExpressionError, Failure
from engine.workflows import inline
from engine.workflows.scopes import Scope

SPARSE_TALLIES = "sparse-tallies"
"""The patch by which a container's tally is not written after each pass: when the journal is full changed."""


class Passes(ABC):
    """A container under way, and the scopes of its passes.

    - `scopes`: the passes under way, by their number;
    - `failure`: why the container fails, once it is certain that it does.
    """

    def __init__(self, step: Container, parent: Scope, state: ContainerState) -> None:
        self.step = step
        self.parent = parent
        self.scopes: dict[int, Scope] = {}
        self.failure: Failure | None = None
        self._started_at = state.started_at
        self._following = state.following
        self._begun = state.begun
        self._results = dict(state.results)
        self._failures = {failure.index: failure for failure in state.failures}
        self._carried = dict(state.passes)

    @property
    def place(self) -> str:
        """Where the container stands, with the pass in which it does."""
        return place(self.parent.path, self.step.id)

    @property
    def over(self) -> bool:
        """Whether the container has come to its end."""
        return self.failure is not None or (not self.scopes and not self._carried and not self._more())

    @abstractmethod
    def _more(self) -> bool:
        """Whether there is a pass that could begin, if nothing else were under way."""

    @abstractmethod
    def _has_room(self) -> bool:
        """Whether another pass may go on beside those under way."""

    @abstractmethod
    def _names(self, index: int) -> dict[str, Any]:
        """Return what expressions in a pass read of it."""

    @abstractmethod
    def _take(self, scope: Scope, result: Any) -> None:
        """Take note of a pass that came to a result; ExpressionError when what follows cannot be told."""

    @abstractmethod
    def _fail(self, index: int, failure: Failure) -> None:
        """Take note of a pass that failed."""

    @abstractmethod
    def _output(self) -> Any:
        """Return the container's output."""

    def next(self) -> Scope | None:
        """Begin a pass, if one may begin now; those carried over go on first."""
        if self.failure is not None:
            return None
        if self._carried:
            index = min(self._carried)
            return self._open(index, self._carried.pop(index))
        if not self._more() or not self._has_room():
            return None
        self._begun += 1
        return self._open(self._begun - 1, None)

    def _open(self, index: int, carried: ScopeState | None) -> Scope:
        body, names = self.step.body, self._names(index)
        views = {node_id: self.parent.view(node_id) for node_id in body.outer}
        scope = Scope(
            body.steps,
            _read_at_the_end(self.step),
            context={**self.parent.context, **names},
            views={**views, self.step.id: names},
            path=f"{self.place}/{index}",
            index=index,
            parent=self.parent,
            carried=carried,
        )
        self.scopes[index] = scope
        return scope

    def end(self, scope: Scope, failure: Failure | None = None) -> None:
        """Take note of a pass that has ended: by a failure, or with all its steps settled."""
        del self.scopes[scope.index]
        if failure is None:
            try:
                self._take(scope, scope.render(self.step.body.result))
            except ExpressionError as error:
                failure = Failure(kind="expression", message=str(error), node=self.step.id)
        if failure is not None:
            where = failure.place or place(scope.path, failure.node or self.step.id)
            self._fail(scope.index, failure.model_copy(update={"place": where}))

    def record(self, now: datetime) -> NodeRecord:
        """Return the container's present record; a settled one when it is over."""
        if self.failure is None and not self.over:
            running = NodeRecord(node_id=self.step.id, status="running", started_at=self._started_at)
            return self._at_place(running)
        failure = self.failure
        try:
            output = expressions.bounded(self._output())
        except ExpressionError as error:
            output, failure = None, failure or Failure(kind="expression", message=str(error))
        if failure is not None:
            failed = inline.failed(self.step, failure, now, self._started_at)
            return self._at_place(failed.model_copy(update={"output": output}))
        return self._at_place(inline.succeeded(self.step, now, output=output, started_at=self._started_at))

    @property
    def is_news(self) -> bool:
        """Whether its tally is worth a write: each pass of a few, each hundredth part of many.

        Every write of it waits for the one before: it is one row, which all passes share.
        """
        tally = self._tally()
        is_news = tally.done % max((tally.total or tally.done) // 100, 1) == 0
        return is_news or not workflow.patched(SPARSE_TALLIES)

    def cancelled(self, now: datetime) -> NodeRecord:
        """Return the record of a container that was given up."""
        record = NodeRecord(
            node_id=self.step.id, status="cancelled", started_at=self._started_at, finished_at=now
        )
        return self._at_place(record)

    def _at_place(self, record: NodeRecord) -> NodeRecord:
        return record.model_copy(update={"scope": self.parent.path, "tally": self._tally()})

    def _tally(self) -> Tally:
        return Tally(done=self._begun - len(self.scopes) - len(self._carried))

    def _state(self, passes: dict[int, ScopeState], items: Sequence[Any] | None = None) -> ContainerState:
        return ContainerState(
            started_at=self._started_at,
            items=None if items is None else tuple(items),
            following=self._following,
            begun=self._begun,
            results=self._results,
            failures=tuple(self._failures.values()),
            passes={**self._carried, **passes},
        )

    def state(self, passes: dict[int, ScopeState]) -> ContainerState:
        """Return what is carried over; `passes` are the states of the scopes under way."""
        return self._state(passes)


def _read_at_the_end(step: Container) -> tuple[Any, ...]:
    """Return what is evaluated at the end of a pass: what that reads is not given up when a race is over."""
    return step.body.result, step.next if isinstance(step, MapStep) else step.until
