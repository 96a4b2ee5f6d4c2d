"""What a link is for that somebody was sent: to join a workspace, or to set a new password."""

import reflex as rx

from components import entrance
from components.entrance import EntranceLink
from workbench import routes

KINDS = {
    "invite": {
        "title": "Join {workspace}",
        "text": "You were invited as {email}. Say who you are, and choose a password.",
        "action": "/api/v1/auth/invitation/accept",
        "fields": [
            {"name": "name", "label": "Your name", "type": "text", "autocomplete": "name"},
            entrance.new_password(),
        ],
        "submit": "Join and sign in",
    },
    "reset": {
        "title": "Choose a new password",
        "text": "It is for {email}. You are signed out everywhere and sign in with it afterwards.",
        "action": "/api/v1/auth/reset",
        "fields": [entrance.new_password()],
        "submit": "Set password",
        "done": "Your password is set",
    },
}


def page() -> rx.Component:
    """Return the page."""
    return entrance.page(
        EntranceLink.create(look="/api/v1/auth/invitation", kinds=KINDS, onward=routes.SIGN_IN)
    )
