"""Settings: whether the services are well, secrets, keys, and where things are kept."""

import reflex as rx

from components import frame, sign_out, skeleton, theme, workspace_switch
from components.keys import key_list
from components.may import may
from components.moments import ago
from components.secrets import secret_dialog, secrets
from components.settings_nav import settings_nav
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.base import AppState
from workbench.state.settings import SettingsState
from workbench.state.views import Choice, ServiceView


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.el.div(
            settings_nav(routes.SETTINGS),
            rx.cond(
                AppState.who != "",
                _section("account", "Account", sign_out.in_words(), workspace_switch.in_words()),
            ),
            _services(),
            rx.cond(may(Action.SECRETS_READ), _section("secrets", "Secrets", secrets())),
            _section("keys", "Keys", key_list()),
            _section("about", "About", _facts()),
            class_name="wb-column wb-column-narrow",
        ),
        secret_dialog(),
        section="settings",
        needs=Action.SELF,
        where=("Settings",),
        retry=SettingsState.load,
    )


def _section(id: str, title: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="wb-section-title"), *content, id=id, class_name="wb-section wb-setting"
    )


def _services() -> rx.Component:
    return _section(
        "services",
        "Services",
        rx.cond(
            SettingsState.services.length() > 0,
            rx.fragment(
                rx.el.ul(
                    rx.foreach(SettingsState.services, _service), class_name="wb-list", data_testid="services"
                ),
                rx.el.p(
                    rx.el.span("Asked ", ago(at=SettingsState.checked_at)),
                    rx.button("Ask again", size="1", variant="ghost", on_click=SettingsState.load),
                    class_name="wb-setting-foot",
                ),
            ),
            skeleton.rows(4),
        ),
    )


def _service(service: rx.Var[ServiceView]) -> rx.Component:
    return rx.el.li(
        rx.cond(
            service.well,
            rx.el.span(theme.icon("circle-check"), "Running", class_name="wb-status wb-tone-ok"),
            rx.el.span(theme.icon("circle-x"), "Not answering", class_name="wb-status wb-tone-fail"),
        ),
        rx.el.strong(service.name, class_name="wb-service-name"),
        rx.el.div(
            rx.el.div(service.detail),
            rx.cond(service.remedy != "", rx.el.div(service.remedy), rx.fragment()),
            class_name="wb-service-detail",
        ),
        class_name="wb-service",
        data_testid="service-" + service.name.to(str),
    )


def _facts() -> rx.Component:
    return rx.el.dl(rx.foreach(SettingsState.facts, _fact), class_name="wb-facts", data_testid="facts")


def _fact(fact: rx.Var[Choice]) -> rx.Component:
    return rx.el.div(rx.el.dt(fact.label), rx.el.dd(fact.value, class_name="wb-data"), class_name="wb-fact")
