"""Beside a task: how tasks like it were decided; the dialogs that put it away and hand it on."""

from typing import Any

import reflex as rx

from components import choosing, dialogs
from components.moments import ago
from workbench.state.task import TaskState
from workbench.state.task_aside import PrecedentView, TaskAsideState

ASIDE = TaskAsideState
LATER = {"hour": "In an hour", "hours": "In four hours", "day": "Tomorrow, at this time", "week": "In a week"}


def precedents() -> rx.Component:
    """Return how tasks like this one were decided, and in what they are like it."""
    return rx.cond(
        ASIDE.precedents.length() > 0,
        rx.el.section(
            rx.el.h2("Decided before", class_name="wb-section-title"),
            rx.el.ul(
                rx.foreach(ASIDE.precedents, _precedent), class_name="wb-precedents", data_testid="precedents"
            ),
            class_name="wb-section",
        ),
    )


def _precedent(one: rx.Var[PrecedentView]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.link(one.title, href=one.href, underline="hover", class_name="wb-cut", title=one.title),
            rx.el.span(one.outcome, class_name="wb-precedent-outcome", data_tone=one.tone),
            class_name="wb-precedent-head",
        ),
        rx.el.div(
            rx.cond(one.by != "", rx.fragment(one.by, " · ")), ago(at=one.at), class_name="wb-row-quiet"
        ),
        rx.cond(one.reason != "", rx.el.blockquote(one.reason, class_name="wb-precedent-reason")),
        rx.el.div(one.alike, class_name="wb-row-quiet"),
    )


def snooze_dialog() -> rx.Component:
    """Return the dialog that asks until when the task is to be out of sight."""
    return dialogs.panel(
        rx.el.div(
            *[
                rx.button(words, variant="soft", color_scheme="gray", size="2", on_click=ASIDE.snooze(later))
                for later, words in LATER.items()
            ],
            class_name="wb-task-later",
        ),
        rx.form(
            rx.el.label(
                rx.el.span("Until", class_name="wb-field-label"),
                rx.el.input(
                    type="datetime-local", name="until", class_name="wb-input", data_testid="snooze-until"
                ),
                class_name="wb-field",
            ),
            rx.cond(ASIDE.error != "", rx.el.p(ASIDE.error, role="alert", class_name="wb-field-error")),
            dialogs.foot(dialogs.cancel(), rx.button("Snooze", type="submit", size="2")),
            on_submit=_in_this_zone,
        ),
        open=ASIDE.asking == "snooze",
        title="Snooze",
        text="Until then it stands in your list of snoozed tasks only. Others see it as before.",
        on_close=ASIDE.close,
        testid="snooze-dialog",
    )


def _in_this_zone(form: rx.Var[dict[str, Any]]) -> rx.event.EventSpec:
    typed = f"new Date({form}.until)"
    return ASIDE.snooze_until(rx.Var(f"(isNaN({typed}) ? '' : {typed}.toISOString())", _var_type=str))


def hand_on_dialog() -> rx.Component:
    """Return the dialog that asks to whom the task is handed on."""
    return dialogs.panel(
        choosing.chooser(
            "Name or e-mail address",
            ASIDE.found,
            on_look=ASIDE.look,
            on_choose=ASIDE.choose,
            testid="hand-on-people",
        ),
        rx.cond(
            ASIDE.to != "",
            rx.el.p(
                "To ", rx.el.strong(ASIDE.to_name), class_name="wb-task-chosen", data_testid="hand-on-to"
            ),
        ),
        rx.el.label(
            rx.el.span("Why (optional)", class_name="wb-field-label"),
            rx.el.input(
                default_value=TaskState.reason,
                on_blur=TaskState.write_reason,
                class_name="wb-input",
                aria_label="Why it is handed on",
            ),
            class_name="wb-field",
        ),
        dialogs.foot(
            dialogs.cancel(),
            rx.button(
                "Hand it on",
                size="2",
                disabled=ASIDE.to == "",
                on_click=TaskState.hand_on,
                data_testid="hand-on-send",
            ),
        ),
        open=ASIDE.asking == "hand",
        title="Hand it on",
        text="They decide in your place; you no longer do. If they are away, their stand-in is asked too.",
        on_close=ASIDE.close,
        testid="hand-on-dialog",
    )
