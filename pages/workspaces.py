"""Settings, workspaces: those of the person, and for administrators all, to make, rename and archive."""

import reflex as rx

from components import dialogs, settings_nav, skeleton, theme
from components.hours import hours_field
from components.may import may
from components.new_form import new_form
from components.onlooker import onlooker
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.member_views import WorkspaceRow
from workbench.state.workspaces import WorkspacesState

MANAGES = may(Action.WORKSPACES_MANAGE)


def page() -> rx.Component:
    """Return the page."""
    return settings_nav.page(
        rx.cond(WorkspacesState.loaded, settings_nav.for_a_team(_workspaces()), skeleton.rows(3)),
        _archive_dialog(),
        _name_dialog(),
        _hours_dialog(),
        onlooker(on_news=WorkspacesState.refresh),
        route=routes.WORKSPACES,
        retry=WorkspacesState.load,
    )


def _workspaces() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "Workflows, runs, secrets and roles belong to a workspace; nobody sees into another one.",
            class_name="wb-setting-text",
        ),
        rx.cond(
            MANAGES,
            new_form(
                "workspace",
                error=WorkspacesState.error,
                filled=WorkspacesState.filled,
                on_submit=WorkspacesState.make,
            ),
        ),
        rx.el.ul(
            rx.foreach(WorkspacesState.rows, _row),
            aria_label="Workspaces",
            class_name="wb-list wb-secrets",
            data_testid="workspaces",
        ),
        rx.cond(
            WorkspacesState.cursor != "",
            rx.button(
                "Load more", size="1", variant="soft", color_scheme="gray", on_click=WorkspacesState.more
            ),
        ),
    )


def _row(row: rx.Var[WorkspaceRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            theme.icon("box"),
            rx.el.span(row.name, title=row.name, class_name="wb-who-name"),
            rx.cond(row.current, rx.el.span("You are here", class_name="wb-role")),
            rx.cond(row.archived, rx.el.span("Archived", class_name="wb-role wb-role-off")),
            class_name="wb-who",
        ),
        rx.cond(
            row.archived,
            _button("Restore", WorkspacesState.restore(row.id)),
            rx.fragment(
                rx.cond(row.current, rx.fragment(), _button("Switch to it", WorkspacesState.switch(row.id))),
                rx.cond(
                    MANAGES,
                    rx.fragment(
                        _icon("clock", "Working hours", row, WorkspacesState.ask_hours(row.id)),
                        _icon("pencil", "Rename", row, WorkspacesState.ask_name(row.id)),
                        _icon("archive", "Archive", row, WorkspacesState.ask_archive(row.id)),
                    ),
                ),
            ),
        ),
        class_name="wb-member",
        data_testid="workspace",
    )


def _button(label: str, event: rx.event.EventType) -> rx.Component:
    return rx.button(label, size="1", variant="soft", color_scheme="gray", on_click=event)


def _icon(icon: str, label: str, row: rx.Var[WorkspaceRow], event: rx.event.EventType) -> rx.Component:
    return rx.el.button(
        theme.icon(icon),
        type="button",
        title=label,
        aria_label=f"{label} " + row.name.to(str),
        on_click=event,
        class_name="wb-icon-button",
    )


def _archive_dialog() -> rx.Component:
    return dialogs.confirm(
        open=WorkspacesState.doomed.is_not_none(),
        title="Archive " + WorkspacesState.doomed.name.to(str) + "?",
        text="Nobody sees it until an administrator restores it. Its runs must have ended, and its "
        "triggers be paused. Nothing is deleted.",
        action="Archive workspace",
        on_confirm=WorkspacesState.archive,
        on_close=WorkspacesState.keep,
    )


def _hours_dialog() -> rx.Component:
    return dialogs.panel(
        hours_field(
            text=WorkspacesState.timed.hours,
            otherwise="From Monday to Friday, 9 to 17 UTC.",
            read_only=False,
            on_save=WorkspacesState.set_hours,
            key=WorkspacesState.timed.id.to(str),
        ),
        rx.cond(
            WorkspacesState.error != "",
            rx.el.p(WorkspacesState.error, role="alert", class_name="wb-field-error"),
        ),
        dialogs.foot(rx.button("Done", size="2", variant="soft", on_click=WorkspacesState.keep)),
        open=WorkspacesState.timed.is_not_none(),
        title="Working hours of " + WorkspacesState.timed.name.to(str),
        text="What a step means by “8 working hours”, unless it has hours of its own. Saved as you set them; "
        "tasks that wait already keep their times.",
        on_close=WorkspacesState.keep,
        testid="workspace-hours",
    )


def _name_dialog() -> rx.Component:
    name = WorkspacesState.named.name.to(str)
    return dialogs.panel(
        rx.form(
            rx.el.input(
                name="name",
                default_value=name,
                aria_label="Name",
                required=True,
                max_length=120,
                class_name="wb-input",
            ),
            dialogs.foot(dialogs.cancel(), rx.button("Rename", type="submit", size="2")),
            key=WorkspacesState.named.id.to(str),
            on_submit=WorkspacesState.rename,
        ),
        open=WorkspacesState.named.is_not_none(),
        title="Rename " + name,
        text="Addresses and keys stay as they are.",
        on_close=WorkspacesState.keep,
        testid="rename-workspace",
    )
