"""Waiting for events: a wait is made known once, then costs nothing until a signal or its timer wakes it."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta

from temporalio import workflow

from engine import expressions
from engine.contracts import (
    Arrival,
    Event,
    EventWait,
    Found,
    NodeRecord,
    NodeResult,
    Waiting,
    WaitStep,
    place,
)
from engine.errors import ExpressionError, Failure
from engine.nodes.wait_for_event import identity
from engine.workflows import calls, inline
from engine.workflows.delays import Begun
from engine.workflows.scopes import Scope

TIMEOUT = ("timeout",)


def _wait(run_id: str, step: WaitStep, scope: Scope, now: datetime) -> tuple[EventWait, Waiting]:
    """Return what a step waits for, and since and until when, be it from before the run continued as new."""
    name, key = identity(scope.render(step.event), scope.render(step.key))
    waiting = scope.carried.waiting.get(step.id)
    waiting = waiting or Waiting(started_at=now, until=_until(step, scope, now))
    wait = EventWait(
        run_id=run_id,
        scope=scope.path,
        node_id=step.id,
        name=name,
        key=key,
        data_schema=step.data_schema,
        until=waiting.until,
    )
    return wait, waiting


def _until(step: WaitStep, scope: Scope, now: datetime) -> datetime | None:
    limit = scope.render(step.timeout_s)
    if limit is None:
        return None
    return now + timedelta(seconds=inline.seconds(step.id, "timeout_s", limit))


def _record(wait: EventWait, waiting: Waiting) -> NodeRecord:
    """Return the record of a step that waits: its output tells for what."""
    until = wait.until and wait.until.isoformat()
    return NodeRecord(
        node_id=wait.node_id,
        scope=wait.scope,
        status="waiting",
        started_at=waiting.started_at,
        output={"event": wait.name, "key": wait.key, "until": until},
    )


class Waits:
    """The events that a run was told of, and the steps that wait for them, by the steps' places."""

    def __init__(self) -> None:
        self._arrived: dict[str, Event] = {}
        self._expected: dict[str, asyncio.Future[None]] = {}
        self._registered: set[str] = set()
        self._asking = 0

    def begin(self, run_id: str, step: WaitStep, scope: Scope) -> Begun:
        """Let a step wait; ExpressionError or NodeFailed when its settings give nothing to wait for."""
        wait, waiting = _wait(run_id, step, scope, workflow.now())
        return Begun(_record(wait, waiting), waiting, self._result(step, wait, waiting))

    def bring(self, arrival: Arrival) -> None:
        """Take note of an event; the first that is brought for a step is the one that counts."""
        self._bring(place(arrival.scope, arrival.node_id), arrival.event)

    def carry_on(self, arrived: Mapping[str, Event]) -> None:
        """Take over what had been brought when the run continued as new."""
        for at, event in arrived.items():
            self._bring(at, event)

    def _bring(self, at: str, event: Event) -> None:
        self._arrived.setdefault(at, event)
        expected = self._expected.get(at)
        if expected is not None and not expected.done():
            expected.set_result(None)

    def carried(self, waiting: Mapping[str, Waiting], scope: str) -> dict[str, Waiting]:
        """Return the waits of a scope with what the next execution needs to know of them."""
        return {
            node_id: wait.model_copy(update={"registered": place(scope, node_id) in self._registered})
            for node_id, wait in waiting.items()
        }

    def arrived(self) -> dict[str, Event]:
        """Return what was brought for steps that wait and was not taken yet."""
        return {at: event for at, event in self._arrived.items() if at in self._registered}

    async def asked(self) -> None:
        """Wait until nothing is asked of the inbox: an answer cannot come once the run continues as new."""
        while self._asking:
            await workflow.wait_condition(lambda: not self._asking)

    async def _ask(self, question: Awaitable[Found]) -> Event | None:
        self._asking += 1
        try:
            return (await question).event
        finally:
            self._asking -= 1

    async def _result(self, step: WaitStep, wait: EventWait, waiting: Waiting) -> NodeResult:
        """Wait until the event is there or the time is over."""
        at = place(wait.scope, wait.node_id)
        try:
            event = await self._event(at, wait, waiting)
        finally:
            self._registered.discard(at)
            self._expected.pop(at, None)
        self._arrived.pop(at, None)
        settled = _settled(step, event, waiting).model_copy(update={"scope": wait.scope})
        return NodeResult(record=settled, recorded=False)

    async def _event(self, at: str, wait: EventWait, waiting: Waiting) -> Event | None:
        if not waiting.registered:
            found = await self._ask(calls.await_event(wait))
            if found:
                return found
        self._registered.add(at)
        if at not in self._arrived:
            self._expected[at] = asyncio.Future()
            try:
                await asyncio.wait_for(self._expected[at], _left(wait))
            except TimeoutError:
                return self._arrived.get(at) or await self._ask(calls.stop_waiting(wait))
        return self._arrived[at]


def _left(wait: EventWait) -> float | None:
    return None if wait.until is None else max((wait.until - workflow.now()).total_seconds(), 0)


def _settled(step: WaitStep, event: Event | None, waiting: Waiting) -> NodeRecord:
    now, started_at = workflow.now(), waiting.started_at
    if event is None:
        return inline.succeeded(step, now, output=None, ports=TIMEOUT, started_at=started_at)
    try:
        expressions.bounded(event.data)
    except ExpressionError as error:
        return inline.failed(step, Failure(kind="event-unfit", message=str(error)), now, started_at)
    return inline.succeeded(step, now, output=event.data, started_at=started_at)
