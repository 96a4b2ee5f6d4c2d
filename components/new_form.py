"""The form that makes something of which only a name is asked: a group, a workspace."""

import reflex as rx


def new_form(
    kind: str, *, error: rx.Var[str], filled: rx.Var[int], on_submit: rx.EventHandler
) -> rx.Component:
    """Return the form. It is emptied whenever `filled` changes; `on_submit` gets `{"name": …}`."""
    return rx.form(
        rx.el.div(
            rx.el.input(
                name="name",
                placeholder=f"Name of a new {kind}",
                aria_label=f"Name of a new {kind}",
                required=True,
                max_length=120,
                auto_complete="off",
                class_name="wb-input",
            ),
            rx.button(f"Make {kind}", type="submit", size="2", variant="soft"),
            class_name="wb-new-form",
        ),
        rx.cond(error != "", rx.el.p(error, role="alert", class_name="wb-field-error")),
        key=filled.to(str),
        on_submit=on_submit,
        data_testid=f"new-{kind}",
    )
