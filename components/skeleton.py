"""Skeletons: the shape of what is coming, shown only when it takes longer than 300 ms."""

import reflex as rx

from workbench.state.base import AppState

WIDTHS = ("38%", "52%", "44%", "60%", "35%", "48%")


def rows(count: int = 6) -> rx.Component:
    """Return `count` lines in the shape of a list; nothing once it is known that it does not come."""
    return rx.cond(AppState.trouble, rx.fragment(), _rows(count))


def _rows(count: int) -> rx.Component:
    return rx.el.div(
        *[
            rx.el.div(
                rx.el.div(class_name="wb-skeleton", style={"width": WIDTHS[index % len(WIDTHS)]}),
                class_name="wb-skeleton-row",
            )
            for index in range(count)
        ],
        aria_busy="true",
        aria_label="Loading",
        class_name="wb-list",
    )
