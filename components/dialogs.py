"""Dialogs: the question before something is lost, and the panel that asks for input."""

from typing import Any

import reflex as rx


def confirm(
    *,
    open: rx.Var[bool],
    title: rx.Var[str] | str,
    text: rx.Var[str] | str,
    action: str,
    on_confirm: Any,
    on_close: Any,
) -> rx.Component:
    """Return the question before something is deleted. `title` names it; `action` is the button's verb."""
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(title, class_name="wb-dialog-title"),
            rx.alert_dialog.description(text, class_name="wb-dialog-text"),
            rx.el.div(
                rx.alert_dialog.cancel(rx.button("Keep it", variant="soft", color_scheme="gray", size="2")),
                rx.button(
                    action, color_scheme="red", size="2", on_click=on_confirm, data_testid="confirm-action"
                ),
                class_name="wb-dialog-foot",
            ),
            class_name="wb-dialog",
            on_escape_key_down=on_close,
            data_testid="confirm-dialog",
        ),
        open=open,
        on_open_change=on_close,
    )


def panel(
    *content: rx.Component,
    open: rx.Var[bool],
    title: rx.Var[str] | str,
    text: rx.Component | rx.Var[str] | str,
    on_close: Any,
    testid: str,
) -> rx.Component:
    """Return a dialog that holds a form or a list; Esc and a click beside it close it."""
    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title(title, class_name="wb-dialog-title"),
            rx.dialog.description(text, class_name="wb-dialog-text"),
            *content,
            class_name="wb-dialog",
            data_testid=testid,
        ),
        open=open,
        on_open_change=on_close,
    )


def foot(*buttons: rx.Component) -> rx.Component:
    """Return the row of buttons at a dialog's end: what closes it first, what goes on last."""
    return rx.el.div(*buttons, class_name="wb-dialog-foot")


def cancel(label: str = "Cancel") -> rx.Component:
    """Return the button that closes a panel."""
    return rx.dialog.close(rx.button(label, type="button", variant="soft", color_scheme="gray", size="2"))
