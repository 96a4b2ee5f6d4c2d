"""Settings, notifications: what one is told, where, and when not."""

import reflex as rx

from components import settings_nav
from components.notification_settings import notification_settings
from workbench import routes


def page() -> rx.Component:
    """Return the page."""
    return settings_nav.page(notification_settings(), route=routes.NOTIFICATIONS)
