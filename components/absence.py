"""Out of office, as a part of the profile."""

from typing import Any

import reflex as rx

from components import choosing
from components.moments import ago
from workbench.state.absence import AbsenceState

AWAY = AbsenceState


def absence() -> rx.Component:
    """Return when one is away and who stands in, or the form that says so."""
    return rx.el.div(rx.cond(AWAY.ends_at != "", _away(), _here()), data_testid="absence")


def _away() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "You are away, from ",
            ago(at=AWAY.begins_at),
            " until ",
            ago(at=AWAY.ends_at),
            ". New tasks that name you are asked of ",
            rx.el.strong(AWAY.stand_in),
            " too.",
            class_name="wb-setting-text",
        ),
        rx.button(
            "I am back",
            size="2",
            variant="soft",
            color_scheme="gray",
            on_click=AWAY.come_back,
            data_testid="come-back",
        ),
    )


def _here() -> rx.Component:
    return rx.form(
        rx.el.p(
            "While you are away, new tasks that name you are asked of somebody else too. The rules of a task "
            "hold for them as for everybody: who started a run does not decide it where that is said.",
            class_name="wb-setting-text",
        ),
        rx.el.div(_instant("From", "begins"), _instant("Until", "ends"), class_name="wb-absence-times"),
        choosing.chooser(
            "Who stands in", AWAY.found, on_look=AWAY.look, on_choose=AWAY.choose, testid="stand-ins"
        ),
        rx.cond(AWAY.to != "", rx.el.p("In your place: ", rx.el.strong(AWAY.to_name))),
        rx.cond(AWAY.error != "", rx.el.p(AWAY.error, role="alert", class_name="wb-field-error")),
        rx.button("Leave", type="submit", size="2", variant="soft", color_scheme="gray", data_testid="leave"),
        on_submit=_leave,
        class_name="wb-absence",
    )


def _leave(form: rx.Var[dict[str, Any]]) -> rx.event.EventSpec:
    return AWAY.leave(_in_this_zone(form, "begins"), _in_this_zone(form, "ends"))


def _in_this_zone(form: rx.Var[dict[str, Any]], name: str) -> rx.Var[str]:
    typed = f"new Date({form}.{name})"
    return rx.Var(f"(isNaN({typed}) ? '' : {typed}.toISOString())", _var_type=str)


def _instant(label: str, name: str) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="wb-field-label"),
        rx.el.input(type="datetime-local", name=name, class_name="wb-input"),
        class_name="wb-field",
    )
