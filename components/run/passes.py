"""The list of a container's passes: how each one went; a press shows it on the canvas."""

import reflex as rx

from components.status import status_badge
from workbench.state.pass_list import PassListState, PassRow
from workbench.state.run import RunState


def pass_list(*actions: rx.Component) -> rx.Component:
    """Return the list, with a choice of the container when there are several, and `actions` beside it."""
    return rx.el.div(
        _head(*actions),
        rx.cond(
            PassListState.rows.length() == 0,
            rx.el.p(
                rx.cond(PassListState.failed_only, "No pass has failed.", "No pass has begun."),
                class_name="wb-field-hint",
            ),
            rx.el.ol(
                rx.foreach(PassListState.rows, _row), class_name="wb-pass-list", data_testid="pass-list"
            ),
        ),
        rx.cond(
            PassListState.cursor != "",
            rx.el.button(
                "Show more", type="button", on_click=PassListState.more, class_name="wb-text-button"
            ),
        ),
    )


def _head(*actions: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.cond(
            PassListState.containers.length() > 1,
            rx.el.select(
                rx.foreach(PassListState.containers, lambda one: rx.el.option(one.label, value=one.value)),
                value=PassListState.container,
                on_change=PassListState.choose,
                aria_label="Passes of",
                class_name="wb-input wb-select",
            ),
            rx.el.code(PassListState.container),
        ),
        rx.el.label(
            rx.switch(
                checked=PassListState.failed_only,
                on_change=PassListState.filter_failed,
                size="1",
                data_testid="passes-failed-only",
            ),
            "Only failed",
        ),
        *actions,
        class_name="wb-pass-list-head",
    )


def _row(row: rx.Var[PassRow]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            status_badge(row.status, label=False),
            rx.el.span(row.number, class_name="wb-pass-list-number"),
            rx.el.span(row.duration, class_name="wb-pass-list-time"),
            rx.el.span(row.item, title=row.item, class_name="wb-pass-list-line"),
            rx.el.span(
                rx.cond(row.error != "", row.error, row.result),
                title=rx.cond(row.error != "", row.error, row.result),
                data_failed=row.error != "",
                class_name="wb-pass-list-line",
            ),
            type="button",
            title="Show this pass",
            aria_current=rx.cond(row.index == PassListState.current, "true", "false"),
            on_click=RunState.show_pass(PassListState.container, row.wish),
            data_testid="pass-row-" + row.wish,
        ),
    )
