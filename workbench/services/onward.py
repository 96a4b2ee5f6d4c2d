"""Maps and loops that go on where an older run had come to: what is known of their passes, and what is left.

What a pass gave is taken from the container's output. What only the pass itself knew (what a loop's next pass
begins with, where the next page is) is evaluated again from its records, as the run had done. An older run
that itself went on from another has no records of the passes before: of those it knows what it began with.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import expressions
from engine.contracts import Container, ContainerState, ItemFailure, LoopStep, MapStep, place
from engine.errors import ExpressionError
from workbench.db import passes, seeds
from workbench.db import runs as queries
from workbench.db.tables import NodeRunRow, RunRow
from workbench.errors import Conflict
from workbench.services import values
from workbench.services.beginnings import Onward

MOST = 1_000
"""Passes that are read at a time."""


async def state(session: AsyncSession, old: RunRow, step: Container, how: Onward) -> ContainerState | None:
    """Return what the container begins with; None where it begins afresh.

    Raises Conflict when the older run does not know what is needed.
    """
    if how.kind == "restart" and how.at == 0:
        return None
    row = await queries.node(session, old.id, step.id)
    if row is None or row.status not in queries.NODE_SETTLED:
        raise Conflict(f"{step.id!r} did not come to an end in the older run; run it again as a whole.")
    before = _Before(session, old, step, row, await values.whole(row), await _began(session, old, step))
    if isinstance(step, LoopStep):
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
    if not before.failures:
        raise Conflict(f"No item of {before.step.id!r} failed.")
    if _over_pages(before.step):
        at = min(before.failures)
        return await _restarted(before, at) if at else None
    return ContainerState(started_at=before.old.created_at, results=await before.results())


async def _restarted(before: "_Before", at: int) -> ContainerState:
    results = {index: one for index, one in (await before.results()).items() if index < at}
    failures = [failure for index, failure in sorted(before.failures.items()) if index < at]
    if not _over_pages(before.step):
        return ContainerState(started_at=before.old.created_at, results=results, failures=tuple(failures))
    if at - 1 not in results:
        raise Conflict(f"Pass {at} of {before.step.id!r} gave no result to go on from.")
    following = await before.next(at - 1, results)
    return ContainerState(started_at=before.old.created_at, begun=at, following=following, results=results)


def _over_pages(step: Container) -> bool:
    return isinstance(step, MapStep) and step.items is None


class _Before:
    """What the older run knows of one container."""

    def __init__(
        self,
        session: AsyncSession,
        old: RunRow,
        step: Container,
        row: NodeRunRow,
        output: Any,
        began: ContainerState,
    ) -> None:
        self._session = session
        self._succeeded = row.status == "succeeded"
        self._began = began
        self.old = old
        self.step = step
        self._output = output
        found = output.get("failures", []) if isinstance(output, dict) and isinstance(step, MapStep) else []
        self.failures = {one["index"]: ItemFailure.model_validate(one) for one in found}

    async def results(self) -> dict[int, Any]:
        """Return the results of the passes that came to one, by their number."""
        if not isinstance(self._output, dict) or not isinstance(self.step, MapStep):
            raise Conflict(f"{self.step.id!r} kept no results in the older run; run it again as a whole.")
        given = self._output.get("results", [])
        if self.step.on_item_error == "skip":
            places = (at for at in range(len(given) + len(self.failures)) if at not in self.failures)
            return dict(zip(places, given, strict=True))
        known = {at: one for at, one in enumerate(given) if at not in self.failures}
        if self.step.on_item_error == "collect" or self._succeeded:
            return known
        ended = self._began.results.keys() | (await self._ended() if None in known.values() else set())
        return {at: one for at, one in known.items() if one is not None or at in ended}

    async def _ended(self) -> set[int]:
        """Return the passes in which all steps ended well: of those a result may be null."""
        prefix = f"{self.step.id}/"
        steps = len(self.step.body.steps)
        going_on = [step.id for step in self.step.body.steps if step.on_error == "continue"]
        body = passes.Body(steps=steps, going_on=going_on, over=True, cut_at=None)
        found: set[int] = set()
        after = -1
        while rows := await passes.page(
            self._session, self.old.id, prefix, body, after=after, status="succeeded", limit=MOST
        ):
            found |= {row["index"] for row in rows}
            after = max(found)
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
        inside = await queries.whole_nodes(self._session, self.old.id, place(self.step.id, str(index)))
        if not inside:
            raise Conflict(f"The older run has no pass {index + 1} of {self.step.id!r}.")
        views = {row.node_id: await _view(row) for row in inside}
        return await self._render(value, {**views, self.step.id: names}, {**names, **more})

    async def _initial(self) -> Any:
        return await self._render(self.step.initial, {}, {}) if isinstance(self.step, LoopStep) else None

    async def _render(self, value: Any, nodes: dict[str, Any], names: dict[str, Any]) -> Any:
        outside = {
            row.node_id: await _view(row)
            for row in await queries.whole_nodes(self._session, self.old.id)
            if row.node_id != self.step.id
        }
        started_at = self.old.started_at.isoformat() if self.old.started_at else ""
        context = {
            "inputs": self.old.inputs,
            "run": {"id": self.old.id, "started_at": started_at},
            **names,
            "nodes": {**outside, **nodes},
        }
        try:
            return expressions.render(value, context)
        except ExpressionError as error:
            raise Conflict(f"What {self.step.id!r} had come to cannot be told: {error}") from error


async def _view(row: NodeRunRow) -> dict[str, Any]:
    return {"output": await values.whole(row), "status": row.status, "error": row.error}
