"""The options of a run as a form: what is read of the texts, and where each problem is shown."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.contracts import Budget
from engine.graph import Limits
from workbench.errors import KeyUsed
from workbench.services.run_options import NOTHING_ASKED, RunOptions
from workbench.state.run_option_fields import AskedOptions, fields_of, fill, with_key_used

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def filled(limits: Limits | None = None, **texts: str) -> AskedOptions:
    form: dict[str, Any] = {f"option:{name}": text for name, text in texts.items()}
    return fill(limits or Limits(), form, at=NOW)


def errors(asked: AskedOptions) -> dict[str, str]:
    return {field.name.removeprefix("option:"): field.error for field in asked.fields if field.error}


def test_an_untouched_form_asks_for_nothing() -> None:
    start = {field.name: field.value for field in fields_of(Limits(steps=9, on_reached="pause"))}
    asked = fill(Limits(steps=9, on_reached="pause"), start, at=NOW)
    assert (asked.ok, asked.options) == (True, NOTHING_ASKED)


def test_every_option_is_read() -> None:
    asked = filled(
        labels="env:prod\n\nteam: blue ", priority="2", deadline="600", idempotency_key="k", steps="7"
    )
    assert asked.options == RunOptions(
        priority=2,
        deadline=600.0,
        budget=Budget(steps=7),
        idempotency_key="k",
        labels={"env": "prod", "team": "blue"},
    )


def test_what_happens_at_the_documents_limits_can_be_chosen_alone() -> None:
    asked = filled(Limits(steps=9), on_reached="pause")
    assert asked.options.budget == Budget(on_reached="pause")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("labels", "nonsense"),
        ("labels", "1st:x"),
        ("deadline", "soon"),
        ("deadline", "-1"),
        ("deadline", "2030-01-31T18:00:00"),
        ("deadline", "2029-12-31T18:00:00Z"),
        ("steps", "0"),
        ("steps", "1.5"),
        ("seconds", "inf"),
        ("seconds", "long"),
    ],
)
def test_a_problem_stands_at_its_field_and_the_text_stays(field: str, text: str) -> None:
    asked = filled(**{field: text})
    assert list(errors(asked)) == [field]
    assert text in [one.value for one in asked.fields]


def test_a_key_that_was_used_is_said_at_its_field() -> None:
    asked = filled(idempotency_key="k")
    fields = with_key_used(asked.fields, KeyUsed("The key was used."))
    assert errors(AskedOptions(asked.options, fields)) == {"idempotency_key": "The key was used."}
