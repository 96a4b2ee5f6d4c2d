"""The timeline of a run: one bar a node, from when it started to when it was done."""

import reflex as rx

from components.status import status_badge
from workbench.state.run import RunState
from workbench.state.run_views import TimelineRow


def timeline(on_open: rx.EventHandler) -> rx.Component:
    """Return the timeline of the watched run; a press on a row is told to `on_open(node, "timeline")`."""
    return rx.cond(
        RunState.rows.length() == 0,
        rx.el.p("Nothing has started yet.", class_name="wb-field-hint"),
        rx.el.ol(
            rx.foreach(RunState.rows, lambda row: _row(row, on_open)),
            class_name="wb-timeline",
            data_testid="timeline",
        ),
    )


def _row(row: rx.Var[TimelineRow], on_open: rx.EventHandler) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            status_badge(row.status, label=False),
            rx.el.code(row.node),
            type="button",
            title=rx.cond(row.error != "", row.error, row.node),
            on_click=on_open(row.node, "timeline"),
            class_name="wb-timeline-node",
        ),
        rx.el.span(
            rx.el.span(
                class_name="wb-timeline-bar",
                data_status=row.status,
                style={"left": row.left.to(str) + "%", "width": "max(2px, " + row.width.to(str) + "%)"},
            ),
            class_name="wb-timeline-track",
            title="Started " + row.offset + " after the run",
        ),
        rx.el.span(row.duration, class_name="wb-timeline-time"),
        rx.el.span(
            rx.cond(row.attempt > 1, row.attempt.to(str) + " attempts", ""),
            class_name="wb-timeline-time wb-wide",
        ),
        data_node=row.node,
    )
