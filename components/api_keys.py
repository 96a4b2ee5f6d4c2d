"""API keys on a page: those there are, the form for another, and the question before one is revoked."""

from typing import Any

import reflex as rx
from reflex.event import no_args_event_spec

from components import dialogs, shown_once, theme
from components.moments import ago
from components.scripts import script
from workbench.state.api_keys import ApiKeysState, KeyView
from workbench.state.base import AppState
from workbench.state.views import Choice

_IMPORTED = shown_once.PATH


class KeyForm(rx.Component):
    """Makes a key of `kind` and shows it once; `on_made` says that there is another."""

    library = script(__name__, "key_form.jsx")
    tag = "KeyForm"

    kind: rx.Var[str]
    actions: rx.Var[list[Choice]]
    workspaces: rx.Var[list[Choice]]
    workspace: rx.Var[str]
    on_made: rx.EventHandler[no_args_event_spec]


def personal() -> rx.Component:
    """Return one's own keys."""
    return _keys(
        "personal",
        "A program that sends one acts as you, as far as the key allows it and you may do it yourself.",
        ApiKeysState.mine,
        ApiKeysState.for_me,
        AppState.workspaces,
    )


def service() -> rx.Component:
    """Return the keys of the workspace's programs."""
    return _keys(
        "service",
        "A program that sends one acts by itself in this workspace, also when whoever made the key has left.",
        ApiKeysState.programs,
        ApiKeysState.for_programs,
        rx.Var.create([]),
    )


def revoke_dialog() -> rx.Component:
    """Return the question before a key is revoked."""
    return dialogs.confirm(
        open=ApiKeysState.doomed != "",
        title="Revoke the key “" + ApiKeysState.doomed_name + "”?",
        text="Whatever sends it is refused from then on. It cannot be brought back.",
        action="Revoke key",
        on_confirm=ApiKeysState.revoke,
        on_close=ApiKeysState.keep,
    )


def _keys(kind: str, text: str, keys: rx.Var[list[KeyView]], actions: Any, workspaces: Any) -> rx.Component:
    return rx.fragment(
        rx.el.p(text, class_name="wb-setting-text"),
        rx.cond(
            keys.length() > 0,
            rx.el.ul(
                rx.foreach(keys, _key),
                aria_label="API keys",
                class_name="wb-list wb-secrets",
                data_testid=f"{kind}-keys",
            ),
        ),
        rx.el.div(
            KeyForm.create(
                kind=kind,
                actions=actions,
                workspaces=workspaces,
                workspace=AppState.workspace,
                on_made=ApiKeysState.load,
            ),
            class_name="wb-key-make",
        ),
    )


def _key(key: rx.Var[KeyView]) -> rx.Component:
    return rx.el.li(
        theme.icon("key-round"),
        rx.el.div(
            rx.el.div(
                rx.el.strong(key.name, class_name="wb-key-name"),
                rx.el.code(key.shown, "…"),
                class_name="wb-key-title",
            ),
            rx.el.div(key.allows, class_name="wb-row-quiet"),
            rx.el.div(
                rx.cond(key.used_at, rx.el.span("used ", ago(at=key.used_at)), rx.el.span("never used")),
                rx.el.span(key.ends, class_name=rx.cond(key.ended, "wb-key-ended", "")),
                class_name="wb-row-quiet wb-key-facts",
            ),
            class_name="wb-row-main wb-key-main",
        ),
        rx.el.button(
            theme.icon("trash-2"),
            type="button",
            title="Revoke",
            aria_label="Revoke the key " + key.name.to(str),
            on_click=ApiKeysState.ask_revoke(key.id, key.name),
            class_name="wb-icon-button",
        ),
        class_name="wb-secret",
    )
