"""The pages before one is in: signing in, setting up, an invitation. They stand without the frame."""

from typing import Any

import reflex as rx


class EntranceForm(rx.Component):
    """A form that is sent as JSON to the API's `action`; its errors stand at it, and success leads on.

    `fields` are `{name, label, type, autocomplete, hint, minlength, after, …}`: one with `after` is asked for
    once an answer had that code. `from_address` names the field that the address may bring (`#token=…`).
    """

    library = rx.asset("entrance.jsx", shared=True).importable_path
    tag = "EntranceForm"

    action: rx.Var[str]
    fields: rx.Var[list[dict[str, Any]]]
    submit: rx.Var[str]
    from_address: rx.Var[str]


def page(title: str, text: str | rx.Component, *content: rx.Component) -> rx.Component:
    """Return a whole page: what it is about, one sentence on it, and its form."""
    return rx.el.main(
        rx.el.div(
            rx.el.div(
                rx.el.span("W", aria_hidden="true", class_name="wb-mark"),
                "Workbench",
                class_name="wb-entrance-brand",
            ),
            rx.el.h1(title, class_name="wb-entrance-title"),
            rx.el.p(text, class_name="wb-entrance-text") if text else rx.fragment(),
            *content,
            class_name="wb-entrance-card",
        ),
        class_name="wb-entrance",
    )
