"""Identity providers: those there are, and the form that sets up another."""

import reflex as rx

from components import frame, skeleton, theme
from components.settings_nav import settings_nav
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.providers import ProvidersState, ProviderView


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.el.div(
            settings_nav(routes.PROVIDERS),
            rx.cond(ProvidersState.loaded, rx.fragment(_list(), _add()), skeleton.rows(4)),
            class_name="wb-column wb-column-narrow",
        ),
        section="settings",
        needs=Action.PROVIDERS_MANAGE,
        where=(rx.el.a("Settings", href=routes.SETTINGS, class_name="wb-crumb"), "Providers"),
        retry=ProvidersState.load,
    )


def _list() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Identity providers", class_name="wb-section-title"),
        rx.el.p(
            "People sign in through them instead of with a password of their own here. What their roles and "
            "groups there give them here is said on each provider's page.",
            class_name="wb-setting-text",
        ),
        rx.cond(
            ProvidersState.rows.length() > 0,
            rx.el.ul(
                rx.foreach(ProvidersState.rows, _row),
                aria_label="Identity providers",
                class_name="wb-list wb-secrets",
                data_testid="providers",
            ),
            rx.el.p("There is none yet. Set one up below.", class_name="wb-none"),
        ),
        class_name="wb-section wb-setting",
    )


def _row(row: rx.Var[ProviderView]) -> rx.Component:
    return rx.el.li(
        theme.icon("key-round"),
        rx.el.div(
            rx.el.a(row.name, href=row.href, class_name="wb-key-name wb-provider-name"),
            rx.el.div(row.issuer, class_name="wb-row-quiet wb-data"),
            class_name="wb-row-main wb-key-main",
        ),
        rx.cond(
            row.enabled,
            rx.el.span(theme.icon("circle-check"), "In use", class_name="wb-status wb-tone-ok"),
            rx.el.span(theme.icon("circle-minus"), "Out of use", class_name="wb-status"),
        ),
        class_name="wb-secret",
    )


def _add() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Set up a provider", class_name="wb-section-title"),
        rx.form(
            rx.el.div(
                text_field("name", "Name", placeholder="Keycloak", required=True),
                text_field(
                    "issuer",
                    "Issuer",
                    placeholder="https://id.example.org/realms/workbench",
                    type="url",
                    required=True,
                    on_blur=ProvidersState.note_issuer,
                ),
                text_field("client_id", "Client id", placeholder="workbench", required=True),
                text_field("secret", "Client secret", type="password"),
                class_name="wb-provider-form",
            ),
            _outcome(),
            rx.el.div(
                rx.button(
                    "Test the issuer",
                    type="button",
                    size="2",
                    variant="soft",
                    color_scheme="gray",
                    on_click=ProvidersState.test,
                ),
                rx.button("Set up provider", type="submit", size="2"),
                class_name="wb-provider-foot",
            ),
            on_submit=ProvidersState.add,
            data_testid="provider-form",
        ),
        class_name="wb-section wb-setting",
    )


def _outcome() -> rx.Component:
    return rx.fragment(
        rx.cond(
            ProvidersState.error != "",
            rx.el.p(ProvidersState.error, role="alert", class_name="wb-field-error"),
        ),
        rx.cond(
            ProvidersState.told.length() > 0,
            rx.el.ul(
                rx.foreach(ProvidersState.told, lambda line: rx.el.li(line)),
                role="status",
                class_name="wb-setting-text wb-provider-told",
                data_testid="provider-told",
            ),
        ),
    )


def text_field(name: str, label: str, *, type: str = "text", hint: str = "", **more: object) -> rx.Component:
    """Return a labelled input of a form."""
    return rx.el.label(
        rx.el.span(label, class_name="wb-field-label"),
        rx.el.input(
            name=name,
            type=type,
            auto_complete="new-password" if type == "password" else "off",
            spell_check=False,
            class_name="wb-input wb-input-data",
            **more,
        ),
        rx.el.span(hint, class_name="wb-field-hint") if hint else rx.fragment(),
    )
