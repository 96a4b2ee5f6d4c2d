"""Maps and loops that go on where an older run had come to: what is known of their passes, and what is left.

What a pass gave is taken from the container's output. What only the pass itself knew (what a loop's next pass
begins with, where the next page is, and everything where a container was cancelled and so put nothing out)
is evaluated again from its records, as the run had done. An older run that itself went on from another has
no records of the passes before: of those it knows what it began with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from engine import expressions
from engine.contracts import Container, ContainerState, ItemFailure, LoopStep, MapStep, Plan, place
from engine.errors import ExpressionError, Failure
from workbench.db import passes, seeds
from workbench.db import runs as queries
from workbench.db.tables import NodeRunRow, RunRow
from workbench.errors import Conflict
from workbench.services import values
from workbench.services.beginnings import Onward

MOST = 500
"""Passes that are read at a time."""


async def state(
    session: AsyncSession, old: RunRow, plan: Plan, step: Container, how: Onward
) -> ContainerState | None:
    """Return what the container begins with; None where it begins afresh.

    Raises Conflict when the older run does not know what is needed.
    """
    if how.kind == "restart" and how.at == 0:
        return None
    row = await queries.node(session, old.id, step.id)
    if row is None or row.status not in queries.NODE_SETTLED:
        raise Conflict(f"{step.id!r} did not come to an end in the older run; run it again as a whole.")
    undoing = [other.id for other in plan.compensations.values()]
    output, began = await values.whole(row), await _began(session, old, step)
    before = _Before(session, old, step, row, output, began, undoing)
    if isinstance(step, LoopStep):
        await before.require(how.at)
        return ContainerState(
            started_at=old.created_at, begun=how.at, following=await before.result(how.at - 1)
        )
    return await (_retried(before) if how.kind == "retry" else _restarted(before, how.at))


async def _began(session: AsyncSession, old: RunRow, step: Container) -> ContainerState:
    """Return what the container began with in the older run."""
    row = await seeds.get(session, old.id)
    found = (row.containers or {}).get(step.id) if row else None
    return ContainerState.model_validate(found) if found else ContainerState(started_at=old.created_at)


async def _retried(before: "_Before") -> ContainerState | None:
    known = await before.known()
    if not known.failures:
        raise Conflict(f"No item of {before.step.id!r} failed.")
    if _over_pages(before.step):
        at = min(known.failures)
        return await _restarted(before, at) if at else None
    return ContainerState(started_at=before.old.created_at, results=known.results)


async def _restarted(before: "_Before", at: int) -> ContainerState:
    if _over_pages(before.step):
        await before.require(at)
    known = await before.known()
    results = {index: one for index, one in known.results.items() if index < at}
    failures = {index: one for index, one in known.failures.items() if index < at and before.goes_on}
    if known.size is not None and at >= known.size:
        raise _no_pass(before.step, at)
    missing = next((index for index in range(at) if index not in results and index not in failures), None)
    if missing is not None:
        raise _no_result(before.step, missing)
    if not _over_pages(before.step):
        given = tuple(failures[index] for index in sorted(failures))
        return ContainerState(started_at=before.old.created_at, results=results, failures=given)
    following = await before.next(at - 1, results)
    return ContainerState(started_at=before.old.created_at, begun=at, following=following, results=results)


def _no_pass(step: Container, index: int) -> Conflict:
    return Conflict(f"The older run has no pass {index + 1} of {step.id!r}.")


def _no_result(step: Container, index: int) -> Conflict:
    return Conflict(
        f"Pass {index + 1} of {step.id!r} gave no result in the older run; begin at that one, or before it."
    )


def _over_pages(step: Container) -> bool:
    return isinstance(step, MapStep) and step.items is None


@dataclass(frozen=True)
class _Known:
    """What came of the passes, by their number. `size` is how many there are in all, None of pages."""

    results: dict[int, Any] = field(default_factory=dict)
    failures: dict[int, ItemFailure] = field(default_factory=dict)
    size: int | None = None


class _Before:
    """What the older run knows of one container; `undoing` are the nodes that undo others."""

    def __init__(
        self,
        session: AsyncSession,
        old: RunRow,
        step: Container,
        row: NodeRunRow,
        output: Any,
        began: ContainerState,
        undoing: Sequence[str],
    ) -> None:
        self._session = session
        self._row = row
        self._began = began
        self.old = old
        self.step = step
        self._output = output
        self._outside: dict[str, Any] | None = None
        going_on = [step.id for step in step.body.steps if step.on_error == "continue"]
        self._body = passes.Body(
            steps=len(step.body.steps),
            going_on=going_on,
            over=True,
            cut_at=None if row.status == "succeeded" else row.finished_at,
            beside=undoing,
        )

    @property
    def goes_on(self) -> bool:
        """Whether the container goes on when a pass fails."""
        return isinstance(self.step, MapStep) and self.step.on_item_error != "fail"

    async def require(self, at: int) -> None:
        """Raise Conflict unless the older run had a pass `at`, and the one before it came to a result.

        One that was cancelled may have been about to begin it.
        """
        found = {row["index"]: row["status"] for row in await self._page(at - 2, limit=2)}
        if at != self._began.begun and at - 1 not in found:
            raise _no_pass(self.step, at - 1)
        if at != self._began.begun and found[at - 1] != "succeeded":
            raise _no_result(self.step, at - 1)
        if at not in found and self._row.status != "cancelled":
            raise _no_pass(self.step, at)

    async def known(self) -> _Known:
        """Return what came of the passes of a map, from its output or else from their records."""
        return await (self._told() if isinstance(self._output, dict) else self._rebuilt())

    async def _told(self) -> _Known:
        assert isinstance(self.step, MapStep)
        given = self._output.get("results", [])
        failures = {one["index"]: ItemFailure.model_validate(one) for one in self._output.get("failures", [])}
        size = len(given) + (len(failures) if self.step.on_item_error == "skip" else 0)
        size_of = None if _over_pages(self.step) else size
        if self.step.on_item_error == "skip":
            places = (at for at in range(size) if at not in failures)
            return _Known(dict(zip(places, given, strict=True)), failures, size_of)
        known = {at: one for at, one in enumerate(given) if at not in failures}
        if self.step.on_item_error == "collect" or self._row.status == "succeeded":
            return _Known(known, failures, size_of)
        ended = self._began.results.keys() | (await self._ended() if None in known.values() else set())
        results = {at: one for at, one in known.items() if one is not None or at in ended}
        return _Known(results, failures, size_of)

    async def _ended(self) -> set[int]:
        """Return the passes in which all steps ended well: of those a result may be null."""
        found: set[int] = set()
        after = -1
        while rows := await self._page(after, status="succeeded"):
            found |= {row["index"] for row in rows}
            after = max(found)
        return found

    async def _rebuilt(self) -> _Known:
        """Return what came of the passes that had ended when the map was cancelled."""
        assert isinstance(self.step, MapStep)
        items = None if _over_pages(self.step) else await self._items()
        known = _Known(dict(self._began.results), size=None if items is None else len(items))
        known.failures.update({failure.index: failure for failure in self._began.failures})
        after, page = self._began.begun - 1, self._began.following
        while rows := await self._page(after):
            after = rows[-1]["index"]
            ended = [row for row in rows if row["status"] in ("succeeded", "failed")]
            inside = await self._inside([row["index"] for row in ended])
            for row in ended:
                index = row["index"]
                names = {"index": index, "item": page if items is None else items[index]}
                if row["status"] == "failed":
                    failure = Failure.model_validate(row["error"])
                    known.failures[index] = ItemFailure(index=index, item=names["item"], error=failure)
                    continue
                views = {**inside[index], self.step.id: names}
                known.results[index] = result = await self._render(self.step.body.result, views, names)
                if items is None:
                    page = await self._render(self.step.next, views, {**names, "result": result})
        return known

    async def _items(self) -> Sequence[Any]:
        assert isinstance(self.step, MapStep)
        items = await self._render(self.step.items, {}, {})
        if not isinstance(items, list | tuple):
            raise Conflict(f"{self.step.id!r} had no items in the older run; run it again as a whole.")
        return items

    async def _page(
        self, after: int, *, status: str | None = None, limit: int = MOST
    ) -> Sequence[RowMapping]:
        prefix = f"{self.step.id}/"
        return await passes.page(
            self._session, self.old.id, prefix, self._body, after=after, status=status, limit=limit
        )

    async def _inside(self, indices: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return what expressions see of the nodes in these passes."""
        scopes = {place(self.step.id, str(index)): index for index in indices}
        found: dict[int, dict[str, Any]] = {index: {} for index in indices}
        for row in await passes.whole_nodes(self._session, self.old.id, list(scopes)):
            found[scopes[row.scope]][row.node_id] = await _view(row)
        return found

    async def result(self, index: int) -> Any:
        """Return what a pass of a loop gave; what it read of the passes before is evaluated as well."""
        if index == self._began.begun - 1:
            return self._began.following
        first = self._first(index, self.step.body.result, "last")
        last = await self._initial() if first == 0 else self._began.following
        for at in range(first, index + 1):
            last = await self._evaluate(self.step.body.result, at, {"index": at, "last": last})
        return last

    async def next(self, index: int, results: Mapping[int, Any]) -> Any:
        """Return what the pass after `index` of a map over pages begins with."""
        assert isinstance(self.step, MapStep)
        if index == self._began.begun - 1:
            return self._began.following
        item = self._began.following
        for at in range(self._first(index, self.step.next, "item"), index + 1):
            names = {"index": at, "item": item}
            item = await self._evaluate(self.step.next, at, names, result=results[at])
        return item

    def _first(self, index: int, value: Any, name: str) -> int:
        """Return the pass from which on `value` is evaluated to know it of pass `index`.

        That is the first one of the older run where it reads by `name` what the pass before it came to.
        """
        paths = expressions.references(value)
        reads = any(path[0] == name or path[:3] == ("nodes", self.step.id, name) for path in paths)
        return min(self._began.begun, index) if reads else index

    async def _evaluate(self, value: Any, index: int, names: dict[str, Any], **more: Any) -> Any:
        views = (await self._inside([index]))[index]
        if not views:
            raise _no_pass(self.step, index)
        return await self._render(value, {**views, self.step.id: names}, {**names, **more})

    async def _initial(self) -> Any:
        return await self._render(self.step.initial, {}, {}) if isinstance(self.step, LoopStep) else None

    async def _render(self, value: Any, nodes: dict[str, Any], names: dict[str, Any]) -> Any:
        if self._outside is None:
            rows = await queries.whole_nodes(self._session, self.old.id)
            self._outside = {row.node_id: await _view(row) for row in rows if row.node_id != self.step.id}
        started_at = self.old.started_at.isoformat() if self.old.started_at else ""
        context = {
            "inputs": self.old.inputs,
            "run": {"id": self.old.id, "started_at": started_at},
            **names,
            "nodes": {**self._outside, **nodes},
        }
        try:
            return expressions.render(value, context)
        except ExpressionError as error:
            raise Conflict(f"What {self.step.id!r} had come to cannot be told: {error}") from error


async def _view(row: NodeRunRow) -> dict[str, Any]:
    return {"output": await values.whole(row), "status": row.status, "error": row.error}
