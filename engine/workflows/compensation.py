"""Undoing: when a run fails or is cancelled, what had succeeded is compensated, the last one first.

What is to be undone is known by its place, in the order of success across all passes of all containers, and
is undone in the scope in which it was done. A pass that has ended is gone by then, so what undoing reads of
it is kept: of each pass in which something can be undone, and of those around it. Others cost nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from temporalio import workflow

from engine import contracts, expressions
from engine.contracts import ActivityStep, NodeRecord, NodeResult, PassView, Plan, Step, TransformStep, place
from engine.errors import ExpressionError
from engine.workflows import inline, tasks
from engine.workflows.journal import Journal
from engine.workflows.line import Line
from engine.workflows.scopes import Scope

IN_PARTS = "undone-in-parts"
"""The patch by which much that is to be undone is written, and carried over, before all of it is."""


class Deeds:
    """What was done in this run and can be undone.

    - `_places`: where it was done, in the order of success;
    - `_open`: the passes under way in which there is such a thing, or in a pass inside of them;
    - `_passes`: what is kept of those that have ended, or were under way when the run continued as new.
    """

    def __init__(self, plan: Plan, root: Scope, carried: contracts.Deeds | None) -> None:
        self._root = root
        self._steps = plan.compensations
        self._nodes, self._names = _read(plan.compensations.values())
        if carried is None:  # a run that begins, or has known only of its own scope until now
            settled = (record for record in root.settled.values() if self._counts(record))
            carried = contracts.Deeds(places=tuple(record.place for record in settled))
        self._places = list(carried.places)
        self._passes = dict(carried.passes)
        self._open: dict[str, Scope] = {}

    def add(self, scope: Scope, record: NodeRecord) -> None:
        """Take note of a step that was settled in a scope."""
        if not self._steps:
            return
        if scope.path in self._passes:  # it went on after the run continued as new
            self._open[scope.path] = scope
        if self._counts(record):
            self._places.append(place(scope.path, record.node_id))
            self._follow(scope)

    def add_late(self, scope: Scope | None, record: NodeRecord) -> None:
        """Take note of a step that had landed when the run was stopped, or (None) its pass was given up."""
        if scope is not None:
            scope.add(record)
            self.add(scope, record)
        elif record.scope in self._passes and self._counts(record):
            self._places.append(record.place)

    def close(self, scope: Scope, landing: Iterable[str]) -> None:
        """Keep what is needed of a pass that has ended; the steps `landing` may still turn out to be done."""
        if any(node_id in self._steps for node_id in landing):
            self._follow(scope)
        if scope.path in self._open:
            del self._open[scope.path]
            self._passes[scope.path] = self._view(scope)

    def state(self) -> contracts.Deeds:
        """Return what is carried over."""
        under_way = {path: self._view(scope) for path, scope in self._open.items()}
        return contracts.Deeds(places=tuple(self._places), passes={**self._passes, **under_way})

    async def undo(self, journal: Journal, line: Line, is_full: Callable[[], bool]) -> bool:
        """Undo one deed after the other; one that fails is recorded, and the others are undone all the same.

        Return whether that is all: with a full history, what is left is for the next execution of the run.
        """
        self._passes, self._open = dict(self.state().passes), {}
        while self._places:
            await self._undo(self._places.pop(), journal, line)
            if journal.full and workflow.patched(IN_PARTS):
                await journal.write()
            if self._places and is_full() and workflow.patched(IN_PARTS):
                return False
        return True

    async def _undo(self, at: str, journal: Journal, line: Line) -> None:
        path, _, node_id = at.rpartition("/")
        step, scope = self._steps[node_id], self._scope(path)
        result = await _result(step, scope, journal, line)
        record = result.record.model_copy(update={"scope": path})
        if result.recorded:
            journal.forget(record.place)
        else:
            journal.note(record, durable=isinstance(step, ActivityStep))
        scope.add(record)
        if path and step.id in self._nodes:
            known = self._passes[path]
            nodes = {**known.nodes, step.id: scope.view(step.id)}
            self._passes[path] = known.model_copy(update={"nodes": nodes})

    def _counts(self, record: NodeRecord) -> bool:
        """Whether a node did in this run what can be undone; what was taken from another is that one's."""
        return record.node_id in self._steps and record.status == "succeeded" and record.origin is None

    def _follow(self, scope: Scope) -> None:
        at: Scope | None = scope
        while at is not None and at.path and at.path not in self._open:
            self._open[at.path] = at
            at = at.parent

    def _view(self, scope: Scope) -> PassView:
        container = _container(scope.path)
        names = scope.view(container)
        read = (
            names
            if container in self._nodes
            else {name: names[name] for name in names if name in self._names}
        )
        settled = (node_id for node_id in scope.settled if node_id in self._nodes)
        return PassView(names=read, nodes={node_id: scope.view(node_id) for node_id in settled})

    def _scope(self, path: str) -> Scope:
        """Return the scope in which something was done, as far as undoing reads it."""
        if not path:
            return self._root
        context = dict(self._root.context)
        nodes = {
            node_id: self._root.view(node_id) for node_id in self._nodes if node_id in self._root.settled
        }
        for around in _passes_of(path):
            known = self._passes[around]
            context |= known.names
            nodes |= {_container(around): known.names, **known.nodes}
        return Scope((), None, context=context, views=nodes, path=path)


def _read(steps: Iterable[Step]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the nodes, and the other names, that these steps read."""
    paths = {path for step in steps for path in expressions.references(_settings(step))}
    nodes = {str(path[1]) for path in paths if path[0] == "nodes" and len(path) > 1}
    return frozenset(nodes), frozenset(str(path[0]) for path in paths if path[0] != "nodes")


def _settings(step: Step) -> Any:
    match step:
        case ActivityStep():
            return step.config
        case TransformStep():
            return step.value
        case _:
            raise TypeError(f"step {step.id} of type {step.type} cannot undo anything")


def _container(path: str) -> str:
    """Return the container of a pass."""
    return path.split("/")[-2]


def _passes_of(path: str) -> Iterator[str]:
    """Yield the paths of a pass and of those around it, from the outside."""
    parts = path.split("/")
    for end in range(2, len(parts) + 1, 2):
        yield "/".join(parts[:end])


async def _result(step: Step, scope: Scope, journal: Journal, line: Line) -> NodeResult:
    now = workflow.now()
    if not isinstance(step, ActivityStep):
        return NodeResult(record=inline.evaluate(step, scope.context, scope.settled, now), recorded=False)
    try:
        task = tasks.task(step, scope, journal, now)
    except ExpressionError as error:
        return NodeResult(record=inline.failed(step, inline.reason(error), now), recorded=False)
    return await tasks.done(step, task, journal, now, line)
