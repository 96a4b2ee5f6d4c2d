"""Profile: one's name, how it looks, where one is signed in, and the keys of one's programs."""

import reflex as rx

from components import api_keys, frame, skeleton, theme
from components.absence import absence
from components.appearance import appearance
from components.moments import ago
from components.settings_nav import settings_nav
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.base import AppState
from workbench.state.profile import ProfileState, SessionView


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.el.div(
            settings_nav(routes.PROFILE),
            rx.cond(ProfileState.loaded, rx.cond(ProfileState.alone, _alone(), _person()), skeleton.rows(6)),
            class_name="wb-column wb-column-narrow",
        ),
        api_keys.revoke_dialog(),
        section="settings",
        needs=Action.SELF,
        where=(rx.el.a("Settings", href=routes.SETTINGS, class_name="wb-crumb"), "Profile"),
        retry=ProfileState.load,
    )


def _alone() -> rx.Component:
    return rx.fragment(
        _section("appearance", "Appearance", appearance()),
        rx.el.p(
            "This workbench has one user and nobody signs in, so there are no sessions, passwords or "
            "API keys: whoever can use this machine's address can use all of it.",
            class_name="wb-setting-text wb-setting-alone",
            data_testid="alone",
        ),
    )


def _person() -> rx.Component:
    secure = AppState.may.contains(Action.SELF_SECURE.value)
    programs = AppState.may.contains(Action.SERVICE_KEYS_WRITE.value)
    return rx.fragment(
        _section("name", "You", _name()),
        _section("appearance", "Appearance", appearance()),
        rx.cond(
            AppState.may.contains(Action.MEMBERS_READ.value),
            _section("absence", "Out of office", absence()),
        ),
        rx.cond(
            secure,
            rx.fragment(
                _section("sessions", "Sessions", _sessions()),
                _section("api-keys", "API keys", api_keys.personal()),
            ),
            rx.el.p(
                "Sessions, keys and the password are for the person alone, who does not act here.",
                class_name="wb-setting-text wb-setting-alone",
                data_testid="not-yours",
            ),
        ),
        rx.cond(secure & programs, _section("program-keys", "API keys of programs", api_keys.service())),
    )


def _section(id: str, title: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="wb-section-title"), *content, id=id, class_name="wb-section wb-setting"
    )


def _name() -> rx.Component:
    return rx.form(
        rx.el.div(
            rx.el.label(
                rx.el.span("Name", class_name="wb-field-label"),
                rx.el.input(
                    name="name",
                    default_value=ProfileState.name,
                    required=True,
                    max_length=100,
                    auto_complete="name",
                    class_name="wb-input",
                ),
            ),
            rx.el.div(
                rx.el.span("E-mail", class_name="wb-field-label"),
                rx.el.div(ProfileState.email, class_name="wb-profile-email"),
            ),
            rx.button("Save name", type="submit", size="2", variant="soft"),
            class_name="wb-secret-form",
        ),
        rx.cond(
            ProfileState.error != "",
            rx.el.p(ProfileState.error, role="alert", class_name="wb-field-error"),
        ),
        key=ProfileState.name,
        on_submit=ProfileState.rename,
        data_testid="name-form",
    )


def _sessions() -> rx.Component:
    return rx.fragment(
        rx.el.p("Where you are signed in.", class_name="wb-setting-text"),
        rx.el.ul(
            rx.foreach(ProfileState.sessions, _session),
            aria_label="Sessions",
            class_name="wb-list wb-secrets",
            data_testid="sessions",
        ),
        rx.cond(
            ProfileState.sessions.length() > 1,
            rx.button(
                "Sign out everywhere else",
                size="2",
                variant="soft",
                color_scheme="gray",
                on_click=ProfileState.end_others,
                class_name="wb-key-make",
            ),
        ),
    )


def _session(session: rx.Var[SessionView]) -> rx.Component:
    return rx.el.li(
        theme.icon("monitor-smartphone"),
        rx.el.div(
            rx.el.div(
                rx.el.strong(session.browser),
                rx.cond(session.present, rx.el.span("this one", class_name="wb-row-quiet")),
                rx.cond(
                    session.impersonated,
                    rx.el.span("an administrator acts as you", class_name="wb-tone-wait"),
                ),
                class_name="wb-key-title",
            ),
            rx.el.div(
                rx.el.span(session.address),
                rx.el.span("used ", ago(at=session.seen_at)),
                rx.el.span("signed in ", ago(at=session.began_at)),
                class_name="wb-row-quiet wb-key-facts",
            ),
            class_name="wb-row-main wb-key-main",
        ),
        rx.cond(
            session.present,
            rx.fragment(),
            rx.button(
                "End",
                size="1",
                variant="soft",
                color_scheme="gray",
                aria_label="End the session of " + session.browser.to(str),
                on_click=ProfileState.end(session.id),
            ),
        ),
        class_name="wb-secret",
    )
