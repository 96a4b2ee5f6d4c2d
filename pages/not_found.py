"""The page for an address that leads nowhere."""

import reflex as rx

from components import frame
from components.empty import empty_state
from workbench import routes
from workbench.auth.roles import Action


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        empty_state(
            "map-pin-off",
            "There is nothing at this address",
            "The workflow or run may have been deleted, or the address has a typing error.",
            rx.link(rx.button("Go to workflows", size="2"), href=routes.WORKFLOWS),
        ),
        section="",
        needs=Action.SELF,
        where=("Not found",),
    )
