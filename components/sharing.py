"""Who sees a workflow: the dialog that says it, and the mark of one that is narrowed."""

import reflex as rx

from components import choosing, dialogs, theme
from components.may import if_may, may
from workbench.auth.roles import Action
from workbench.state.member_views import CandidateRow
from workbench.state.sharing import SharingState

SHARE = Action.WORKFLOWS_SHARE


def narrowed_mark() -> rx.Component:
    """Return the mark of a workflow that not everybody in its workspace sees."""
    return rx.el.span(
        theme.icon("lock"),
        title="Only some people and groups see this workflow",
        class_name="wb-narrowed",
        data_testid="narrowed",
    )


def sharing_dialog() -> rx.Component:
    """Return the dialog; `SharingState.ask` opens it."""
    return dialogs.panel(
        rx.cond(may(SHARE), _narrow(), _as_it_is()),
        rx.cond(SharingState.narrowed, _chosen()),
        rx.cond(
            may(SHARE),
            dialogs.foot(
                dialogs.cancel(),
                rx.button(
                    "Save",
                    size="2",
                    title="It counts at once",
                    on_click=SharingState.save,
                    data_testid="save-sharing",
                ),
            ),
            dialogs.foot(dialogs.cancel("Close")),
        ),
        open=SharingState.workflow_id != "",
        title="Who sees this",
        text="Everybody in the workspace sees a workflow, its runs and its triggers, unless it is narrowed. "
        "Admins always do, and so do you.",
        on_close=SharingState.close,
        testid="sharing-dialog",
    )


def _narrow() -> rx.Component:
    return rx.el.label(
        rx.checkbox(checked=SharingState.narrowed, on_change=SharingState.narrow, data_testid="narrow"),
        rx.el.span(
            rx.el.strong("Only chosen people and groups"),
            rx.el.span(
                "Triggers go on firing, and published workflows go on calling it.",
                class_name="wb-who-note",
            ),
            class_name="wb-check-words",
        ),
        class_name="wb-check",
    )


def _as_it_is() -> rx.Component:
    """Return the same for who may not change it."""
    return rx.el.p(
        rx.cond(
            SharingState.narrowed,
            "This one is open to these people and groups only:",
            "This one is open to everybody in the workspace.",
        ),
        class_name="wb-sharing-says",
        data_testid="sharing-says",
    )


def _chosen() -> rx.Component:
    return rx.fragment(
        rx.cond(
            SharingState.open_to.length() > 0,
            rx.el.ul(
                rx.foreach(SharingState.open_to, _row),
                aria_label="Open to",
                class_name="wb-list wb-choices wb-open-to",
                data_testid="open-to",
            ),
        ),
        if_may(
            SHARE,
            choosing.chooser(
                "Find a member to let in",
                SharingState.found,
                on_look=SharingState.look,
                on_choose=SharingState.let_in,
                testid="sharing-candidates",
            ),
        ),
    )


def _row(row: rx.Var[CandidateRow]) -> rx.Component:
    return rx.el.li(
        choosing.who(row.name, row.email, row.is_group),
        if_may(
            SHARE,
            rx.el.button(
                theme.icon("x"),
                type="button",
                title="Leave out",
                aria_label="Leave out " + row.name.to(str),
                on_click=SharingState.leave_out(row.id),
                class_name="wb-icon-button",
            ),
        ),
        class_name="wb-member",
    )
