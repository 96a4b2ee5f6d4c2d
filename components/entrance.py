"""The pages before one is in: signing in, setting up, an invitation. They stand without the frame."""

from typing import Any

import reflex as rx

from components.scripts import script
from workbench.auth.passwords import SHORTEST

_JSX = script(__name__, "entrance.jsx")


class EntranceForm(rx.Component):
    """A form that is sent as JSON to the API's `action`; its errors stand at it, and success leads on.

    `fields` are `{name, label, type, autocomplete, hint, minlength, after, …}`: one with `after` is asked for
    once an answer had that code. `from_address` names the field that the address may bring (`#token=…`).
    """

    library = _JSX
    tag = "EntranceForm"

    action: rx.Var[str]
    fields: rx.Var[list[dict[str, Any]]]
    submit: rx.Var[str]
    from_address: rx.Var[str]


class EntranceLink(rx.Component):
    """What the link in the address is for (`look` says so), and the form of that kind, or why it is no good.

    `kinds` are `{kind: {title, text, action, fields, submit, done}}`. With `done`, which is a title, the form
    signs nobody in, and `onward` is where one does.
    """

    library = _JSX
    tag = "EntranceLink"

    look: rx.Var[str]
    kinds: rx.Var[dict[str, Any]]
    onward: rx.Var[str]


def new_password() -> dict[str, Any]:
    """Return the field for a password that is being chosen."""
    return {
        "name": "password",
        "label": "Password",
        "type": "password",
        "autocomplete": "new-password",
        "minlength": SHORTEST,
        "hint": f"At least {SHORTEST} characters; a few words in a row are easy to remember.",
    }


def one_time_code() -> dict[str, Any]:
    """Return the field for a code of the second factor."""
    return {
        "name": "code",
        "label": "Code of your authenticator app",
        "type": "text",
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "data": True,
    }


def heading(title: str, text: str = "") -> rx.Component:
    """Return what a page is about, and one sentence on it."""
    return rx.fragment(
        rx.el.h1(title, class_name="wb-entrance-title"),
        rx.el.p(text, class_name="wb-entrance-text") if text else rx.fragment(),
    )


def page(*content: rx.Component) -> rx.Component:
    """Return a whole page of one card."""
    return rx.el.main(
        rx.el.div(
            rx.el.div(
                rx.el.span("W", aria_hidden="true", class_name="wb-mark"),
                "Workbench",
                class_name="wb-entrance-brand",
            ),
            *content,
            class_name="wb-entrance-card",
        ),
        class_name="wb-entrance",
    )
