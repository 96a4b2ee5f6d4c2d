"""A run's page: the canvas of the version that ran, frozen, with all that is known of the run around it."""

import reflex as rx

from components import dialogs, frame, theme
from components.canvas.flow import canvas
from components.inspector.parts import panel
from components.may import if_may, may
from components.run import notebook
from components.run.bar import run_bar
from components.run.drawer import drawer, run_tabs
from components.run.output import node_output
from components.run_form import run_form
from components.short_id import short_id
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.drawer import DrawerState
from workbench.state.run import RunState
from workbench.state.run_page import RunPageState

HEAD = RunState.head


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.el.div(
            run_bar(_origin(), _compare(), on_open=RunPageState.open_node),
            rx.el.div(_canvas(), class_name="wb-stage-canvas"),
            rx.cond(
                HEAD.id != "",
                drawer(*run_tabs(RunPageState.open_node, notebook.pass_actions())),
            ),
            class_name="wb-stage",
        ),
        rx.cond(RunPageState.node != "", _side()),
        _form(),
        notebook.value_dialog(
            notebook.value_button("play", "Go on with it", "fork"),
            text="As JSON. A new test run takes it, runs what follows, and takes over the rest.",
        ),
        section="runs",
        needs=Action.RUNS_READ,
        where=(rx.link("Runs", href=routes.RUNS, underline="hover"), _title()),
        actions=(_open_workflow(), if_may(Action.RUNS_START, _run_again())),
        flush=True,
        retry=RunPageState.load,
    )


def _canvas() -> rx.Component:
    return canvas(
        graph=RunPageState.graph,
        base=RunState.base,
        recent=RunState.recent,
        focus=RunPageState.focus,
        read_only=True,
        may_run=may(Action.RUNS_START),
        on_select=RunPageState.select,
        on_open=RunPageState.open_node,
        on_pass=RunState.show_pass,
        on_escape=DrawerState.close,
        on_run=RunPageState.ask_again,
    )


def _title() -> rx.Component:
    return rx.el.h1(
        HEAD.workflow_name,
        " ",
        rx.el.span(short_id(value=HEAD.id), class_name="wb-run-quiet"),
        class_name="wb-heading",
    )


def _side() -> rx.Component:
    return panel(
        _node(),
        side="right",
        name="inspector",
        label="Node",
        size=360,
        least=280,
        most=720,
    )


def _node() -> rx.Component:
    return rx.el.div(
        rx.el.header(
            rx.el.div(
                rx.el.h2(RunPageState.title), rx.el.code(RunPageState.node), class_name="wb-inspector-title"
            ),
            rx.el.button(
                theme.icon("x"),
                type="button",
                aria_label="Close",
                title="Close",
                on_click=RunPageState.close,
                class_name="wb-icon-button",
            ),
            class_name="wb-inspector-head",
        ),
        rx.el.div(
            node_output(RunPageState.open_node, notebook.origin(), notebook.run_actions()),
            class_name="wb-inspector-body",
        ),
        class_name="wb-inspector",
        data_node=RunPageState.node,
        data_testid="inspector",
    )


def _form() -> rx.Component:
    return dialogs.panel(
        run_form(
            RunPageState.fields,
            on_submit=RunPageState.start_again,
            error=RunPageState.error,
            options=RunPageState.options,
            footer=dialogs.foot(
                dialogs.cancel(),
                rx.button(theme.icon("play"), "Run again", type="submit", size="2", data_testid="start-run"),
            ),
        ),
        open=RunPageState.asking,
        title="Run again",
        text=rx.cond(
            HEAD.number > 0,
            "The same version, with this run's inputs.",
            "The draft as it is now, with this run's inputs.",
        ),
        on_close=RunPageState.close_form,
        testid="run-dialog",
    )


def _origin() -> rx.Component:
    return rx.cond(
        HEAD.forked_from != "",
        rx.link(
            "Goes on from an older run",
            href="/runs/" + HEAD.forked_from,
            underline="hover",
            class_name="wb-wide",
            data_testid="forked-from",
        ),
    )


def _compare() -> rx.Component:
    before = rx.cond(HEAD.forked_from != "", "&before=" + HEAD.forked_from, "")
    return rx.cond(
        HEAD.workflow_id != "",
        rx.link(
            "Compare",
            href=routes.COMPARE + "?after=" + HEAD.id + before,
            underline="hover",
            title="Compare with another run, node by node",
            data_testid="compare-run",
        ),
    )


def _open_workflow() -> rx.Component:
    return rx.cond(
        HEAD.workflow_id != "",
        rx.link(
            rx.button(
                theme.icon("workflow"),
                rx.el.span("Open workflow", class_name="wb-wide"),
                variant="soft",
                color_scheme="gray",
                size="2",
                title="Open the workflow with this run on it",
            ),
            href="/workflows/" + HEAD.workflow_id + "?run=" + HEAD.id,
            data_testid="open-workflow",
        ),
    )


def _run_again() -> rx.Component:
    return rx.cond(
        HEAD.workflow_id != "",
        rx.button(
            theme.icon("play"),
            "Run again",
            size="2",
            title="Run again (Ctrl+Enter)",
            on_click=RunPageState.ask_again,
            data_command="Run again",
            data_testid="run",
        ),
    )
