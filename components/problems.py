"""A list of problems: where each is, what it is, and what to do about it."""

import reflex as rx

from components import theme
from workbench.state.views import ProblemView


def problem_list(problems: rx.Var[list[ProblemView]]) -> rx.Component:
    """Return the list; it scrolls by itself when it is long."""
    return rx.el.ul(rx.foreach(problems, _problem), class_name="wb-problems", data_testid="problems")


def _problem(problem: rx.Var[ProblemView]) -> rx.Component:
    return rx.el.li(
        theme.icon("circle-alert"),
        rx.el.div(
            rx.el.div(problem.message),
            rx.cond(problem.hint != "", rx.el.div(problem.hint, class_name="wb-problem-hint"), rx.fragment()),
            class_name="wb-problem-text",
        ),
        rx.cond(
            (problem.node != "") | (problem.field != ""),
            rx.el.code(
                problem.node,
                rx.cond((problem.node != "") & (problem.field != ""), " · ", ""),
                problem.field,
                class_name="wb-problem-place",
            ),
            rx.fragment(),
        ),
        class_name="wb-problem",
        data_code=problem.code,
    )
