"""The frame around every page: the rail, the top bar, the error banner, the work, and the mobile tab bar.

A page calls `frame.page(...)` once and passes what stands in the top bar and in the middle; nothing else
draws navigation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import reflex as rx

from components import notices, sign_out, theme, workspace_switch
from components.banner import connection_banner, trouble_banner
from components.command_palette import command_palette
from components.empty import empty_state
from components.impersonation import impersonation_banner
from components.keys import keys
from components.may import if_may, may
from workbench import routes
from workbench.auth.roles import Action, refusal
from workbench.state.base import AppState


@dataclass(frozen=True)
class Section:
    """A destination of the rail."""

    key: str
    label: str
    icon: str
    href: str
    keys: str


SECTIONS = (
    Section("workflows", "Workflows", "workflow", routes.WORKFLOWS, "G W"),
    Section("runs", "Runs", "history", routes.RUNS, "G R"),
    Section("inbox", "Inbox", "inbox", routes.INBOX, "G I"),
    Section("settings", "Settings", "settings-2", routes.SETTINGS, "G S"),
)


def page(
    *content: rx.Component,
    section: str,
    where: Sequence[rx.Component | str | rx.Var[str]],
    actions: Sequence[rx.Component] = (),
    needs: Action,
    flush: bool = False,
    retry: rx.EventHandler | None = None,
) -> rx.Component:
    """Return a whole page.

    Who may not do what it `needs` finds a word about that in its place.

    `section` is the key of the rail entry that is current; `where` are the crumbs of the top bar, the last
    one being this page (its heading); `actions` are the top bar's buttons. `flush` gives the content the
    whole area without padding or scrolling of its own (the canvas). `retry` is what the error banner's
    "Try again" does: the page's load handler.
    """
    return rx.el.div(
        rx.el.a("Skip to content", href="#content", class_name="wb-skip"),
        _rail(section),
        rx.el.div(
            _top_bar(where, [if_may(needs, *actions)] if actions else []),
            connection_banner(),
            impersonation_banner(),
            rx.cond(
                may(needs),
                rx.fragment(trouble_banner(retry), _main(*content, flush=flush)),
                _main(_not_open(needs)),
            ),
            class_name="wb-work",
        ),
        _tabs(section),
        command_palette([{"label": one.label, "href": one.href, "keys": one.keys} for one in SECTIONS]),
        keys(),
        class_name="wb-shell",
    )


def _main(*content: rx.Component, flush: bool = False) -> rx.Component:
    return rx.el.main(
        *content, id="content", tab_index=-1, class_name="wb-main wb-main-flush" if flush else "wb-main"
    )


def _not_open(needs: Action) -> rx.Component:
    return empty_state(
        "lock",
        "This page is not open to you",
        rx.cond(
            AppState.workspace == "",
            "You belong to no workspace yet. Ask an administrator to add you to one.",
            refusal(needs),
        ),
    )


def column(*content: rx.Component) -> rx.Component:
    """Return the centred column that lists and forms stand in."""
    return rx.el.div(*content, class_name="wb-column")


def _top_bar(
    where: Sequence[rx.Component | str | rx.Var[str]], actions: Sequence[rx.Component]
) -> rx.Component:
    crumbs = [rx.el.li(crumb, class_name="wb-crumb") for crumb in where[:-1]]
    here = where[-1]
    heading = here if isinstance(here, rx.Component) else rx.el.h1(here, class_name="wb-heading")
    return rx.el.header(
        rx.el.nav(
            rx.el.ol(*crumbs, rx.el.li(heading, class_name="wb-crumb wb-crumb-here"), class_name="wb-crumbs"),
            aria_label="Where you are",
            class_name="wb-where",
        ),
        rx.el.div(*actions, notices.bell(), class_name="wb-actions"),
        class_name="wb-bar",
    )


def _rail(current: str) -> rx.Component:
    return rx.el.nav(
        rx.link(
            rx.el.span("W", aria_hidden="true", class_name="wb-mark"),
            rx.el.span("Workbench", class_name="wb-rail-label"),
            href=routes.WORKFLOWS,
            underline="none",
            class_name="wb-brand",
        ),
        rx.el.div(
            *[_entry(section, current, "wb-rail-entry") for section in SECTIONS], class_name="wb-rail-list"
        ),
        rx.el.div(
            _rail_button("search", "Search", "Ctrl K", "wb-palette"),
            _rail_button("keyboard", "Keys", "?", "wb-keys"),
            workspace_switch.in_rail(),
            sign_out.in_rail(),
            class_name="wb-rail-list wb-rail-end",
        ),
        aria_label="Main",
        class_name="wb-rail",
    )


def _rail_button(icon: str, label: str, key: str, event: str) -> rx.Component:
    """Return a button that opens what listens for the window's `event`."""
    return rx.el.button(
        theme.icon(icon),
        rx.el.span(label, class_name="wb-rail-label"),
        rx.el.kbd(key, class_name="wb-kbd wb-rail-label"),
        type="button",
        title=f"{label} ({key})",
        on_click=rx.call_script(f"window.dispatchEvent(new Event('{event}'))"),
        class_name="wb-rail-entry wb-rail-button",
    )


def _tabs(current: str) -> rx.Component:
    return rx.el.nav(
        *[_entry(section, current, "wb-tab") for section in SECTIONS], aria_label="Main", class_name="wb-tabs"
    )


def _waiting() -> rx.Component:
    """Return how many tasks wait for the person, beside the inbox."""
    count = AppState.waiting
    return rx.cond(
        count > 0,
        rx.el.span(
            rx.cond(count > 999, "999+", count.to(str)),
            title=count.to(str) + " waiting for you",
            class_name="wb-rail-count",
            data_testid="inbox-count",
        ),
    )


def _entry(section: Section, current: str, class_name: str) -> rx.Component:
    return rx.link(
        theme.icon(section.icon),
        rx.el.span(section.label, class_name="wb-rail-label"),
        _waiting() if section.key == "inbox" else rx.fragment(),
        href=section.href,
        underline="none",
        aria_current="page" if section.key == current else "false",
        title=section.label,
        class_name=class_name,
        data_testid=f"nav-{section.key}",
    )
