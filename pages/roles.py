"""Settings, roles: what each may do. The table is the one from which the checks come."""

import reflex as rx

from components import settings_nav, theme
from workbench import routes
from workbench.auth.roles import GRANTS, INSTALLATION, MEANINGS, Action, Role


def page() -> rx.Component:
    """Return the page."""
    return settings_nav.page(
        rx.el.p(
            "A person has roles in a workspace, by name or through groups, and may do what any of them "
            "allows. Administrators of the installation may do everything, everywhere.",
            class_name="wb-setting-text",
        ),
        settings_nav.for_a_team(),
        _table(),
        route=routes.ROLES,
    )


def _table() -> rx.Component:
    heads = [rx.el.th("Action", scope="col"), *[_head(role.capitalize()) for role in Role]]
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*heads, _head("Administrator"))),
            rx.el.tbody(*[_line(action) for action in Action]),
            class_name="wb-roles-table",
            data_testid="roles-table",
        ),
        class_name="wb-roles-scroll",
        tab_index=0,
        role="region",
        aria_label="What each role may do",
    )


def _head(name: str) -> rx.Component:
    return rx.el.th(name, scope="col", class_name="wb-roles-role")


def _line(action: Action) -> rx.Component:
    cells = [_cell(action in GRANTS[role]) for role in Role]
    return rx.el.tr(
        rx.el.th(MEANINGS[action], rx.el.code(action.value, class_name="wb-roles-action"), scope="row"),
        *cells,
        _cell(True),
        class_name="wb-roles-installation" if action in INSTALLATION else "",
    )


def _cell(granted: bool) -> rx.Component:
    if not granted:
        return rx.el.td(rx.el.span("no", class_name="wb-hidden"))
    return rx.el.td(theme.icon("check"), rx.el.span("yes", class_name="wb-hidden"))
