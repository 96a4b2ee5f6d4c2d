"""The drawer below the canvas: a strip of tabs, and above it the one that is open."""

import reflex as rx

from components import theme
from components.inspector.parts import panel
from components.output.viewer import output_viewer
from components.run.passes import pass_list
from components.run.timeline import timeline
from workbench.state.drawer import DrawerState
from workbench.state.pass_list import PassListState
from workbench.state.run import RunState
from workbench.state.run_outputs import OutputPart


def drawer(*tabs: tuple[str, rx.Component | str, rx.Component]) -> rx.Component:
    """Return the drawer with `tabs`: name, label, content."""
    return rx.el.div(
        rx.cond(
            DrawerState.tab != "",
            panel(
                rx.el.div(
                    rx.match(DrawerState.tab, *[(name, content) for name, _, content in tabs], rx.fragment()),
                    class_name="wb-drawer-body",
                    role="tabpanel",
                    data_testid="drawer",
                ),
                side="bottom",
                name="drawer",
                label="Drawer",
                size=240,
                least=96,
                most=640,
            ),
        ),
        rx.el.div(
            *[_tab(name, label) for name, label, _ in tabs],
            rx.cond(
                DrawerState.tab != "",
                rx.el.button(
                    theme.icon("chevron-down"),
                    type="button",
                    aria_label="Close the drawer",
                    title="Close the drawer",
                    on_click=DrawerState.close,
                    class_name="wb-icon-button wb-drawer-close",
                ),
            ),
            role="tablist",
            class_name="wb-drawer-tabs",
        ),
        class_name="wb-drawer",
    )


def result() -> rx.Component:
    """Return the outputs of the watched run beside its inputs."""
    return rx.cond(
        RunState.head.id == "",
        rx.el.p("Run the workflow to see its result.", class_name="wb-field-hint"),
        rx.el.div(outputs(), inputs(), class_name="wb-result"),
    )


def outputs() -> rx.Component:
    """Return what the run gave back, or why there is nothing yet."""
    return rx.el.section(
        rx.el.h3("Outputs"),
        rx.cond(
            RunState.head.status == "succeeded",
            rx.cond(
                RunState.outputs.length() > 0,
                rx.el.div(rx.foreach(RunState.outputs, _part), class_name="wb-parts"),
                rx.el.p(
                    "This workflow names no outputs. Add an Output node to give something back.",
                    class_name="wb-field-hint",
                ),
            ),
            rx.el.p(
                rx.cond(
                    RunState.head.open,
                    "They are there when the run is done.",
                    "The run ended without outputs.",
                ),
                class_name="wb-field-hint",
            ),
        ),
        data_testid="run-outputs",
    )


def _part(part: rx.Var[OutputPart]) -> rx.Component:
    return rx.el.div(
        rx.cond(part.name != "", rx.el.h4(part.name)),
        output_viewer(value=part.value, media_type=part.media_type, href=part.href),
        data_testid="output-" + part.name,
    )


def inputs() -> rx.Component:
    """Return what the run was started with."""
    return rx.el.section(
        rx.el.h3("Inputs"),
        output_viewer(value=RunState.inputs, media_type="application/json", path="inputs"),
        data_testid="run-inputs",
    )


def run_tabs(
    on_open: rx.EventHandler, *pass_actions: rx.Component
) -> tuple[tuple[str, rx.Component | str, rx.Component], ...]:
    """Return the tabs that a run has; a press on a node in the timeline is told to `on_open`.

    `pass_actions` are what can be done with the passes that are listed.
    """
    return (
        ("result", "Result", result()),
        ("timeline", "Timeline", timeline(on_open)),
        ("passes", "Passes", pass_list(*pass_actions)),
    )


_OPENING: dict[str, rx.event.EventType[()]] = {
    "timeline": RunState.draw_timeline,
    "passes": PassListState.load,
}
"""What happens when a tab is pressed, beside that it opens."""


def _tab(name: str, label: rx.Component | str) -> rx.Component:
    tab = _button(name, label)
    return rx.cond(PassListState.containers.length() > 0, tab) if name == "passes" else tab


def _button(name: str, label: rx.Component | str) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        role="tab",
        aria_selected=rx.cond(DrawerState.tab == name, "true", "false"),
        on_click=[DrawerState.show(name), _OPENING[name]] if name in _OPENING else DrawerState.show(name),
        class_name="wb-output-tab",
        data_testid=f"drawer-{name}",
    )
