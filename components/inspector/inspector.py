"""The inspector: the selected node's settings and output, several nodes at once, or the workflow itself."""

import reflex as rx

from components import theme
from components.inspector.form import node_form
from components.inspector.parts import panel
from components.inspector.workflow import workflow_form
from components.may import if_may
from workbench.auth.roles import Action
from workbench.state.editor import EditorState
from workbench.state.editor_forms import NodeFormState
from workbench.state.editor_page import EditorPageState
from workbench.state.inspector import InspectorState

SELECTED = InspectorState.selected


def inspector(*, output: rx.Component) -> rx.Component:
    """Return the inspector; `output` is what its output tab shows."""
    shown = rx.cond(SELECTED.length() > 0, ~InspectorState.closed, InspectorState.settings)
    return rx.cond(
        shown,
        panel(
            rx.match(
                SELECTED.length(),
                (0, _workflow()),
                (1, _node(output)),
                _several(),
            ),
            side="right",
            name="inspector",
            label="Inspector",
            size=360,
            least=280,
            most=720,
        ),
    )


def _node(output: rx.Component) -> rx.Component:
    node = InspectorState.node
    return rx.el.div(
        _head(rx.el.h2(rx.cond(node.title != "", node.title, node.id)), rx.el.span(node.type_title)),
        rx.el.div(
            _tab("settings", "Settings", InspectorState.show_tab("settings")),
            _tab("output", "Output", EditorPageState.show_output),
            role="tablist",
            class_name="wb-inspector-tabs",
        ),
        rx.el.div(
            rx.cond(InspectorState.tab == "output", output, node_form()),
            class_name="wb-inspector-body",
        ),
        class_name="wb-inspector",
        data_testid="inspector",
        data_node=node.id,
    )


def _workflow() -> rx.Component:
    return rx.el.div(
        _head(rx.el.h2("Workflow"), rx.el.span("Nothing is selected")),
        rx.el.div(workflow_form(), class_name="wb-inspector-body"),
        class_name="wb-inspector",
        data_testid="inspector",
        data_node="",
        data_unasked=InspectorState.unasked,
    )


def _several() -> rx.Component:
    return rx.el.div(
        _head(rx.el.h2(SELECTED.length(), " nodes"), rx.el.span("Selected together")),
        if_may(
            Action.WORKFLOWS_WRITE,
            rx.el.div(
                rx.button("Duplicate", variant="soft", size="2", on_click=EditorState.duplicate(SELECTED)),
                rx.button(
                    "Delete",
                    variant="soft",
                    color_scheme="red",
                    size="2",
                    on_click=NodeFormState.remove(SELECTED),
                ),
                class_name="wb-inspector-body wb-inspector-actions",
            ),
        ),
        class_name="wb-inspector",
        data_testid="inspector",
    )


def _head(title: rx.Component, below: rx.Component) -> rx.Component:
    return rx.el.header(
        rx.el.div(title, below, class_name="wb-inspector-title"),
        rx.el.button(
            theme.icon("x"),
            type="button",
            aria_label="Close the inspector",
            title="Close the inspector",
            on_click=InspectorState.close,
            class_name="wb-icon-button",
        ),
        class_name="wb-inspector-head",
    )


def _tab(name: str, label: str, event: rx.event.EventType) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        role="tab",
        aria_selected=rx.cond(InspectorState.tab == name, "true", "false"),
        on_click=event,
        class_name="wb-output-tab",
        data_testid=f"inspector-{name}",
    )
