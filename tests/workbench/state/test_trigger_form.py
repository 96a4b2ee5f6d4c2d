"""Edits of triggers in the inspector: fields to values and back, and what a card says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine import compiler
from engine.graph import Document, Trigger
from workbench.services.triggers.states import TriggerState
from workbench.state import trigger_form
from workbench.state.form_fields import NodeField
from workbench.state.trigger_views import TriggerCard, cards
from workbench.state.views import Choice, ProblemView

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def added(kind: str) -> list[Trigger]:
    return trigger_form.add([], kind, SCHEMA)


def changed(kind: str, *edits: tuple[str, Any]) -> dict[str, Any]:
    """Return the settings of a new trigger after edits of its fields."""
    triggers = added(kind)
    for path, value in edits:
        triggers = trigger_form.change(triggers, 0, f"config.{path}", value)
    return triggers[0].config


def shown(trigger: Trigger, *problems: ProblemView) -> dict[str, NodeField]:
    often, seldom = trigger_form.fields_of(trigger, "triggers.0", problems, [Choice("w1", "Import")])
    return {field.path.removeprefix("config."): field for field in (*often, *seldom)}


def card(*triggers: Trigger, state: TriggerState | None = None) -> TriggerCard:
    document = Document(name="W", inputs=SCHEMA, triggers=list(triggers))
    problems = [ProblemView.of(problem) for problem in compiler.check(document)]
    return cards(document, problems, {state.id: state} if state else {}, [], base="http://here")[0]


def seen(**more: Any) -> TriggerState:
    values = {"id": "webhook", "type": "webhook", "enabled": True, "in_draft": True, "armed": True}
    return TriggerState.model_validate({**values, "changed": False, "version": 3, **more})


@pytest.mark.parametrize("kind", ["webhook", "schedule", "workflow_end"])
def test_a_new_trigger_has_a_free_id_and_settings_to_start_from(kind: str) -> None:
    two = trigger_form.add(added(kind), kind, SCHEMA)
    assert [trigger.id for trigger in two] == [kind, f"{kind}_2"]


def test_a_new_webhook_makes_the_inputs_that_a_run_needs_of_its_body() -> None:
    assert added("webhook")[0].inputs == {"name": "{{ trigger.body.name }}"}


@pytest.mark.parametrize(
    ("kind", "edits", "config"),
    [
        ("webhook", [("methods", "POST, PUT")], {"methods": ["POST", "PUT"]}),
        ("webhook", [("max_bytes", "20")], {"max_bytes": 20}),
        ("webhook", [("max_bytes", "20"), ("max_bytes", " ")], {}),
        ("webhook", [("idempotency_header", "")], {"idempotency_header": None}),
        (
            "webhook",
            [("check.kind", "token"), ("check.secret", "KEY")],
            {"check": {"kind": "token", "secret": "KEY"}},
        ),
        ("webhook", [("check.kind", "token"), ("check.kind", "none")], {"check": {"kind": "none"}}),
        (
            "webhook",
            [("answer.mode", "wait"), ("answer.body", '{"a": 1}'), ("answer.status", "201")],
            {"answer": {"mode": "wait", "body": {"a": 1}, "status": 201}},
        ),
        (
            "webhook",
            [("answer.mode", "wait"), ("answer.headers", [{"key": "X-A", "value": "b"}])],
            {"answer": {"mode": "wait", "headers": {"X-A": "b"}}},
        ),
        ("schedule", [("timing", "every_s"), ("every_s", "60")], {"every_s": 60}),
        ("schedule", [("timing", "every_s"), ("timing", "cron")], {"cron": "0 9 * * *"}),
        ("schedule", [("cron", "not yet")], {"cron": "not yet"}),
        ("workflow_end", [("statuses", "failed, ")], {"workflow": "", "statuses": ["failed"]}),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_settings(
    kind: str, edits: list[tuple[str, Any]], config: dict[str, Any]
) -> None:
    assert changed(kind, *edits) == config


def test_only_the_fields_that_matter_are_shown() -> None:
    plain = Trigger(id="a", type="webhook")
    signed = Trigger(id="a", type="webhook", config={"check": {"kind": "hmac", "secret": "KEY"}})
    assert "check.secret" not in shown(plain)
    assert shown(signed)["check.secret"].text == "KEY"
    assert shown(signed)["check.header"].text == "X-Hub-Signature-256"


def test_a_workflow_that_is_not_there_any_more_is_named() -> None:
    trigger = Trigger(id="a", type="workflow_end", config={"workflow": "w2"})
    assert shown(trigger)["workflow"].options[-1] == Choice("w2", "Unknown (w2)")


def test_inputs_are_rows_and_become_values_again() -> None:
    rows = [
        {"key": "name", "value": "{{ trigger.at }}"},
        {"key": "n", "value": "3"},
        {"key": "", "value": "x"},
    ]
    [trigger] = trigger_form.change(added("schedule"), 0, "inputs", rows)
    assert trigger.inputs == {"name": "{{ trigger.at }}", "n": 3}


def test_a_problem_stands_at_its_field() -> None:
    [trigger] = trigger_form.change(added("schedule"), 0, "config.cron", "61 * * * *")
    found = card(trigger)
    assert "59" in next(field.problem for field in found.fields if field.path == "config.cron")
    assert "name" in found.input_problem
    assert found.problem == ""


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (None, "draft"),
        (seen(armed=False), "draft"),
        (seen(), "armed"),
        (seen(paused=True), "paused"),
        (seen(pending=True), "pending"),
    ],
)
def test_a_card_says_whether_the_trigger_is_armed(state: TriggerState | None, expected: str) -> None:
    assert card(*added("webhook"), state=state).state == expected


def test_a_trigger_that_only_the_live_version_has_is_shown_too() -> None:
    found = cards(
        Document(name="W"), [], {"webhook": seen(address="/api/v1/hooks/x")}, [], base="http://here"
    )
    assert [(one.index, one.state, one.url) for one in found] == [(-1, "gone", "http://here/api/v1/hooks/x")]


def test_times_are_those_of_the_schedules_own_clock() -> None:
    [trigger] = added("schedule")
    berlin = trigger.model_copy(update={"config": {"cron": "0 9 * * *", "time_zone": "Europe/Berlin"}})
    due = datetime(2026, 1, 5, 8, tzinfo=UTC)
    state = seen(id="schedule", type="schedule", next_times=(due,))
    assert card(berlin, state=state).times == ["Mon 05 Jan 2026, 09:00:00 Europe/Berlin"]
