"""Steps under way: each is a task of its own that lands with a result, whatever becomes of it."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from structlog.contextvars import bound_contextvars
from temporalio import workflow

from engine.contracts import ActivityStep, NodeRecord, NodeResult, Step, SubworkflowStep, Waiting, place
from engine.errors import Failure
from engine.workflows import inline


@dataclass(frozen=True, slots=True)
class _Flight:
    step: Step
    scope: str
    task: asyncio.Task[None]
    started_at: datetime
    waiting: Waiting | None
    paused: NodeRecord | None
    carried: tuple[NodeRecord, ...]

    def cancelled(self, at: datetime) -> NodeRecord:
        """Cancel the work; return the step's last record."""
        self.task.cancel()
        return NodeRecord(
            node_id=self.step.id,
            scope=self.scope,
            status="cancelled",
            started_at=self.started_at,
            finished_at=at,
        )


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A cancelled step: its last record, and the records that it was given and may not have written."""

    record: NodeRecord
    carried: tuple[NodeRecord, ...]


class Flights:
    """Every step under way by its place, how many are activities, and the results that have landed."""

    def __init__(self) -> None:
        self.activities = 0
        self.groups: Counter[str] = Counter()
        self._calls = 0
        self._flights: dict[str, _Flight] = {}
        self._landed: deque[NodeResult] = deque()

    def __bool__(self) -> bool:
        """Whether any step is under way, or has landed and was not taken yet."""
        return bool(self._flights)

    @property
    def at_work(self) -> bool:
        """Whether anything is done, here or in a sub-workflow, rather than waited for."""
        return self.activities > 0 or self._calls > 0

    def start(
        self,
        step: Step,
        work: Coroutine[Any, Any, NodeResult],
        *,
        scope: str = "",
        started_at: datetime,
        waiting: Waiting | None = None,
        paused: NodeRecord | None = None,
        carried: tuple[NodeRecord, ...] = (),
    ) -> None:
        """Let a step's work go on by itself; a fault in it fails the step.

        `waiting` is what a wait carries over, `paused` the record of a step that waits for a decision;
        `carried` are records that an activity was given to write.
        """

        at = place(scope, step.id)

        async def fly() -> None:
            try:
                result = await work
            except Exception as error:
                if self._flights.get(at) is not flight:
                    return  # it was given up: the SDK raises its own errors for some work that is cancelled
                with bound_contextvars(node_id=at):
                    workflow.logger.exception("The step failed by a fault")
                record = inline.failed(step, fault(error), workflow.now(), started_at)
                result = NodeResult(record=record.model_copy(update={"scope": scope}), recorded=False)
            self._landed.append(result)

        flight = _Flight(step, scope, asyncio.create_task(fly()), started_at, waiting, paused, carried)
        self._count(flight, 1)
        self._flights[at] = flight

    async def landing(self, *or_when: Callable[[], bool]) -> list[NodeResult]:
        """Wait until something lands, or something else is so; return all that has landed."""
        await workflow.wait_condition(lambda: bool(self._landed) or any(so() for so in or_when))
        results = list(self._landed)
        self._landed.clear()
        for result in results:
            flight = self._flights.pop(result.record.place)
            self._count(flight, -1)
        return results

    def _count(self, flight: _Flight, by: int) -> None:
        if flight.paused is None:
            if isinstance(flight.step, ActivityStep) and flight.step.slots:
                self.groups[flight.step.slots.group] += by
            self.activities += by * isinstance(flight.step, ActivityStep)
            self._calls += by * isinstance(flight.step, SubworkflowStep)

    def waiting(self, scope: str) -> dict[str, Waiting]:
        """Return the steps of a scope that wait for an instant or an event."""
        return {
            flight.step.id: flight.waiting
            for flight in self._flights.values()
            if flight.waiting and flight.scope == scope
        }

    def inside(self, scope: str) -> list[str]:
        """Return the nodes of a scope that are under way."""
        return [flight.step.id for flight in self._flights.values() if flight.scope == scope]

    def paused(self, scope: str) -> dict[str, NodeRecord]:
        """Return the steps of a scope that wait for a decision."""
        return {
            flight.step.id: flight.paused
            for flight in self._flights.values()
            if flight.paused and flight.scope == scope
        }

    def carried(self) -> list[NodeRecord]:
        """Return the records given to activities that may not have written them."""
        return [record for flight in self._flights.values() for record in flight.carried]

    @property
    def some_landed(self) -> bool:
        """Whether any step has come to a result that was not taken yet."""
        return bool(self._landed)

    def landed(self, at_place: str) -> bool:
        """Whether a step has come to a result that was not taken yet."""
        return any(result.record.place == at_place for result in self._landed)

    def abandon_all(self, scope: str, at: datetime) -> list[Abandoned]:
        """Cancel the steps of a scope that are under way and have not landed."""
        places = [found for found, flight in self._flights.items() if flight.scope == scope]
        return [abandoned for found in places if (abandoned := self.abandon(found, at))]

    def abandon(self, at_place: str, at: datetime) -> Abandoned | None:
        """Cancel a step that is under way and has not landed; None for any other."""
        if at_place not in self._flights or self.landed(at_place):
            return None
        flight = self._flights.pop(at_place)
        self._count(flight, -1)
        return Abandoned(flight.cancelled(at), flight.carried)

    def stop(self, at: datetime) -> list[NodeRecord]:
        """Cancel what is under way; return its last records, of what has just landed as well."""
        last = [flight.cancelled(at) for flight in self._flights.values()]
        return [*last, *(result.record for result in self._landed)]


def fault(error: Exception) -> Failure:
    """Return what a person is told of an error that nobody foresaw."""
    return Failure(
        kind="internal",
        message=f"{type(error).__name__}: {error}",
        hint="This is a fault of the workbench; see its log.",
    )
