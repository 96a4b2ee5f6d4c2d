"""Inviting people, and helping those who cannot sign in."""

import reflex as rx

from components import settings_nav
from components.invitations import Invitations, SignInHelp
from components.may import may
from workbench import routes
from workbench.auth.roles import Action, Role

ROLES = [{"value": role.value, "label": role.value.capitalize()} for role in Role]


def page() -> rx.Component:
    """Return the page."""
    return settings_nav.page(
        settings_nav.for_a_team(
            _section(
                "Invite somebody",
                "You get a link to send them; with it they join this workspace, within a week.",
                Invitations.create(roles=ROLES),
            ),
            rx.cond(
                may(Action.USERS_MANAGE),
                _section(
                    "Somebody cannot sign in",
                    "A link for a new password works once, within a day, and signs them out everywhere.",
                    SignInHelp.create(),
                ),
            ),
        ),
        route=routes.INVITATIONS,
    )


def _section(title: str, text: str, *content: rx.Component) -> rx.Component:
    return rx.el.section(
        rx.el.h2(title, class_name="wb-section-title"),
        rx.el.p(text, class_name="wb-setting-text"),
        *content,
        class_name="wb-section wb-setting",
    )
