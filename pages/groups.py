"""Settings, groups: those of the installation, and for its administrators who is in them."""

import reflex as rx

from components import choosing, dialogs, settings_nav, skeleton, theme
from components.may import may
from components.new_form import new_form
from components.onlooker import onlooker
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.groups import GroupsState
from workbench.state.member_views import GroupPerson, GroupRow

MANAGES = may(Action.USERS_MANAGE)


def page() -> rx.Component:
    """Return the page."""
    return settings_nav.page(
        rx.cond(GroupsState.loaded, settings_nav.for_a_team(_groups()), skeleton.rows(4)),
        _dialog(),
        _delete_dialog(),
        onlooker(on_news=GroupsState.refresh),
        route=routes.GROUPS,
        retry=GroupsState.load,
    )


def _groups() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "A group has roles in a workspace as a person has, and its people have them through it. "
            "Groups belong to the whole installation; its administrators say who is in them.",
            class_name="wb-setting-text",
        ),
        rx.cond(
            MANAGES,
            new_form("group", error=GroupsState.error, filled=GroupsState.filled, on_submit=GroupsState.make),
        ),
        rx.cond(
            GroupsState.rows.length() > 0,
            rx.el.ul(
                rx.foreach(GroupsState.rows, _row),
                aria_label="Groups",
                class_name="wb-list wb-secrets",
                data_testid="groups",
            ),
            rx.el.p("There is no group yet.", class_name="wb-none"),
        ),
        rx.cond(
            GroupsState.cursor != "",
            rx.button("Load more", size="1", variant="soft", color_scheme="gray", on_click=GroupsState.more),
        ),
    )


def _row(row: rx.Var[GroupRow]) -> rx.Component:
    return rx.el.li(
        choosing.who(row.name, row.people, True),
        rx.cond(
            MANAGES,
            rx.button(
                "Open",
                size="1",
                variant="soft",
                color_scheme="gray",
                aria_label="Open the group " + row.name.to(str),
                on_click=GroupsState.open(row.id),
            ),
        ),
        class_name="wb-member",
        data_testid="group",
    )


def _dialog() -> rx.Component:
    name = GroupsState.opened.name.to(str)
    return dialogs.panel(
        rx.form(
            rx.el.div(
                rx.el.input(name="name", default_value=name, aria_label="Name", class_name="wb-input"),
                rx.button("Rename", type="submit", size="2", variant="soft", color_scheme="gray"),
                class_name="wb-new-form",
            ),
            key=GroupsState.opened.id.to(str),
            on_submit=GroupsState.rename,
        ),
        rx.cond(
            GroupsState.people.length() > 0,
            rx.el.ul(
                rx.foreach(GroupsState.people, _person),
                aria_label="People of the group",
                class_name="wb-list wb-choices",
                data_testid="group-people",
            ),
            rx.el.p("Nobody is in it yet.", class_name="wb-field-hint"),
        ),
        choosing.chooser(
            "Find people to put in",
            GroupsState.found,
            on_look=GroupsState.look,
            on_choose=GroupsState.put,
            testid="group-candidates",
        ),
        dialogs.foot(
            rx.button(
                "Delete group", variant="soft", color_scheme="red", size="2", on_click=GroupsState.ask_delete
            ),
            rx.dialog.close(rx.button("Done", type="button", size="2")),
        ),
        open=GroupsState.opened.is_not_none() & ~GroupsState.doomed,
        title=name,
        text="What its people may do changes the moment they are put in or taken out.",
        on_close=GroupsState.close,
        testid="group-dialog",
    )


def _person(person: rx.Var[GroupPerson]) -> rx.Component:
    return rx.el.li(
        choosing.who(person.name, person.email),
        rx.cond(
            person.fixed,
            rx.el.span("by a provider", title="Change it at the identity provider", class_name="wb-who-note"),
            rx.el.button(
                theme.icon("x"),
                type="button",
                title="Take out",
                aria_label="Take out " + person.name.to(str),
                on_click=GroupsState.take(person.id),
                class_name="wb-icon-button",
            ),
        ),
        class_name="wb-member",
    )


def _delete_dialog() -> rx.Component:
    return dialogs.confirm(
        open=GroupsState.doomed,
        title="Delete the group " + GroupsState.opened.name.to(str) + "?",
        text="Its people lose every role that they have through it, and what was opened to it.",
        action="Delete group",
        on_confirm=GroupsState.delete,
        on_close=GroupsState.keep,
    )
