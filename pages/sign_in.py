"""Signing in."""

import reflex as rx

from components import entrance
from components.entrance import EntranceForm

FIELDS = [
    {"name": "email", "label": "E-mail", "type": "email", "autocomplete": "username"},
    {"name": "password", "label": "Password", "type": "password", "autocomplete": "current-password"},
    {
        "name": "code",
        "label": "Code of your authenticator app",
        "type": "text",
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "data": True,
        "after": "code-needed",
    },
]


def page() -> rx.Component:
    """Return the page."""
    return entrance.page(
        entrance.heading("Sign in"),
        EntranceForm.create(action="/api/v1/auth/sign-in", fields=FIELDS, submit="Sign in", from_address=""),
    )
