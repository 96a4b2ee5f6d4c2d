"""What one signs in with: password and second factor."""

import reflex as rx

from components import settings_nav
from components.security import security
from workbench import routes


def page() -> rx.Component:
    """Return the page."""
    return settings_nav.page(settings_nav.for_a_team(security()), route=routes.SECURITY)
