"""Banners below the top bar: the connection is gone, or the page could not be loaded."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from components import theme
from workbench.state.base import AppState


def connection_banner() -> rx.Component:
    """Return the banner that is there while the browser cannot reach the workbench; it goes by itself."""
    return rx.cond(
        has_connection_errors,
        rx.el.div(
            theme.icon("unplug"),
            rx.el.div(
                rx.el.strong("The workbench does not answer."),
                " Reconnecting by itself. Runs go on without this page; "
                "what you edit now is not saved until it is back.",
            ),
            role="status",
            class_name="wb-banner wb-banner-wait",
            data_testid="connection-banner",
        ),
    )


def trouble_banner(retry: rx.EventHandler | None = None) -> rx.Component:
    """Return the banner for a page's error, with the button that tries again."""
    return rx.cond(
        AppState.trouble,
        rx.el.div(
            theme.icon("circle-alert"),
            rx.el.div(
                rx.el.strong(AppState.trouble.message),
                rx.el.div(AppState.trouble.hint, class_name="wb-banner-hint"),
                class_name="wb-banner-text",
            ),
            rx.button("Try again", size="1", variant="soft", on_click=retry) if retry else rx.fragment(),
            rx.icon_button(
                theme.icon("x"),
                aria_label="Dismiss",
                size="1",
                variant="ghost",
                on_click=AppState.dismiss_trouble,
            ),
            role="alert",
            class_name="wb-banner wb-banner-fail",
            data_testid="error-banner",
        ),
    )
