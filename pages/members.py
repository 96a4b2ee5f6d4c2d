"""Settings, members: who belongs to the workspace, what gives them their roles, and the dialog that does."""

import reflex as rx

from components import choosing, dialogs, settings_nav, skeleton, theme
from components.impersonation import act_as
from components.may import if_may, may
from components.onlooker import onlooker
from components.search import search_field
from workbench import routes
from workbench.auth.roles import Action, Role
from workbench.state.member_views import MemberRow, RoleLine
from workbench.state.members import MembersState

SAYS = {
    Role.VIEWER: "Sees workflows and runs",
    Role.REVIEWER: "Decides waiting steps too",
    Role.DESIGNER: "Draws, publishes and runs workflows",
    Role.OPERATOR: "Runs them, keeps triggers, secrets and the keys of programs",
    Role.ADMIN: "All of that, and gives and takes roles",
}
"""What a role is for, in a line."""


def page() -> rx.Component:
    """Return the page."""
    return settings_nav.page(
        rx.cond(MembersState.loaded, settings_nav.for_a_team(_toolbar(), _list()), skeleton.rows(4)),
        _add_dialog(),
        _roles_dialog(),
        onlooker(on_news=MembersState.refresh),
        route=routes.MEMBERS,
        retry=MembersState.load,
    )


def _toolbar() -> rx.Component:
    return rx.el.div(
        search_field("Search members", MembersState.search, MembersState.find),
        if_may(
            Action.MEMBERS_WRITE,
            rx.button(
                theme.icon("plus"),
                "Add a member",
                size="2",
                title="Give somebody, or a group, a role here",
                on_click=MembersState.add,
                data_testid="add-member",
            ),
        ),
        class_name="wb-toolbar wb-toolbar-apart",
    )


def _list() -> rx.Component:
    return rx.cond(
        MembersState.rows.length() > 0,
        rx.fragment(
            rx.el.ul(
                rx.foreach(MembersState.rows, _row),
                aria_label="Members",
                class_name="wb-list",
                data_testid="members",
            ),
            rx.cond(MembersState.cursor != "", _more()),
        ),
        rx.el.p("No member is called “", MembersState.search, "”.", class_name="wb-none"),
    )


def _more() -> rx.Component:
    return rx.el.div(
        rx.button("Load more", variant="soft", color_scheme="gray", size="2", on_click=MembersState.more),
        class_name="wb-list-foot",
    )


def _row(row: rx.Var[MemberRow]) -> rx.Component:
    return rx.el.li(
        choosing.who(row.name, row.email, row.is_group),
        rx.el.span(
            rx.cond(row.disabled, rx.el.span("Disabled", class_name="wb-role wb-role-off")),
            rx.cond(
                row.administrator,
                rx.el.span(
                    "Administrator", title="Of the whole installation: admin everywhere", class_name="wb-role"
                ),
            ),
            rx.foreach(row.roles, _role),
            class_name="wb-roles",
        ),
        if_may(
            Action.MEMBERS_WRITE,
            rx.el.button(
                theme.icon("pencil"),
                type="button",
                title="Change roles",
                aria_label="Change the roles of " + row.name.to(str),
                on_click=MembersState.edit(row.id),
                class_name="wb-icon-button",
                data_testid="change-roles",
            ),
        ),
        class_name="wb-member",
        data_testid="member",
    )


def _role(line: rx.Var[RoleLine]) -> rx.Component:
    return rx.el.span(
        line.role,
        rx.cond(line.source != "", rx.el.span(" ", line.source, class_name="wb-role-source")),
        class_name="wb-role",
    )


def _add_dialog() -> rx.Component:
    return dialogs.panel(
        choosing.chooser(
            "Name or e-mail address",
            MembersState.found,
            on_look=MembersState.look,
            on_choose=MembersState.choose,
            testid="candidates",
        ),
        dialogs.foot(dialogs.cancel()),
        open=MembersState.adding,
        title="Add a member",
        text="A person or a group of this installation. You choose their roles next.",
        on_close=MembersState.close,
        testid="add-member-dialog",
    )


def _roles_dialog() -> rx.Component:
    chosen = MembersState.chosen
    return dialogs.panel(
        rx.el.div(*[_check(role) for role in Role], class_name="wb-checks"),
        rx.cond(
            may(Action.USERS_MANAGE) & ~chosen.is_group.to(bool),
            _account(),
        ),
        dialogs.foot(
            dialogs.cancel(),
            rx.button("Save roles", size="2", on_click=MembersState.save, data_testid="save-roles"),
        ),
        open=chosen.is_not_none(),
        title="Roles of " + chosen.name.to(str),
        text=rx.el.span(
            "What is given here by name. Roles through groups and from identity providers stay. ",
            rx.link("What each role may do", href=routes.ROLES, underline="always"),
        ),
        on_close=MembersState.close,
        testid="roles-dialog",
    )


def _check(role: Role) -> rx.Component:
    return rx.el.label(
        rx.checkbox(
            checked=MembersState.wanted.contains(role.value),
            on_change=lambda on: MembersState.toggle(role.value, on),
            data_testid=f"role-{role}",
        ),
        rx.el.span(
            rx.el.strong(role.capitalize()),
            rx.el.span(SAYS[role], class_name="wb-who-note"),
            class_name="wb-check-words",
        ),
        class_name="wb-check",
    )


def _account() -> rx.Component:
    chosen = MembersState.chosen
    disabled, administrator = chosen.disabled.to(bool), chosen.administrator.to(bool)
    return rx.el.div(
        rx.el.span("Account in the whole installation", class_name="wb-field-label"),
        rx.el.div(
            rx.button(
                rx.cond(administrator, "Unmake administrator", "Make administrator"),
                size="1",
                variant="soft",
                color_scheme="gray",
                on_click=MembersState.change_account(disabled, ~administrator),
                data_testid="administrator",
            ),
            rx.button(
                rx.cond(disabled, "Enable account", "Disable account and sign out"),
                size="1",
                variant="soft",
                color_scheme=rx.cond(disabled, "gray", "red"),
                on_click=MembersState.change_account(~disabled, administrator),
                data_testid="disable",
            ),
            rx.cond(
                may(Action.IMPERSONATE) & ~administrator & ~disabled,
                rx.button(
                    "Act as this person",
                    size="1",
                    variant="soft",
                    color_scheme="gray",
                    on_click=act_as(chosen.id.to(str), on_refused=MembersState.say),
                    data_testid="act-as",
                ),
            ),
            class_name="wb-inline",
        ),
        class_name="wb-account",
    )
