"""The first start for a team: the first administrator's account."""

import reflex as rx

from components import entrance
from components.entrance import EntranceForm

FIELDS = [
    {
        "name": "token",
        "label": "Set-up token",
        "type": "text",
        "data": True,
        "hint": "The log of the web process has it: web.log in the folder logs of the data directory.",
    },
    {
        "name": "workspace",
        "label": "Workspace",
        "type": "text",
        "hint": "What your team calls it.",
    },
    {"name": "name", "label": "Your name", "type": "text", "autocomplete": "name"},
    {"name": "email", "label": "E-mail", "type": "email", "autocomplete": "username"},
    entrance.new_password(),
]


def page() -> rx.Component:
    """Return the page."""
    return entrance.page(
        entrance.heading(
            "Set up this workbench",
            "You become its first administrator. Workflows that are here already stay in your workspace.",
        ),
        EntranceForm.create(
            action="/api/v1/auth/set-up", fields=FIELDS, submit="Set up and sign in", from_address="token"
        ),
    )
