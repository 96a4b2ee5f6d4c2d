"""Finding people and groups by a part of their name, and choosing one of them."""

import reflex as rx

from components import theme
from workbench.state.member_views import CandidateRow


def chooser(
    label: str,
    found: rx.Var[list[CandidateRow]],
    *,
    on_look: rx.EventHandler,
    on_choose: rx.EventHandler,
    testid: str,
) -> rx.Component:
    """Return a field and, below it, who was found; `on_choose` gets the id of who is pressed."""
    return rx.el.div(
        rx.el.input(
            type="search",
            placeholder=label,
            aria_label=label,
            on_change=on_look.debounce(200),
            auto_complete="off",
            spell_check=False,
            class_name="wb-input",
            data_testid=f"{testid}-search",
        ),
        rx.cond(
            found.length() > 0,
            rx.el.ul(
                rx.foreach(found, lambda row: _candidate(row, on_choose)),
                aria_label="Found",
                class_name="wb-list wb-choices",
                data_testid=testid,
            ),
            rx.el.p("Nobody is called that.", class_name="wb-field-hint"),
        ),
        class_name="wb-chooser",
    )


def who(name: rx.Var[str], email: rx.Var[str], is_group: rx.Var[bool] | bool = False) -> rx.Component:
    """Return the name of a person or group, with what tells them from others of the name."""
    note = rx.cond(email == "", "Group", email)
    return rx.el.span(
        rx.cond(is_group, theme.icon("users"), theme.icon("user")),
        rx.el.span(name, title=name, class_name="wb-who-name"),
        rx.el.span(note, title=note, class_name="wb-who-note"),
        class_name="wb-who",
    )


def _candidate(row: rx.Var[CandidateRow], on_choose: rx.EventHandler) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            who(row.name, row.email, row.is_group),
            type="button",
            on_click=on_choose(row.id),
            class_name="wb-choice",
        )
    )
