"""The two fields that say what a sub-workflow node runs: a workflow, and one of its published versions."""

import reflex as rx

from components import theme
from components.inspector.parts import select_field
from components.may import EDITS
from workbench.state.calls import CallState
from workbench.state.form_fields import NodeField
from workbench.state.inspector import InspectorState
from workbench.state.views import Choice

NODE = InspectorState.node


def workflow_field(one: rx.Var[NodeField]) -> rx.Component:
    """Return the choice of a workflow, with a way to open it."""
    return rx.el.div(
        _select(one, CallState.workflows, "Choose a workflow …", CallState.choose_workflow),
        rx.cond(CallState.note != "", rx.el.p(CallState.note, class_name="wb-field-hint")),
        rx.cond(
            CallState.href != "",
            rx.link(
                theme.icon("arrow-up-right"),
                rx.el.span("Open the workflow"),
                href=CallState.href,
                underline="hover",
                class_name="wb-field-hint wb-inline",
                data_testid="open-called",
            ),
        ),
        key=NODE.id,
        on_mount=CallState.load(NODE.id),
        class_name="wb-group",
    )


def version_field(one: rx.Var[NodeField]) -> rx.Component:
    """Return the choice of a version, with a note when a newer one is live."""
    return rx.el.div(
        _select(one, CallState.versions, "Choose a version …", CallState.choose_version),
        rx.cond(
            EDITS & (CallState.newer != ""),
            rx.el.div(
                rx.el.span("Version ", CallState.newer, " is live now.", class_name="wb-field-hint"),
                rx.button(
                    "Use version ",
                    CallState.newer,
                    type="button",
                    size="1",
                    variant="soft",
                    on_click=CallState.choose_version(NODE.id, CallState.newer),
                ),
                class_name="wb-inline",
                data_testid="newer-version",
            ),
        ),
        class_name="wb-group",
    )


def _select(
    one: rx.Var[NodeField], choices: rx.Var[list[Choice]], empty: str, chosen: rx.EventHandler
) -> rx.Component:
    return select_field(
        rx.el.option(empty, value="", disabled=True),
        rx.foreach(choices, lambda choice: rx.el.option(choice.label, value=choice.value)),
        value=one.text,
        on_change=lambda value: chosen(NODE.id, value),
        id=("input-" + one.path).to(str),
    )
