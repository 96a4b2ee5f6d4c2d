"""The page of workflows."""

import reflex as rx

from components import frame


def page() -> rx.Component:
    """Return the page."""
    return frame.page(frame.column(), section="workflows", where=("Workflows",))
