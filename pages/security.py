"""What one signs in with: password and second factor."""

import reflex as rx

from components import frame
from components.security import security
from components.settings_nav import settings_nav
from workbench import routes


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.el.div(settings_nav(routes.SECURITY), security(), class_name="wb-column wb-column-narrow"),
        section="settings",
        where=(
            rx.el.a("Settings", href=routes.SETTINGS, class_name="wb-crumb"),
            "Password and second factor",
        ),
    )
