"""What a link in a message leads to, where it does not lead on at once: why, and what to do."""

import reflex as rx

from components import frame, skeleton
from components.empty import empty_state
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.open_link import OpenLinkState

_TITLES = (
    ("used", "This link was used already"),
    ("foreign", "This link is somebody else's"),
    ("expired", "This link has expired"),
    ("gone", "There is nothing here any more"),
    ("elsewhere", "This is in another workspace"),
    ("forged", "This link does not work"),
)


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.cond(OpenLinkState.outcome == "", skeleton.rows(4), _why()),
        section="inbox",
        where=("Link",),
        needs=Action.SELF,
        retry=OpenLinkState.load,
    )


def _why() -> rx.Component:
    title = rx.match(OpenLinkState.outcome, *_TITLES, "This link does not work")
    return empty_state(
        "link",
        title,
        OpenLinkState.message,
        rx.cond(
            OpenLinkState.href != "",
            rx.link("Open it all the same", href=OpenLinkState.href, class_name="wb-button"),
        ),
        rx.cond(
            OpenLinkState.elsewhere != "",
            rx.el.button(
                f"Switch to {OpenLinkState.elsewhere_name}",
                type="button",
                on_click=OpenLinkState.switch,
                class_name="wb-button",
            ),
        ),
        rx.link("Go to the inbox", href=routes.INBOX, class_name="wb-button"),
    )
