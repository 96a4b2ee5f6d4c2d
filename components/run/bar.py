"""The bar above the canvas that says how the watched run is doing."""

import reflex as rx

from components import dialogs, theme
from components.may import if_may
from components.moments import ago, took
from components.run.labels import run_label
from components.status import status_badge
from workbench.auth.roles import Action
from workbench.state.drawer import DrawerState
from workbench.state.run import RunState

HEAD = RunState.head


def run_bar(*actions: rx.Component, on_open: rx.EventHandler) -> rx.Component:
    """Return the bar; it is there only while a run is watched.

    `actions` stand at its end; a press on the node that failed is told to `on_open(node, "timeline")`.
    """
    return rx.cond(
        HEAD.id != "",
        rx.el.div(
            rx.el.div(
                status_badge(HEAD.status),
                rx.el.span(HEAD.version, class_name="wb-run-quiet"),
                rx.el.span(took(since=HEAD.started_at, until=HEAD.finished_at), class_name="wb-run-quiet"),
                rx.el.span("started ", ago(at=HEAD.started_at), class_name="wb-run-quiet wb-wide"),
                rx.cond(HEAD.trigger != "", _trigger()),
                rx.cond(HEAD.parent != "", _parent()),
                rx.el.span(rx.foreach(HEAD.labels, run_label), class_name="wb-inline wb-wide"),
                class_name="wb-run-state",
            ),
            rx.cond(HEAD.error != "", _error(on_open)),
            rx.el.div(
                if_may(Action.RUNS_STOP, _ways_to_stop()),
                rx.cond(HEAD.status == "succeeded", _result()),
                *actions,
                class_name="wb-run-actions",
            ),
            _question(),
            class_name="wb-run-bar",
            role="status",
            data_testid="run-bar",
            data_status=HEAD.status,
            data_run=HEAD.id,
        ),
    )


def _ways_to_stop() -> rx.Component:
    """Return what can be done with a run that goes on."""
    return rx.fragment(
        rx.cond(HEAD.open, _cancel()), rx.cond(HEAD.held, _allow_more()), rx.cond(HEAD.open, _terminate())
    )


def _trigger() -> rx.Component:
    """Return what started the run; of a run's end, a link to that run."""
    return rx.el.span(
        "by ",
        rx.cond(
            HEAD.trigger_href != "",
            rx.link(HEAD.trigger, href=HEAD.trigger_href, underline="hover"),
            HEAD.trigger,
        ),
        class_name="wb-run-quiet",
        data_testid="run-trigger",
    )


def _parent() -> rx.Component:
    return rx.link(
        theme.icon("corner-left-up"),
        rx.el.span("Called by a run"),
        href=HEAD.parent,
        underline="hover",
        title="Open the run that began this one",
        class_name="wb-inline",
        data_testid="parent-run",
    )


def _cancel() -> rx.Component:
    return _button(
        "square",
        "Cancel run",
        RunState.cancel,
        "cancel-run",
        color_scheme="red",
        title="What it did is undone where its steps say how",
    )


def _result() -> rx.Component:
    return _button("package-check", "Result", DrawerState.show("result"), "show-result")


def _allow_more() -> rx.Component:
    return _button(
        "circle-plus",
        "Allow as much again",
        RunState.allow_more,
        "allow-more",
        title="Double its budget; the run goes on",
    )


def _terminate() -> rx.Component:
    return _button(
        "octagon-x",
        "Terminate",
        RunState.ask_to_end(True),
        "terminate-run",
        variant="ghost",
        color_scheme="gray",
        title="End it at once, for when cancelling takes too long",
    )


def _button(
    icon: str, label: str, event: rx.event.EventType, testid: str, *, variant: str = "soft", **look: str
) -> rx.Component:
    return rx.button(
        theme.icon(icon), label, size="1", variant=variant, on_click=event, data_testid=testid, **look
    )


def _question() -> rx.Component:
    return dialogs.confirm(
        open=RunState.ending,
        title="Terminate this run?",
        text="It ends at once, with the sub-workflows that it began. What it has done is not undone.",
        action="Terminate",
        on_confirm=RunState.terminate,
        on_close=RunState.ask_to_end(False),
    )


def _error(on_open: rx.EventHandler) -> rx.Component:
    return rx.el.p(
        rx.cond(
            HEAD.error_node != "",
            rx.el.button(
                HEAD.error_node,
                type="button",
                title="Go to the node that failed",
                on_click=on_open(HEAD.error_node, "timeline"),
                class_name="wb-run-node",
                data_testid="failed-node",
            ),
        ),
        HEAD.error,
        rx.cond(HEAD.hint != "", rx.el.span(HEAD.hint, class_name="wb-run-quiet")),
        class_name="wb-run-error",
        title=HEAD.error,
        data_testid="run-error",
    )
