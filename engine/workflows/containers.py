"""The kinds of containers: a map over items or over pages, a loop; which pass is next, and what comes out."""

from datetime import datetime
from typing import Any, assert_never

from engine import expressions
from engine.contracts import (
    Container,
    ContainerState,
    ItemFailure,
    LoopStep,
    MapStep,
    ScopeState,
    Tally,
)
from engine.errors import Failure, NodeFailed
from engine.workflows.passes import Passes
from engine.workflows.scopes import Scope


def begin(step: Container, parent: Scope, now: datetime) -> Passes:
    """Return a container that begins in a scope, or goes on where it was when the run continued as new.

    Raises ExpressionError or NodeFailed when its settings give nothing to begin with.
    """
    state = parent.carried.containers.get(step.id)
    match step:
        case MapStep(items=None):
            return _Pages(step, parent, state or ContainerState(started_at=now))
        case MapStep():
            state = state or ContainerState(started_at=now)
            if state.items is None:  # results of an older run may be known all the same
                state = state.model_copy(update={"items": _items(step, parent)})
            return _Items(step, parent, state)
        case LoopStep():
            return _Loop(
                step,
                parent,
                state or ContainerState(started_at=now, following=parent.render(step.initial)),
            )
        case _:
            assert_never(step)


def _items(step: MapStep, parent: Scope) -> tuple[Any, ...]:
    items = parent.render(step.items)
    if not isinstance(items, list | tuple):
        shown = expressions.text_of(items)[:80]
        hint = "Give a list, such as {{ nodes.fetch.output.rows }}; of an object, {{ value | items }}."
        raise NodeFailed(
            Failure(kind="not-a-list", message=f"items of {step.id} is {shown}, not a list", hint=hint)
        )
    if len(items) > step.maximum:
        raise NodeFailed(_too_many(step, f"{len(items):,} items"))
    return tuple(items)


def _too_many(step: MapStep, count: str) -> Failure:
    return Failure(
        kind="too-many-passes",
        message=f"{step.id} has {count}; its maximum is {step.maximum:,}",
        hint="Raise its maximum, or give it fewer at a time.",
    )


class _Map(Passes):
    """What maps over items and over pages have in common: results and failures side by side."""

    step: MapStep

    def _fail(self, index: int, failure: Failure) -> None:
        item = self._names(index)["item"]
        self._failures[index] = ItemFailure(index=index, item=item, error=failure)
        if self.step.on_item_error == "fail":
            self.failure = _of_pass(self.step, index, failure)

    def _output(self) -> Any:
        failures = [self._failures[index].model_dump(mode="json") for index in sorted(self._failures)]
        if self.step.on_item_error == "skip":
            results = [self._results[index] for index in sorted(self._results)]
        else:
            results = [self._results.get(index) for index in range(self._size())]
        return {"results": results, "failures": failures}

    def _size(self) -> int:
        return self._begun

    def _tally(self) -> Tally:
        failed = len(self._failures)
        return Tally(done=len(self._results) + failed, failed=failed)


class _Items(_Map):
    """A map over a list: passes side by side."""

    def __init__(self, step: MapStep, parent: Scope, state: ContainerState) -> None:
        super().__init__(step, parent, state)
        self._items = state.items or ()

    def next(self) -> Scope | None:
        while self._begun in self._results or self._begun in self._failures:
            self._begun += 1  # known from the run that this one goes on from
        return super().next()

    def _more(self) -> bool:
        return any(
            index not in self._results and index not in self._failures
            for index in range(self._begun, len(self._items))
        )

    def _has_room(self) -> bool:
        return len(self.scopes) < self.step.concurrency

    def _names(self, index: int) -> dict[str, Any]:
        return {"item": self._items[index], "index": index}

    def _take(self, scope: Scope, result: Any) -> None:
        self._results[scope.index] = result

    def _size(self) -> int:
        return len(self._items)

    def _tally(self) -> Tally:
        return super()._tally().model_copy(update={"total": len(self._items)})

    def state(self, passes: dict[int, ScopeState]) -> ContainerState:
        return self._state(passes, self._items)


class _Pages(_Map):
    """A map over the pages of a cursor: one pass after the other, each with what the one before gave."""

    _last = False

    def _more(self) -> bool:
        return not self._last and (self._begun == 0 or bool(self._following))

    def _has_room(self) -> bool:
        return not self.scopes

    def _names(self, index: int) -> dict[str, Any]:
        return {"item": self._following, "index": index}

    def _take(self, scope: Scope, result: Any) -> None:
        following = scope.render(self.step.next, result=result) if self.step.next else None
        self._results[scope.index] = result
        self._following = following
        if following and self._begun >= self.step.maximum:
            self.failure = _too_many(self.step, f"more than {self._begun:,} pages")

    def _fail(self, index: int, failure: Failure) -> None:
        super()._fail(index, failure)
        self._last = True  # where the next page is, only this one could have said


class _Loop(Passes):
    """A loop: one pass after the other, until an expression holds."""

    step: LoopStep
    _held = False

    def _more(self) -> bool:
        return not self._held and self._begun < self.step.maximum

    def _has_room(self) -> bool:
        return not self.scopes

    def _names(self, index: int) -> dict[str, Any]:
        return {"index": index, "last": self._following}

    def _take(self, scope: Scope, result: Any) -> None:
        until = self.step.until
        self._held = until is not None and bool(scope.render(until, result=result))
        self._following = result
        if until is not None and not self._held and not self._more() and self.step.on_maximum == "fail":
            self.failure = Failure(
                kind="loop-exhausted",
                message=f"After {self._begun:,} passes the condition of {self.step.id} still does not hold",
                hint="Raise its maximum, or let it go on when it is reached.",
            )

    def _fail(self, index: int, failure: Failure) -> None:
        self.failure = _of_pass(self.step, index, failure)

    def _output(self) -> Any:
        return self._following


def _of_pass(step: Container, index: int, failure: Failure) -> Failure:
    """Return why a container fails, when a pass of it did."""
    return failure.model_copy(update={"message": f"In pass {index + 1} of {step.id}: {failure.message}"})
