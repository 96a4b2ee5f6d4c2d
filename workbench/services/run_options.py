"""What may be said of a run when it is started, beside what runs: how urgent it is, when it must be done,
what it may spend, how it is found again, and what made it start.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from engine.contracts import Budget
from engine.errors import Problem
from engine.graph import Limits
from workbench.db.json_text import dumps, text_of
from workbench.errors import Invalid

TriggerType = Literal["manual", "api", "webhook", "schedule", "workflow_end", "subworkflow", "fork"]

MOST_LABELS = 20
LONGEST_VALUE = 200
LONGEST_KEY = 200
LONGEST_DEADLINE_S = 10 * 366 * 86_400
PRIORITIES = range(1, 6)
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True)
class Trigger:
    """What made a run start; `id` names it where there are several: a webhook, a schedule, another run.

    `request` is what tells a request from another under the same idempotency key, where it is not what will
    run and its inputs: those are made of the request, and of the time at which it came. `run_id` is the run
    whose end it was, `waiter` the Temporal workflow that is to be told of the new run's end.
    """

    type: TriggerType = "manual"
    id: str | None = None
    request: str | None = None
    run_id: str | None = None
    waiter: str | None = None


@dataclass(frozen=True)
class RunOptions:
    """What a caller may ask of a run. What is left out comes from the document's `limits`, if there.

    `priority` is Temporal's: 1 is served first, 5 last, 3 is the default. `deadline` is in seconds, or an
    aware instant: when it is reached, the run is cancelled with a failure of kind `deadline`.
    `idempotency_key`: a start with a key that this person used before gives the run of then. `labels` are
    found by `GET /runs?label=name:value`.
    """

    priority: int | None = None
    deadline: float | datetime | None = None
    budget: Budget | None = None
    idempotency_key: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


NOTHING_ASKED = RunOptions()
BY_HAND = Trigger()


def check(options: RunOptions, *, at: datetime) -> tuple[Problem, ...]:
    """Return everything that is wrong with the options of a run that starts `at`."""
    return tuple(_problems(options, at))


def deadline(options: RunOptions, limits: Limits, *, at: datetime) -> datetime | None:
    """Return when a run that starts `at` must have ended; None: whenever."""
    wanted = limits.deadline_s if options.deadline is None else options.deadline
    return wanted if wanted is None or isinstance(wanted, datetime) else at + timedelta(seconds=wanted)


def budget(options: RunOptions, limits: Limits) -> Budget | None:
    """Return what a run may spend: each limit that the caller gave, else the document's; None: no limit."""
    given = options.budget or Budget(on_reached=limits.on_reached)
    steps = limits.steps if given.steps is None else given.steps
    seconds = limits.seconds if given.seconds is None else given.seconds
    if steps is None and seconds is None:
        return None
    return Budget(steps=steps, seconds=seconds, on_reached=given.on_reached)


def labels_of(texts: Sequence[str]) -> dict[str, str]:
    """Return the labels that texts like `env:prod` stand for. Raises Invalid."""
    labels = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon or not name:
            problem = _problem("label", f"“{text[:80]}” is no label.", "Write name:value, such as env:prod.")
            raise Invalid("The labels cannot be read.", (problem,))
        labels[name] = value
    return labels


def request_hash(
    *, workflow_id: str, version: str | int | None, inputs: Mapping[str, Any], beginning: Any = None
) -> str:
    """Return what tells one request from another under the same idempotency key: SHA-256, in hex."""
    said = [workflow_id, version, _sorted(inputs), *([] if beginning is None else [_sorted(beginning)])]
    return hashlib.sha256(dumps(said)).hexdigest()


def _problems(options: RunOptions, at: datetime) -> Iterator[Problem]:
    if options.priority is not None and options.priority not in PRIORITIES:
        yield _problem("priority", "The priority is no number from 1 to 5.", "1 is served first, 5 last.")
    yield from _of_deadline(options.deadline, at)
    yield from _of_key(options.idempotency_key)
    if len(options.labels) > MOST_LABELS:
        yield _problem("labels", f"There are more than {MOST_LABELS} labels.", "Leave some out.")
    for name, value in options.labels.items():
        yield from _of_label(name, value)


def _of_deadline(wanted: float | datetime | None, at: datetime) -> Iterator[Problem]:
    hint = "Give seconds from now, or an instant with a time zone: 2030-01-31T18:00:00Z."
    if isinstance(wanted, datetime):
        if wanted.tzinfo is None:
            yield _problem("deadline", "The deadline has no time zone.", hint)
        elif wanted <= at:
            yield _problem("deadline", "The deadline has passed already.", hint)
        elif wanted > at + timedelta(seconds=LONGEST_DEADLINE_S):
            yield _problem("deadline", "The deadline is more than ten years away.", hint)
    elif wanted is not None and not 0 < wanted <= LONGEST_DEADLINE_S:
        yield _problem("deadline", "The deadline is no number of seconds above 0 and below ten years.", hint)


def _of_key(key: str | None) -> Iterator[Problem]:
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        message = f"The idempotency key is no printable text of 1 to {LONGEST_KEY} characters."
        yield _problem("idempotency_key", message, "A UUID is a good one.")


def _of_label(name: str, value: str) -> Iterator[Problem]:
    where = f"labels.{name[:63]}"
    if not _LABEL.fullmatch(name):
        hint = "Begin with a letter; then up to 62 letters, digits, dots, hyphens or underscores."
        yield _problem(where, f"“{name[:63]}” cannot be a label's name.", hint)
    if len(value) > LONGEST_VALUE or text_of(value) != value:
        message = f"The label's value is no text of at most {LONGEST_VALUE} characters."
        yield _problem(where, message, "Shorten it.")


def _problem(where: str, message: str, hint: str) -> Problem:
    return Problem(code="run-option", field=where, message=message, hint=hint)


def _sorted(value: Any) -> Any:
    """Return `value` with the keys of its objects in order: their order means nothing."""
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
