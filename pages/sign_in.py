"""Signing in."""

import reflex as rx

from components import entrance
from components.entrance import EntranceForm
from workbench.state.sign_in import SignInState
from workbench.state.views import Choice

FIELDS = [
    {"name": "email", "label": "E-mail", "type": "email", "autocomplete": "username"},
    {"name": "password", "label": "Password", "type": "password", "autocomplete": "current-password"},
    {**entrance.one_time_code(), "after": "code-needed"},
]


def page() -> rx.Component:
    """Return the page."""
    return entrance.page(
        entrance.heading("Sign in"),
        rx.cond(SignInState.offered.length() > 0, _providers()),
        EntranceForm.create(action="/api/v1/auth/sign-in", fields=FIELDS, submit="Sign in", from_address=""),
    )


def _providers() -> rx.Component:
    return rx.el.div(
        rx.el.ul(rx.foreach(SignInState.offered, _provider), class_name="wb-entrance-providers"),
        rx.el.p("or with a password", class_name="wb-entrance-or"),
        data_testid="providers",
    )


def _provider(one: rx.Var[Choice]) -> rx.Component:
    """Return the way to a provider, which is no page of ours: a plain link, loaded as a whole."""
    words = "Continue with " + one.label.to(str)
    return rx.el.li(rx.el.a(words, href=one.value, reload_document=True, class_name="wb-button"))
