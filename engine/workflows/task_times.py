"""When something happens to a task by itself: instants, and what only working hours can make one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

from engine import spans
from engine.contracts import HumanStep, Span, WorkingTimes
from engine.errors import ExpressionError
from engine.workflows import inline
from engine.workflows.scopes import Scope

MOST_REMINDERS = 10


class Times(TypedDict):
    """The times of a TaskOpening, as its keyword arguments."""

    due_at: datetime | None
    reminders: tuple[datetime, ...]
    escalate_at: datetime | None
    expires_at: datetime | None
    working: WorkingTimes | None


def of(step: HumanStep, scope: Scope, began: datetime) -> Times:
    """Return the times that a step's rules say, rendered; ExpressionError where one says none."""
    rules = step.rules

    def read(setting: str, value: Any) -> datetime | Span | None:
        return _moment(step.id, setting, value, began)

    due, escalate, expire = (
        read(setting, scope.render(getattr(rules, setting)))
        for setting in ("due_s", "escalate_s", "expire_s")
    )
    listed = scope.render(rules.remind_s)
    remind = [read("remind_s", one) for one in _list(step.id, listed)]
    working = WorkingTimes(
        hours=rules.working_hours,
        due=_span(due),
        reminders=tuple(one for one in remind if isinstance(one, Span)),
        escalate=_span(escalate),
        expire=_span(expire),
    )
    asked = working.due or working.reminders or working.escalate or working.expire
    return Times(
        due_at=_instant(due),
        reminders=tuple(sorted(one for one in remind if isinstance(one, datetime))),
        escalate_at=_instant(escalate),
        expires_at=_instant(expire),
        working=working if asked else None,
    )


def _list(node_id: str, value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        return (value,)
    if len(value) > MOST_REMINDERS:
        raise ExpressionError(f"remind_s of {node_id} may name {MOST_REMINDERS} times")
    return value


def _moment(node_id: str, setting: str, value: Any, began: datetime) -> datetime | Span | None:
    """Return the instant that a setting's value says, or the working time that it takes."""
    if value is None or value == "":
        return None
    try:
        said = spans.span(value) if isinstance(value, str) else None
    except ValueError:
        said = None
    if said and said.working:
        return said
    seconds = said.seconds if said else inline.seconds(node_id, setting, value)
    return began + timedelta(seconds=seconds)


def _span(moment: datetime | Span | None) -> Span | None:
    return moment if isinstance(moment, Span) else None


def _instant(moment: datetime | Span | None) -> datetime | None:
    return moment if isinstance(moment, datetime) else None
