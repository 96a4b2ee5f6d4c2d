"""Banners below the top bar: the connection is gone, or the page could not be loaded."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from components import theme
from workbench import routes
from workbench.state.base import AppState

_BACK = f"""
fetch('/api/v1/impersonation', {{ method: 'DELETE' }})
  .finally(() => window.location.assign('{routes.WORKFLOWS}'))
"""
"""Over HTTP, which brings one's own cookie back; then everything is loaded anew."""


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


def impersonation_banner() -> rx.Component:
    """Return the banner that is on every page while an administrator acts as another person."""
    return rx.cond(
        AppState.impersonated,
        rx.el.div(
            theme.icon("venetian-mask"),
            rx.el.div(
                "You act as ",
                rx.el.strong(AppState.who),
                ". What you do is recorded with your own name.",
                class_name="wb-banner-text",
            ),
            rx.button("Act as yourself again", size="1", variant="soft", on_click=rx.call_script(_BACK)),
            role="status",
            class_name="wb-banner wb-banner-wait",
            data_testid="impersonation-banner",
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
