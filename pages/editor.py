"""The editor's page: palette and canvas in the middle, the inspector at the right, the drawer below."""

import reflex as rx

from components import frame, theme
from components.canvas.conflict import conflict_dialog
from components.canvas.flow import canvas
from components.canvas.problems import problems
from components.editor_menu import menu, publish_button
from components.inspector.inspector import inspector
from components.may import EDITS, ask_for, if_may, may
from components.run import notebook
from components.run.bar import run_bar
from components.run.dialog import run_dialog
from components.run.drawer import drawer, run_tabs
from components.run.output import node_output
from components.sharing import sharing_dialog
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.editor import EditorState
from workbench.state.editor_page import EditorPageState
from workbench.state.notebook import NotebookState
from workbench.state.run import RunState
from workbench.state.run_form import RunFormState
from workbench.state.value_form import ValueFormState

LOADED = EditorState.graph.id != ""
RUNS = may(Action.RUNS_START)


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.el.div(
            run_bar(_open_run(), _forget_run(), on_open=EditorPageState.open_node),
            rx.el.div(_canvas(), rx.cond(LOADED & ~EDITS, _looking()), class_name="wb-stage-canvas"),
            rx.cond(
                LOADED,
                drawer(("problems", _problems_label(), problems()), *run_tabs(EditorPageState.open_node)),
            ),
            class_name="wb-stage",
        ),
        rx.cond(LOADED, inspector(output=_output())),
        run_dialog(),
        notebook.value_dialog(
            notebook.value_button("pin", "Pin it", "pin", variant="soft"),
            if_may(Action.RUNS_START, notebook.value_button("play", "Run from here with it", "try")),
            text="As JSON. Test runs take it instead of running the node; published versions never do.",
        ),
        conflict_dialog(),
        sharing_dialog(),
        section="workflows",
        needs=Action.WORKFLOWS_READ,
        where=(rx.link("Workflows", href=routes.WORKFLOWS, underline="hover"), EditorState.name),
        actions=(
            rx.cond(
                LOADED,
                rx.fragment(
                    if_may(Action.WORKFLOWS_WRITE, _saved(), _history()),
                    _settings(),
                    menu(),
                    if_may(Action.WORKFLOWS_PUBLISH, publish_button()),
                    if_may(Action.RUNS_START, notebook.run_stale(), _run()),
                ),
            ),
        ),
        flush=True,
        retry=EditorPageState.load,
    )


def _canvas() -> rx.Component:
    return canvas(
        graph=EditorState.graph,
        base=RunState.base,
        recent=RunState.recent,
        notes=NotebookState.cells,
        busy=RunState.head.open,
        problems=EditorState.problems,
        focus=EditorState.focus,
        read_only=~EDITS,
        may_run=RUNS,
        on_move=EditorState.move,
        on_resize=EditorState.resize,
        on_connect=EditorState.connect,
        on_refused=EditorState.refuse,
        on_misplaced=EditorState.misplaced,
        on_remove=EditorState.remove,
        on_add=EditorState.add,
        on_duplicate=EditorState.duplicate,
        on_copy=EditorState.copy,
        on_paste=EditorState.paste,
        on_select=EditorPageState.select,
        on_open=EditorPageState.open_node,
        on_pass=RunState.show_pass,
        on_undo=EditorState.undo,
        on_redo=EditorState.redo,
        on_escape=EditorPageState.escape,
        on_run=RunFormState.ask,
        on_part=RunFormState.part,
        on_pin=ValueFormState.toggle_pin,
    )


def _looking() -> rx.Component:
    """Return the sign for who may not change the workflow, with whom to ask."""
    return rx.el.p(
        theme.icon("eye"),
        rx.el.span(
            rx.el.strong(
                rx.cond(RUNS, "You can look at this workflow and run it.", "You can look at this workflow.")
            ),
            f" To change it, {ask_for(Action.WORKFLOWS_WRITE)}.",
        ),
        class_name="wb-looking",
        data_testid="looking",
    )


def _output() -> rx.Component:
    return node_output(EditorPageState.open_node, notebook.origin(), notebook.draft_actions())


def _saved() -> rx.Component:
    return rx.el.span(
        rx.cond(
            EditorState.conflict.is_none(),
            rx.fragment(theme.icon("check"), "Saved"),
            rx.fragment(theme.icon("triangle-alert"), "Not saved"),
        ),
        key=EditorState.revision,
        title="Every change is saved as it happens. Revision " + EditorState.revision.to(str),
        class_name="wb-saved wb-wide",
        data_testid="saved",
        data_revision=EditorState.revision,
    )


def _history() -> rx.Component:
    return rx.el.div(
        _tool("undo-2", "Undo (Ctrl+Z)", EditorState.undo, "undo", disabled=~EditorState.can_undo),
        _tool("redo-2", "Redo (Ctrl+Y)", EditorState.redo, "redo", disabled=~EditorState.can_redo),
        class_name="wb-tools",
    )


def _settings() -> rx.Component:
    return rx.el.button(
        theme.icon("sliders-horizontal"),
        "Settings",
        type="button",
        title="The workflow's name, inputs and outputs",
        on_click=EditorPageState.toggle_settings,
        class_name="wb-text-button wb-wide",
        data_testid="workflow-settings",
    )


def _tool(
    icon: str, label: str, event: rx.event.EventType, testid: str, *, wide: bool = False, **props: object
) -> rx.Component:
    return rx.el.button(
        theme.icon(icon),
        type="button",
        aria_label=label,
        title=label,
        on_click=event,
        class_name="wb-icon-button wb-wide" if wide else "wb-icon-button",
        data_testid=testid,
        **props,
    )


def _run() -> rx.Component:
    return rx.button(
        theme.icon("play"),
        "Run",
        size="2",
        title="Run (Ctrl+Enter)",
        on_click=RunFormState.ask,
        data_command="Run this workflow",
        data_testid="run",
    )


def _problems_label() -> rx.Component:
    return rx.fragment(
        "Problems",
        rx.cond(
            EditorState.problems.length() > 0,
            rx.el.span(EditorState.problems.length(), class_name="wb-count", data_testid="problem-count"),
        ),
    )


def _open_run() -> rx.Component:
    return rx.link("Open run", href="/runs/" + RunState.head.id, underline="hover", class_name="wb-wide")


def _forget_run() -> rx.Component:
    return _tool("x", "Show no run", EditorPageState.forget_run, "forget-run")
