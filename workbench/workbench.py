"""Composition root of the web process: the Reflex app, the API beside it, the gate around both, the pages."""

import reflex as rx

from pages import not_found, runs, settings, workflows
from workbench import routes
from workbench.state.base import toast_error


def create_app() -> rx.App:
    """Return the application with every page on its route."""
    app = rx.App(
        html_lang="en",
        backend_exception_handler=toast_error,
        toaster=rx.toast.provider(position="bottom-right", rich_colors=False, close_button=True),
        app_wraps={},
    )
    app.add_page(workflows.page, route=routes.WORKFLOWS, title="Workflows · Workbench")
    app.add_page(runs.page, route=routes.RUNS, title="Runs · Workbench")
    app.add_page(settings.page, route=routes.SETTINGS, title="Settings · Workbench")
    app.add_page(not_found.page, route="404", title="Not found · Workbench")
    return app


app = create_app()
