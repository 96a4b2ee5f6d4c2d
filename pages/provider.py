"""One identity provider: its addresses, its settings, and the table of what its claims give."""

import reflex as rx

from components import frame, theme
from components.settings_nav import settings_nav
from pages.providers import text_field
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.provider import SOURCES, ProviderState, RuleView
from workbench.state.views import Choice

_SWITCHES = (
    ("create_people", "Make an account for whoever it signs in, without any role but those below"),
    ("link_by_email", "Let a verified address find the account that has it here, and take it over"),
    ("trust_emails", "Take its addresses as verified, also where its tokens do not say so"),
    ("service_accounts", "Let its programs (client credentials) call the API"),
    ("introspect", "Ask it whether it still stands by a token that the API gets"),
)


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.el.div(
            settings_nav(routes.PROVIDERS),
            rx.cond(ProviderState.name != "", _provider()),
            class_name="wb-column wb-column-narrow",
        ),
        section="settings",
        needs=Action.PROVIDERS_MANAGE,
        where=(rx.el.a("Providers", href=routes.PROVIDERS, class_name="wb-crumb"), ProviderState.name),
        retry=ProviderState.load,
    )


def _provider() -> rx.Component:
    return rx.fragment(
        _section(
            "Addresses",
            rx.el.p("Its issuer, and what to register there.", class_name="wb-setting-text"),
            rx.el.dl(rx.foreach(ProviderState.addresses, _address), class_name="wb-facts"),
        ),
        _section("What its claims give", _rules(), _rule_form()),
        _section("Settings", _settings()),
        _section("Use", _use()),
    )


def _section(title: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="wb-section-title"), *content, class_name="wb-section wb-setting"
    )


def _address(address: rx.Var[Choice]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(address.label), rx.el.dd(address.value, class_name="wb-data"), class_name="wb-fact"
    )


def _rules() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "Whose token has the role or group gets what stands beside it. What they had from this provider "
            "before and its token no longer says is taken away; what they have otherwise stays.",
            class_name="wb-setting-text",
        ),
        rx.cond(
            ProviderState.rules.length() > 0,
            rx.el.ul(
                rx.foreach(ProviderState.rules, _rule),
                aria_label="Mappings",
                class_name="wb-list wb-secrets",
                data_testid="mappings",
            ),
            rx.el.p("Nothing yet: who signs in has a profile and no role.", class_name="wb-setting-text"),
        ),
    )


def _rule(rule: rx.Var[RuleView], index: rx.Var[int]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.span(rule.source, class_name="wb-row-quiet"),
                rx.el.code(rule.value),
                class_name="wb-key-title",
            ),
            rx.el.div(rule.gives),
            class_name="wb-row-main wb-key-main",
        ),
        rx.el.button(
            theme.icon("trash-2"),
            type="button",
            title="Remove",
            aria_label="Remove the mapping of " + rule.value.to(str),
            on_click=ProviderState.remove_rule(index),
            class_name="wb-icon-button",
        ),
        class_name="wb-secret",
    )


def _rule_form() -> rx.Component:
    sources = [rx.el.option(label, value=value) for value, label in SOURCES.items()]
    gifts = rx.foreach(ProviderState.gifts, lambda gift: rx.el.option(gift.label, value=gift.value))
    return rx.form(
        rx.el.div(
            _select("source", "Claim", *sources),
            text_field("value", "Value", placeholder="designer", required=True, max_length=500),
            _select("gives", "Gives", gifts),
            rx.button("Add mapping", type="submit", size="2", variant="soft"),
            class_name="wb-provider-rule",
        ),
        key="rule" + ProviderState.filled.to(str),
        on_submit=ProviderState.add_rule,
        data_testid="mapping-form",
    )


def _select(name: str, label: str, *options: rx.Component) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="wb-field-label"),
        rx.el.select(*options, name=name, class_name="wb-input wb-select"),
    )


def _settings() -> rx.Component:
    fields = ProviderState.fields
    secret = rx.cond(ProviderState.has_secret, "Leave empty to keep the one that is stored", "None is stored")
    return rx.form(
        rx.el.div(
            text_field("name", "Name", default_value=fields["name"], required=True),
            text_field("client_id", "Client id", default_value=fields["client_id"], required=True),
            text_field("secret", "Client secret", type="password", placeholder=secret),
            text_field("scope", "Scopes", default_value=fields["scope"], required=True),
            text_field(
                "audience", "Audience", default_value=fields["audience"], hint="Empty: the client's id."
            ),
            rx.el.label(
                rx.el.span("Audience stands in", class_name="wb-field-label"),
                rx.el.select(
                    rx.el.option("aud: whom the token is for", value="aud"),
                    rx.el.option("azp: to whom it was given", value="azp"),
                    name="audience_claim",
                    default_value=fields["audience_claim"],
                    class_name="wb-input wb-select",
                ),
            ),
            text_field("groups_claim", "Claim with groups", default_value=fields["groups_claim"]),
            class_name="wb-provider-form",
        ),
        rx.el.div(*[_switch(name, label) for name, label in _SWITCHES], class_name="wb-provider-switches"),
        rx.cond(
            ProviderState.error != "",
            rx.el.p(ProviderState.error, role="alert", class_name="wb-field-error"),
        ),
        rx.el.div(rx.button("Save settings", type="submit", size="2"), class_name="wb-provider-foot"),
        key="settings" + ProviderState.filled.to(str),
        on_submit=ProviderState.save,
        data_testid="settings-form",
    )


def _switch(name: str, label: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, default_checked=ProviderState.on.contains(name)),
        rx.el.span(label),
        class_name="wb-provider-switch",
    )


def _use() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.cond(
                ProviderState.enabled,
                "It is offered on the sign-in page. Out of use, nobody signs in through it, and its sessions "
                "end within a minute; accounts and what they own stay.",
                "It is out of use: nobody signs in through it.",
            ),
            class_name="wb-setting-text",
        ),
        rx.button(
            rx.cond(ProviderState.enabled, "Take out of use", "Put to use"),
            size="2",
            variant="soft",
            color_scheme=rx.cond(ProviderState.enabled, "red", "iris"),
            on_click=ProviderState.switch,
            data_testid="switch-provider",
        ),
    )
