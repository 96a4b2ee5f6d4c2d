"""The dialog that asks for a run's inputs."""

import reflex as rx

from components import dialogs, theme
from components.run_form import run_form
from workbench.state.run_form import RunFormState


def run_dialog() -> rx.Component:
    """Return the dialog; Ctrl+Enter starts the run."""
    return dialogs.panel(
        run_form(
            RunFormState.fields,
            on_submit=RunFormState.submit,
            error=RunFormState.error,
            options=RunFormState.options,
            footer=dialogs.foot(
                dialogs.cancel(),
                rx.button(theme.icon("play"), "Run", type="submit", size="2", data_testid="start-run"),
            ),
        ),
        open=RunFormState.open,
        title="Run",
        text=rx.cond(
            RunFormState.fields.length() > 0, "What this run works on.", "This workflow asks for no inputs."
        ),
        on_close=RunFormState.close,
        testid="run-dialog",
    )
