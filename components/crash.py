"""What stands in a page's place when drawing it failed: what happened, and the way on."""

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary

from components.empty import empty_state
from workbench import routes

_MESSAGE = rx.Var("event_args.error.message").to(str)


def boundary() -> rx.Component:
    """Return the boundary around every page. Reflex reports what it catches to the web process's log."""
    return ErrorBoundary.create(
        fallback_render=rx.Var.create(
            empty_state(
                "bug",
                "This page could not be drawn",
                "The fault is the workbench's, not yours, and it is in the log. What was saved is safe.",
                rx.el.code(_MESSAGE, class_name="wb-crash"),
                rx.el.a("Reload the page", href="", reload_document=True, class_name="wb-button"),
                rx.el.a("Go to workflows", href=routes.WORKFLOWS, class_name="wb-button"),
            )
        )
    )
