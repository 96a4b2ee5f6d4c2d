"""The workspace in which one acts, and the switch to another; nothing where nobody signs in."""

import reflex as rx

from components import theme
from workbench.state.base import AppState
from workbench.state.views import Choice
from workbench.state.workspaces import WorkspacesState


def in_rail() -> rx.Component:
    """Return the entry of the rail."""
    return rx.cond(
        AppState.who != "",
        rx.menu.root(
            rx.menu.trigger(
                rx.el.button(
                    theme.icon("box"),
                    rx.el.span(_here(), class_name="wb-rail-label"),
                    theme.icon("chevrons-up-down"),
                    type="button",
                    title="Switch to another workspace",
                    class_name="wb-rail-entry wb-rail-button wb-switch",
                    data_testid="workspace-switch",
                )
            ),
            rx.menu.content(rx.foreach(AppState.workspaces, _item), size="1"),
        ),
    )


def in_words() -> rx.Component:
    """Return the same as a field of a page: a phone has no rail."""
    return rx.el.label(
        rx.el.span("Workspace", class_name="wb-field-label"),
        rx.el.select(
            rx.foreach(AppState.workspaces, lambda one: rx.el.option(one.label, value=one.value)),
            value=AppState.workspace,
            on_change=WorkspacesState.switch,
            class_name="wb-input wb-select",
        ),
        class_name="wb-switch-field",
    )


def _here() -> rx.Var[str]:
    return rx.cond(AppState.workspace_name != "", AppState.workspace_name, "No workspace")


def _item(one: rx.Var[Choice]) -> rx.Component:
    return rx.menu.item(
        one.label,
        rx.cond(one.value == AppState.workspace, theme.icon("check")),
        on_select=WorkspacesState.switch(one.value),
    )
