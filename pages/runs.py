"""The page of runs."""

import reflex as rx

from components import frame


def page() -> rx.Component:
    """Return the page."""
    return frame.page(frame.column(), section="runs", where=("Runs",))
