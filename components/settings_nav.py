"""The links between the settings pages: those that the principal may use."""

from dataclasses import dataclass

import reflex as rx

from workbench import routes
from workbench.auth.roles import Action
from workbench.state.base import AppState


@dataclass(frozen=True)
class Place:
    """A settings page, and the action without which there is nothing on it for one.

    One `for_people` is there where people sign in.
    """

    label: str
    href: str
    needs: Action
    for_people: bool = False


PLACES = (
    Place("General", routes.SETTINGS, Action.SELF),
    Place("Profile", routes.PROFILE, Action.SELF),
    Place("Password", routes.SECURITY, Action.SELF_SECURE, for_people=True),
    Place("Audit log", routes.AUDIT, Action.AUDIT_READ),
)


def settings_nav(current: str) -> rx.Component:
    """Return the links; `current` is the route of the page on which they stand."""
    return rx.el.nav(
        *[_link(place, current) for place in PLACES],
        aria_label="Settings",
        class_name="wb-filters wb-settings-nav",
    )


def _link(place: Place, current: str) -> rx.Component:
    may = AppState.may.contains(place.needs.value)
    return rx.cond(
        may & (AppState.who != "") if place.for_people else may,
        rx.link(
            place.label,
            href=place.href,
            underline="none",
            aria_current="page" if place.href == current else "false",
            class_name="wb-filter",
        ),
    )
