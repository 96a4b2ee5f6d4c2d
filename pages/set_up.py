"""The first start for a team: the first administrator's account."""

import reflex as rx

from components import entrance
from components.entrance import EntranceForm
from workbench.auth.passwords import SHORTEST

FIELDS = [
    {
        "name": "token",
        "label": "Set-up token",
        "type": "text",
        "data": True,
        "hint": "The log of the web process has it: web.log in the data directory's folder logs.",
    },
    {"name": "workspace", "label": "Workspace", "type": "text", "hint": "A name for where your team works."},
    {"name": "name", "label": "Your name", "type": "text", "autocomplete": "name"},
    {"name": "email", "label": "E-mail", "type": "email", "autocomplete": "username"},
    {
        "name": "password",
        "label": "Password",
        "type": "password",
        "autocomplete": "new-password",
        "minlength": SHORTEST,
        "hint": f"At least {SHORTEST} characters; a few words in a row are easy to remember.",
    },
]


def page() -> rx.Component:
    """Return the page."""
    return entrance.page(
        "Set up this workbench",
        "You become its first administrator. Workflows that are here already stay in your workspace.",
        EntranceForm.create(
            action="/api/v1/auth/set-up", fields=FIELDS, submit="Set up and sign in", from_address="token"
        ),
    )
