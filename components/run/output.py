"""A node's whole output in the inspector, with how long it took and why it failed."""

import reflex as rx

from components import theme
from components.output.viewer import output_viewer
from components.status import status_badge
from workbench.state.run import RunState

SHOWN = RunState.shown


def node_output() -> rx.Component:
    """Return the output of the node that is looked at."""
    return rx.cond(RunState.head.id == "", _not_run(), _of_run())


def _not_run() -> rx.Component:
    return rx.el.p("Run the workflow to see what this node gives.", class_name="wb-field-hint")


def _of_run() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(SHOWN.status != "", status_badge(SHOWN.status)),
            rx.cond(SHOWN.duration != "", rx.el.span(SHOWN.duration, class_name="wb-run-quiet")),
            rx.cond(SHOWN.attempt > 1, rx.el.span(SHOWN.attempt, " attempts", class_name="wb-run-quiet")),
            class_name="wb-run-state",
        ),
        rx.cond(SHOWN.error != "", _failure()),
        rx.cond(
            SHOWN.note != "",
            rx.el.p(SHOWN.note, class_name="wb-field-hint"),
            rx.cond(
                (SHOWN.node != "") & (SHOWN.status != "failed"),
                output_viewer(
                    value=SHOWN.value,
                    media_type=SHOWN.media_type,
                    href=SHOWN.href,
                    path="nodes." + SHOWN.node + ".output",
                ),
            ),
        ),
        class_name="wb-run-output",
        data_testid="node-output",
        data_node=SHOWN.node,
    )


def _failure() -> rx.Component:
    return rx.el.div(
        theme.icon("circle-x"),
        rx.el.div(
            rx.el.div(SHOWN.error, class_name="wb-failure-text"),
            rx.cond(SHOWN.hint != "", rx.el.p(SHOWN.hint, class_name="wb-field-hint")),
        ),
        class_name="wb-problem-line",
        role="alert",
        data_testid="node-error",
    )
