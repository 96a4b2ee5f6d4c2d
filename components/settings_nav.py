"""The pages of the settings: one line of links above each, with those that the person may open.

A page below `/settings` is made by `page`, and has its line in `PLACES`.
"""

from dataclasses import dataclass

import reflex as rx

from components import frame
from components.may import may
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


SHOW_CURRENT = """
(() => {
  const line = document.querySelector('.wb-settings-nav');
  if (!line) return;
  const show = () =>
    line.querySelector('[aria-current=page]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  show();
  new MutationObserver(show).observe(line, { childList: true });
})()
"""
"""What brings the current link into view where the line is wider than the screen, also when others join."""

PLACES = (
    Place("General", routes.SETTINGS, Action.SELF),
    Place("Profile", routes.PROFILE, Action.SELF),
    Place("Notifications", routes.NOTIFICATIONS, Action.SELF),
    Place("Password", routes.SECURITY, Action.SELF_SECURE, for_people=True),
    Place("Members", routes.MEMBERS, Action.MEMBERS_READ),
    Place("Invitations", routes.INVITATIONS, Action.MEMBERS_WRITE, for_people=True),
    Place("Groups", routes.GROUPS, Action.MEMBERS_READ),
    Place("Roles", routes.ROLES, Action.SELF),
    Place("Workspaces", routes.WORKSPACES, Action.SELF),
    Place("Providers", routes.PROVIDERS, Action.PROVIDERS_MANAGE, for_people=True),
    Place("Audit log", routes.AUDIT, Action.AUDIT_READ),
)

ONE_PERSON = (
    "This workbench has one person: you, the owner of its data directory. "
    "To run it for a team, start it with "
)


def page(*content: rx.Component, route: str, retry: rx.EventHandler | None = None) -> rx.Component:
    """Return the page of `PLACES` at that route."""
    place = next(place for place in PLACES if place.href == route)
    return frame.page(
        rx.el.div(settings_nav(route), *content, class_name="wb-column wb-column-narrow"),
        section="settings",
        where=(rx.link("Settings", href=routes.SETTINGS, underline="hover"), place.label),
        needs=place.needs,
        retry=retry,
    )


def settings_nav(current: str) -> rx.Component:
    """Return the links; `current` is the route of the page on which they stand."""
    return rx.el.nav(
        *[_link(place, current) for place in PLACES],
        aria_label="Settings",
        on_mount=rx.call_script(SHOW_CURRENT),
        class_name="wb-filters wb-settings-nav",
    )


def for_a_team(*content: rx.Component) -> rx.Component:
    """Return what only a team has; where there is one person, how to become one."""
    return rx.cond(
        AppState.who != "",
        rx.fragment(*content),
        rx.el.p(
            ONE_PERSON,
            rx.el.code("WORKBENCH_MODE=team"),
            "; it then says where to set up the first account.",
            class_name="wb-setting-text",
            data_testid="one-person",
        ),
    )


def _link(place: Place, current: str) -> rx.Component:
    return rx.cond(
        may(place.needs) & (AppState.who != "") if place.for_people else may(place.needs),
        rx.link(
            place.label,
            href=place.href,
            underline="none",
            aria_current="page" if place.href == current else "false",
            class_name="wb-filter",
        ),
    )
