"""The list of secrets, the form that stores one, and the question before one is deleted."""

import reflex as rx

from components import dialogs, theme
from components.may import if_may
from components.moments import ago
from workbench.auth.roles import Action
from workbench.state.secrets import SecretsState
from workbench.state.views import SecretRow


def secrets() -> rx.Component:
    """Return what secrets are, those there are, and the form for another."""
    return rx.fragment(
        rx.el.p(
            "A step that reaches out reads one as ",
            rx.el.code("{{ secrets.NAME }}"),
            ". Values are sealed when they are stored; nobody can read them back, only replace them.",
            class_name="wb-setting-text",
        ),
        rx.cond(
            SecretsState.rows.length() > 0,
            rx.el.ul(
                rx.foreach(SecretsState.rows, _row),
                aria_label="Secrets",
                class_name="wb-list wb-secrets",
                data_testid="secrets",
            ),
            rx.fragment(),
        ),
        rx.cond(
            SecretsState.cursor != "",
            rx.button("Load more", size="1", variant="soft", color_scheme="gray", on_click=SecretsState.more),
            rx.fragment(),
        ),
        if_may(Action.SECRETS_WRITE, _form()),
    )


def _row(row: rx.Var[SecretRow]) -> rx.Component:
    return rx.el.li(
        theme.icon("key-round"),
        rx.el.code(row.name, class_name="wb-secret-name"),
        rx.el.span("set ", ago(at=row.updated_at), " by ", row.updated_by, class_name="wb-row-quiet"),
        if_may(
            Action.SECRETS_WRITE,
            rx.el.button(
                theme.icon("trash-2"),
                type="button",
                title="Delete",
                aria_label="Delete the secret " + row.name.to(str),
                on_click=SecretsState.ask_delete(row.name),
                class_name="wb-icon-button",
            ),
        ),
        class_name="wb-secret",
    )


def _form() -> rx.Component:
    return rx.form(
        rx.el.div(
            _input("name", "Name", "API_TOKEN", "text"),
            _input("value", "Value", "", "password"),
            rx.button(
                "Store secret",
                type="submit",
                size="2",
                variant="soft",
                title="In place of what it held before",
            ),
            class_name="wb-secret-form",
        ),
        rx.cond(
            SecretsState.error != "",
            rx.el.p(SecretsState.error, role="alert", class_name="wb-field-error"),
            rx.fragment(),
        ),
        key=SecretsState.filled.to(str),
        on_submit=SecretsState.put,
        data_testid="secret-form",
    )


def _input(name: str, label: str, placeholder: str, type: str) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="wb-field-label"),
        rx.el.input(
            name=name,
            type=type,
            placeholder=placeholder,
            required=True,
            auto_complete="new-password" if type == "password" else "off",
            spell_check=False,
            class_name="wb-input wb-input-data",
        ),
    )


def secret_dialog() -> rx.Component:
    """Return the question before a secret is deleted."""
    return dialogs.confirm(
        open=SecretsState.doomed != "",
        title="Delete the secret " + SecretsState.doomed + "?",
        text="Steps that read it will fail from now on. Its value cannot be brought back.",
        action="Delete secret",
        on_confirm=SecretsState.delete,
        on_close=SecretsState.keep,
    )
