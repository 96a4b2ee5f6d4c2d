"""The list of a draft's problems: each is a button that goes to its node and field."""

import reflex as rx

from components import theme
from workbench.state.editor import EditorState
from workbench.state.views import ProblemView


def problems() -> rx.Component:
    """Return the list, or the word that there is nothing to mend."""
    return rx.cond(
        EditorState.problems.length() == 0,
        rx.el.p("No problems: this workflow can be run.", class_name="wb-field-hint"),
        rx.el.ul(
            rx.foreach(EditorState.problems, _problem), class_name="wb-problem-list", data_testid="problems"
        ),
    )


def _problem(problem: rx.Var[ProblemView]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            theme.icon("triangle-alert"),
            rx.el.code(rx.cond(problem.node != "", problem.node, "workflow")),
            rx.el.span(
                problem.message,
                rx.cond(problem.hint != "", rx.el.span(" ", problem.hint, class_name="wb-run-quiet")),
                class_name="wb-problem-words",
            ),
            rx.cond(problem.field != "", rx.el.code(problem.field, class_name="wb-run-quiet")),
            type="button",
            on_click=EditorState.reveal(problem.node, problem.field),
            data_code=problem.code,
        )
    )
