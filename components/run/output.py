"""A node's whole output in the inspector, with how long it took and why it failed."""

import reflex as rx

from components import theme
from components.output.viewer import output_viewer
from components.run.waiting import waiting
from components.status import status_badge
from workbench.state.run import RunState

SHOWN = RunState.shown


def node_output(on_open: rx.EventHandler, *actions: rx.Component) -> rx.Component:
    """Return the output of the node that is looked at; `on_open(node, "output")` goes to a source.

    `actions` are what can be done with it.
    """
    nothing = (RunState.head.id == "") & (SHOWN.status == "")
    return rx.fragment(*actions, rx.cond(nothing, _not_run(), _of_run(on_open)))


def _not_run() -> rx.Component:
    return rx.el.p("Run the workflow to see what this node gives.", class_name="wb-field-hint")


def _of_run(on_open: rx.EventHandler) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(SHOWN.status != "", status_badge(SHOWN.status)),
            rx.cond(
                SHOWN.where != "",
                rx.el.span("Pass ", SHOWN.where, class_name="wb-run-quiet", data_testid="output-pass"),
            ),
            rx.cond(SHOWN.duration != "", rx.el.span(SHOWN.duration, class_name="wb-run-quiet")),
            rx.cond(SHOWN.attempt > 1, rx.el.span(SHOWN.attempt, " attempts", class_name="wb-run-quiet")),
            class_name="wb-run-state",
        ),
        rx.cond(SHOWN.called != "", _called()),
        rx.cond(SHOWN.sources.length() > 0, _sources(on_open)),
        rx.cond(SHOWN.error != "", _failure()),
        rx.cond(
            SHOWN.decided != "",
            rx.el.p(SHOWN.decided, class_name="wb-field-hint", data_testid="node-decided"),
        ),
        waiting(),
        rx.cond(
            (SHOWN.note != "") & (SHOWN.asks == ""),
            rx.el.p(
                SHOWN.note,
                rx.cond(
                    SHOWN.elsewhere != "",
                    rx.el.a(" Open it by itself.", href=SHOWN.elsewhere, target="_blank"),
                ),
                class_name="wb-field-hint",
            ),
            rx.cond(
                (SHOWN.node != "") & (SHOWN.status != "failed") & (SHOWN.asks == ""),
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


def _called() -> rx.Component:
    return rx.link(
        theme.icon("workflow"),
        rx.el.span("Open the run of this sub-workflow"),
        href=SHOWN.called,
        underline="hover",
        class_name="wb-inline",
        data_testid="called-run",
    )


def _sources(on_open: rx.EventHandler) -> rx.Component:
    return rx.el.div(
        rx.el.span("Input from", class_name="wb-run-quiet"),
        rx.foreach(
            SHOWN.sources,
            lambda name: rx.el.button(
                name,
                type="button",
                title="See what it gave",
                on_click=on_open(name, "output"),
                class_name="wb-chip",
            ),
        ),
        class_name="wb-chips",
        data_testid="node-sources",
    )


def _failure() -> rx.Component:
    return rx.el.div(
        theme.icon("circle-x"),
        rx.el.div(
            rx.el.div(SHOWN.error, class_name="wb-failure-text"),
            rx.cond(SHOWN.hint != "", rx.el.p(SHOWN.hint, class_name="wb-field-hint")),
            rx.cond(SHOWN.detail != "", rx.el.pre(SHOWN.detail, class_name="wb-failure-detail")),
            class_name="wb-failure",
        ),
        class_name="wb-problem-line",
        role="alert",
        data_testid="node-error",
    )
