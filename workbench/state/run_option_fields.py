"""What may be asked of a run beside its inputs, as fields of the form that starts it, and back from text.

What an option may be is `workbench.services.run_options`' business; here text becomes options, and each
problem goes to its field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from engine.contracts import Budget
from engine.errors import Problem
from engine.graph import Limits
from workbench.errors import Invalid, KeyUsed
from workbench.services import run_options
from workbench.services.run_options import RunOptions
from workbench.state.run_inputs import InputField
from workbench.state.views import Choice

KEY = "idempotency_key"
_PREFIX = "option:"
USUAL = "3"
_PRIORITIES = (
    Choice("1", "1, served first"),
    Choice("2", "2"),
    Choice(USUAL, "3, as usual"),
    Choice("4", "4"),
    Choice("5", "5, served last"),
)
_ON_REACHED = (Choice("fail", "The run fails"), Choice("pause", "It waits to be allowed more"))
_POSITIVE = {
    "steps": "This must be a whole number above 0, such as 100.",
    "seconds": "This must be a number above 0, such as 60.",
}


@dataclass(frozen=True)
class AskedOptions:
    """What was typed: the options, as far as they could be read, and the fields with texts and errors."""

    options: RunOptions
    fields: tuple[InputField, ...]

    @property
    def ok(self) -> bool:
        """Return whether nothing is wrong with any field."""
        return not any(field.error for field in self.fields)


def fields_of(limits: Limits) -> tuple[InputField, ...]:
    """Return the fields, empty; what holds without them, the document's `limits`, stands in them faintly."""
    return (
        _field("labels", "Labels", "To find the run by, one a line.", "lines", placeholder="env:prod"),
        _field(KEY, "Idempotency key", "Used again, it gives the run of the first time."),
        _field(
            "deadline",
            "Deadline",
            "Seconds from now or an instant, such as 2030-01-31T18:00:00Z; then the run is cancelled.",
            placeholder=_faint(limits.deadline_s),
        ),
        _field("priority", "Priority", "Which of many runs goes on first.", value=USUAL, options=_PRIORITIES),
        _field("steps", "Most steps", "", "integer", placeholder=_faint(limits.steps)),
        _field("seconds", "Most seconds of work", "", "number", placeholder=_faint(limits.seconds)),
        _field("on_reached", "When these are used up", "", value=limits.on_reached, options=_ON_REACHED),
    )


def fill(limits: Limits, form: Mapping[str, Any], *, at: datetime) -> AskedOptions:
    """Return what `form` (field name to text) asks of a run that starts `at`."""
    fields = tuple(
        replace(field, value=str(form.get(field.name) or "").strip()) for field in fields_of(limits)
    )
    text = {field.name.removeprefix(_PREFIX): field.value for field in fields}
    labels, wrong_labels = _labels(text["labels"])
    deadline, wrong_deadline = _deadline(text["deadline"])
    budget, wrong_budget = _budget(limits, text)
    options = RunOptions(
        priority=_priority(text["priority"]),
        deadline=deadline,
        budget=budget,
        idempotency_key=text[KEY] or None,
        labels=labels,
    )
    wrong = (*wrong_labels, *wrong_deadline, *wrong_budget, *run_options.check(options, at=at))
    return AskedOptions(options, with_problems(fields, wrong))


def with_problems(fields: Sequence[InputField], problems: Sequence[Problem]) -> tuple[InputField, ...]:
    """Return the fields, each with what is wrong with it."""
    said: dict[str, list[str]] = {}
    for problem in problems:
        name = (problem.field or "").partition(".")[0]
        said.setdefault(f"{_PREFIX}{name}", []).append(f"{problem.message} {problem.hint}".rstrip())
    return tuple(replace(field, error="\n".join(said.get(field.name, ()))) for field in fields)


def with_key_used(fields: Sequence[InputField], error: KeyUsed) -> tuple[InputField, ...]:
    """Return the fields, the key's with the word that it was used for something else."""
    return with_problems(fields, [_problem(KEY, str(error))])


def _field(
    name: str,
    title: str,
    description: str,
    kind: str = "text",
    *,
    placeholder: str = "",
    value: str = "",
    options: tuple[Choice, ...] = (),
) -> InputField:
    return InputField(
        name=f"{_PREFIX}{name}",
        title=title,
        description=description,
        kind="select" if options else kind,
        required=True,  # none is, which need not be said of each
        value=value,
        placeholder=placeholder,
        options=options,
    )


def _faint(limit: float | None) -> str:
    return "no limit" if limit is None else f"{limit:g}"


def _priority(text: str) -> int | None:
    return int(text) if text.isdecimal() and text != USUAL else None


def _labels(text: str) -> tuple[dict[str, str], tuple[Problem, ...]]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    try:
        labels = run_options.labels_of(lines)
    except Invalid as error:
        return {}, tuple(problem.model_copy(update={"field": "labels"}) for problem in error.problems)
    return {name.strip(): value.strip() for name, value in labels.items()}, ()


def _deadline(text: str) -> tuple[float | datetime | None, tuple[Problem, ...]]:
    for read in (float, datetime.fromisoformat):
        try:
            return (read(text) if text else None), ()
        except ValueError:
            continue
    message, hint = "This is neither a number nor an instant.", "Write 600, or 2030-01-31T18:00:00Z."
    return None, (_problem("deadline", message, hint),)


def _budget(limits: Limits, text: Mapping[str, str]) -> tuple[Budget | None, tuple[Problem, ...]]:
    given = {name: text[name] for name in ("steps", "seconds") if text[name]}
    on_reached = text["on_reached"] or limits.on_reached
    if not given and on_reached == limits.on_reached:
        return None, ()
    try:
        return Budget.model_validate({**given, "on_reached": on_reached}), ()
    except ValidationError as error:
        names = [str(one["loc"][0]) for one in error.errors()]
        return None, tuple(_problem(name, _POSITIVE[name]) for name in names)


def _problem(field: str, message: str, hint: str = "") -> Problem:
    return Problem(code="run-option", field=field, message=message, hint=hint)
