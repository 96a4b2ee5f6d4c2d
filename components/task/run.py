"""The run so far: its canvas, small and read-only, and below it what the chosen node gave."""

import reflex as rx

from components import theme
from components.canvas.flow import canvas
from components.run.output import node_output
from workbench.state.run import RunState
from workbench.state.task import TaskState
from workbench.state.task_run import TaskRunState

RUN = TaskRunState


def run_so_far() -> rx.Component:
    """Return the run, folded until somebody opens it; nothing for who may not read runs."""
    return rx.cond(
        RUN.readable,
        rx.el.section(
            rx.el.div(
                rx.el.button(
                    rx.cond(RUN.opened, theme.icon("chevron-down"), theme.icon("chevron-right")),
                    rx.el.h2("The run so far", class_name="wb-section-title"),
                    type="button",
                    aria_expanded=rx.cond(RUN.opened, "true", "false"),
                    on_click=RUN.open(~RUN.opened),
                    class_name="wb-task-fold",
                    data_testid="open-run",
                ),
                rx.link("Open the run", href=TaskState.head.run, underline="hover"),
                class_name="wb-task-fold-head",
            ),
            rx.cond(RUN.opened & (RUN.graph.id != ""), _opened()),
            class_name="wb-section",
            data_testid="run-so-far",
        ),
    )


def _opened() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            canvas(
                graph=RUN.graph,
                base=RunState.base,
                recent=RunState.recent,
                focus=RUN.focus,
                read_only=True,
                on_select=RUN.select,
                on_open=RUN.open_node,
                on_pass=RunState.show_pass,
                on_escape=RUN.close,
            ),
            class_name="wb-task-canvas",
        ),
        rx.cond(
            RUN.node != "",
            rx.el.div(
                rx.el.h3(RUN.title, class_name="wb-task-node"),
                node_output(RUN.open_node),
                data_testid="run-node",
            ),
            rx.el.p("Press a node to see what it gave.", class_name="wb-field-hint"),
        ),
    )
