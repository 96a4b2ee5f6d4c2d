"""What the notebook adds to a node's output: where it comes from, and what can be run, pinned or written."""

import reflex as rx

from components import dialogs, theme
from components.may import if_may, may
from workbench.auth.roles import Action
from workbench.state.notebook import NotebookState
from workbench.state.pass_list import PassListState
from workbench.state.run import RunState
from workbench.state.run_form import RunFormState
from workbench.state.run_page import RunPageState
from workbench.state.value_form import ValueFormState

SHOWN, HEAD = RunState.shown, RunState.head
STARTS = may(Action.RUNS_START)


def origin() -> rx.Component:
    """Return where the output that is looked at comes from, if the watched run did not make it."""
    return rx.fragment(
        rx.match(
            SHOWN.origin,
            ("reused", _from("repeat-2", "Reused from run", SHOWN.origin_run)),
            ("pinned", _from("pin", "A pinned value", SHOWN.origin_run)),
            ("edited", _from("pencil-line", "A value written for this run", "")),
            rx.fragment(),
        ),
        rx.cond(SHOWN.older, _from("history", "From an earlier run", SHOWN.run)),
    )


def _from(icon: str, words: str, run: rx.Var[str] | str) -> rx.Component:
    return rx.el.p(
        theme.icon(icon),
        words,
        rx.cond(
            run != "",
            rx.link("Open it", href="/runs/" + run, underline="hover"),
        ),
        class_name="wb-origin",
        data_testid="output-origin",
    )


def draft_actions() -> rx.Component:
    """Return what can be done with the output of the draft's node that is looked at."""
    node, note = SHOWN.node, NotebookState.cells[SHOWN.node]
    return rx.cond(
        NotebookState.cells.contains(node),
        rx.el.div(
            rx.cond(
                note.stale,
                rx.el.p(
                    theme.icon("diff"),
                    "Stale: the draft has changed since, or something this was made from is newer.",
                    class_name="wb-origin wb-origin-stale",
                    data_testid="output-stale",
                ),
            ),
            rx.el.div(
                if_may(
                    Action.RUNS_START,
                    _button("play", "Run", RunFormState.part("node", node), "run-node", note.pinned),
                ),
                if_may(
                    Action.WORKFLOWS_WRITE,
                    rx.cond(
                        note.pinned,
                        _button("pin-off", "Unpin", ValueFormState.toggle_pin(node), "unpin-output"),
                        _button("pin", "Pin", ValueFormState.toggle_pin(node), "pin-output", note.run == ""),
                    ),
                    _button("pencil-line", "Write …", ValueFormState.write(node), "write-output"),
                ),
                class_name="wb-output-actions",
            ),
        ),
    )


def run_actions() -> rx.Component:
    """Return how one can go on from the node that is looked at, once the run has ended."""
    node = SHOWN.node
    there = STARTS & (node != "") & (SHOWN.where == "") & ~HEAD.open & (HEAD.workflow_id != "")
    return rx.cond(
        there,
        rx.el.div(
            _button("play", "Run again from here", RunPageState.go_on(node), "fork-here"),
            rx.cond(
                SHOWN.failed_passes > 0,
                _button("rotate-ccw", "Retry failed items", RunPageState.retry_failed(node), "retry-failed"),
            ),
            _button("pencil-line", "Go on with another value …", ValueFormState.write(node), "write-output"),
            class_name="wb-output-actions",
        ),
    )


def pass_actions() -> rx.Component:
    """Return how one can go on from the passes that are listed, once the run has ended."""
    node = PassListState.container
    return rx.cond(
        STARTS & ~HEAD.open & (HEAD.workflow_id != ""),
        rx.el.div(
            rx.cond(
                PassListState.retry,
                _button("rotate-ccw", "Retry failed items", RunPageState.retry_failed(node), "passes-retry"),
            ),
            rx.cond(
                PassListState.again != "",
                _button(
                    "play",
                    f"Start again from pass {PassListState.again}",
                    RunPageState.restart(node, PassListState.current),
                    "passes-restart",
                ),
            ),
            class_name="wb-pass-list-actions",
        ),
    )


def value_dialog(*buttons: rx.Component, text: str) -> rx.Component:
    """Return the dialog in which an output is written as JSON; `buttons` say what becomes of it."""
    return dialogs.panel(
        rx.el.textarea(
            default_value=ValueFormState.text,
            on_blur=ValueFormState.typed,
            rows="12",
            spell_check=False,
            aria_label="The output as JSON",
            class_name="wb-input wb-input-data",
            data_testid="value-text",
        ),
        rx.cond(
            ValueFormState.error != "",
            rx.el.p(
                ValueFormState.error, role="alert", class_name="wb-field-error", data_testid="value-error"
            ),
        ),
        dialogs.foot(dialogs.cancel(), *buttons),
        open=ValueFormState.node != "",
        title=rx.el.span("The output of ", rx.el.code(ValueFormState.node)),
        text=text,
        on_close=ValueFormState.close,
        testid="value-dialog",
    )


def value_button(icon: str, label: str, what: str, **props: object) -> rx.Component:
    """Return a button of the dialog."""
    return rx.button(
        theme.icon(icon),
        label,
        type="button",
        size="2",
        on_click=ValueFormState.act(what),
        data_testid=f"value-{what}",
        **props,
    )


def run_stale() -> rx.Component:
    """Return the button beside Run; it is there while something is stale."""
    return rx.cond(
        NotebookState.waiting > 0,
        rx.button(
            theme.icon("diff"),
            rx.el.span("Run stale", class_name="wb-wide"),
            rx.el.span(NotebookState.waiting, class_name="wb-count"),
            size="2",
            variant="soft",
            title="Run what is stale; what holds is reused",
            on_click=RunFormState.part("stale", ""),
            data_command="Run what is stale",
            data_testid="run-stale",
        ),
    )


def _button(
    icon: str, label: str, event: rx.event.EventType, testid: str, disabled: rx.Var[bool] | bool = False
) -> rx.Component:
    return rx.button(
        theme.icon(icon),
        label,
        type="button",
        size="1",
        variant="soft",
        color_scheme="gray",
        disabled=disabled,
        on_click=event,
        data_testid=testid,
    )
