"""The home page: the person's workflows, the gallery of examples, and the ways to get a new one."""

import reflex as rx

from components import dialogs, frame, skeleton, theme
from components.empty import empty_state
from components.examples import example_card
from components.may import EDITS, ask_for, if_may
from components.moments import ago
from components.problems import problem_list
from components.search import search_field
from components.sharing import narrowed_mark, sharing_dialog
from components.status import status_badge
from workbench.auth.roles import Action
from workbench.state.imports import MAX_BYTES
from workbench.state.sharing import SharingState
from workbench.state.views import WorkflowRow
from workbench.state.workflows import WorkflowsState

UPLOAD = "import-document"

_ANYTHING = (WorkflowsState.rows.length() > 0) | (WorkflowsState.search != "") | ~WorkflowsState.loaded
"""Whether there is a list to show, or to search in: before it is loaded that is taken for granted."""


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        frame.column(
            rx.cond(
                WorkflowsState.loaded,
                rx.fragment(_workflows(), if_may(Action.WORKFLOWS_WRITE, _gallery())),
                skeleton.rows(),
            ),
        ),
        _delete_dialog(),
        _import_dialog(),
        sharing_dialog(),
        section="workflows",
        needs=Action.WORKFLOWS_READ,
        where=("Workflows",),
        actions=(if_may(Action.WORKFLOWS_WRITE, _import_button(), rx.cond(_ANYTHING, _new_button())),),
        retry=WorkflowsState.load,
    )


def _new_button(label: str = "New workflow") -> rx.Component:
    return rx.button(
        theme.icon("plus"),
        label,
        size="2",
        title="Begin with an empty canvas",
        on_click=WorkflowsState.create,
        data_command="New workflow",
        data_testid="new-workflow",
    )


def _import_button() -> rx.Component:
    return rx.upload.root(
        rx.button(
            theme.icon("file-input"),
            rx.el.span("Import", class_name="wb-wide"),
            variant="soft",
            color_scheme="gray",
            size="2",
            type="button",
            title="Open a workflow from a JSON or YAML file",
            aria_label="Import a workflow",
            data_command="Import a workflow from a file",
        ),
        id=UPLOAD,
        multiple=False,
        max_files=1,
        max_size=MAX_BYTES,
        no_keyboard=True,
        on_drop_rejected=lambda files: WorkflowsState.refuse_files(files.length()),
        on_drop=WorkflowsState.import_file(rx.upload_files(upload_id=UPLOAD)),
        class_name="wb-upload",
        data_testid="import-document",
    )


def _workflows() -> rx.Component:
    return rx.cond(
        _ANYTHING,
        rx.fragment(
            rx.el.div(
                search_field("Search workflows", WorkflowsState.search, WorkflowsState.find),
                if_may(
                    Action.WORKFLOWS_WRITE,
                    rx.el.a("Examples", theme.icon("arrow-down"), href="#examples", class_name="wb-jump"),
                ),
                class_name="wb-toolbar",
            ),
            rx.cond(WorkflowsState.rows.length() > 0, _list(), _nothing_found()),
        ),
        rx.cond(EDITS, _begin(), _nothing_to_see()),
    )


def _begin() -> rx.Component:
    return empty_state(
        "workflow",
        "No workflows yet",
        "A workflow is a drawing of steps that the workbench runs for you, and that survives a restart. "
        "Start with an empty canvas, or open one of the examples below.",
        _new_button(),
    )


def _nothing_to_see() -> rx.Component:
    return empty_state(
        "workflow",
        "No workflows yet",
        "Those that are made in this workspace, and open to you, are listed here. "
        f"To make one, {ask_for(Action.WORKFLOWS_WRITE)}.",
    )


def _nothing_found() -> rx.Component:
    return rx.el.p(
        "No workflow is called “", WorkflowsState.search, "”.", class_name="wb-none", data_testid="none-found"
    )


def _list() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            *[rx.el.span(name) for name in ("Name", "Last run", "Live", "Steps", "Changed", "")],
            aria_hidden="true",
            class_name="wb-row wb-row-head wb-row-workflow",
        ),
        rx.el.ul(
            rx.foreach(WorkflowsState.rows, _row),
            aria_label="Workflows",
            class_name="wb-list",
            data_testid="workflow-list",
        ),
        rx.cond(WorkflowsState.cursor != "", _more_button(), rx.fragment()),
    )


def _more_button() -> rx.Component:
    return rx.el.div(
        rx.button("Load more", variant="soft", color_scheme="gray", size="2", on_click=WorkflowsState.more),
        class_name="wb-list-foot",
    )


def _row(row: rx.Var[WorkflowRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(
                rx.link(row.name, href=row.href, underline="none", class_name="wb-row-link", title=row.name),
                rx.cond(row.narrowed, narrowed_mark()),
                class_name="wb-row-named",
            ),
            rx.cond(
                row.description != "",
                rx.el.span(row.description, title=row.description, class_name="wb-row-note"),
                rx.fragment(),
            ),
            class_name="wb-row-main",
        ),
        rx.cond(
            row.run_status != "",
            rx.link(
                status_badge(row.run_status),
                rx.el.span(ago(at=row.run_at), class_name="wb-row-quiet"),
                href=row.run_href,
                underline="none",
                class_name="wb-row-run",
            ),
            rx.el.span("Never run", class_name="wb-row-quiet wb-row-run"),
        ),
        rx.el.span(
            rx.cond(row.live != "", row.live, "–"),
            title=rx.cond(row.live != "", "The live version", "Nothing published yet"),
            class_name="wb-row-quiet wb-row-wide",
        ),
        rx.el.span(row.nodes, class_name="wb-row-quiet wb-row-wide"),
        rx.el.span(ago(at=row.updated_at), class_name="wb-row-quiet wb-row-wide"),
        _menu(row),
        class_name="wb-row wb-row-workflow",
        data_testid="workflow-row",
    )


def _menu(row: rx.Var[WorkflowRow]) -> rx.Component:
    return rx.menu.root(
        rx.menu.trigger(
            rx.el.button(
                theme.icon("ellipsis"),
                type="button",
                aria_label="Actions for " + row.name.to(str),
                title="Actions",
                class_name="wb-icon-button",
            )
        ),
        rx.menu.content(
            if_may(Action.RUNS_START, rx.menu.item("Run …", on_select=rx.redirect(row.run_form))),
            rx.menu.item("Runs of this workflow", on_select=rx.redirect(row.runs)),
            rx.menu.separator(),
            if_may(
                Action.WORKFLOWS_WRITE,
                rx.menu.item("Duplicate", on_select=WorkflowsState.duplicate(row.id)),
            ),
            rx.menu.item("Who sees this …", on_select=SharingState.ask(row.id)),
            rx.menu.item("Download as JSON", on_select=WorkflowsState.download(row.id)),
            if_may(
                Action.WORKFLOWS_DELETE,
                rx.menu.separator(),
                rx.menu.item("Delete …", color="red", on_select=WorkflowsState.ask_delete(row.id, row.name)),
            ),
            size="1",
        ),
    )


def _gallery() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Start from an example", class_name="wb-section-title"),
        rx.el.div(
            rx.foreach(
                WorkflowsState.examples,
                lambda card: example_card(card, WorkflowsState.open_example(card.slug)),
            ),
            class_name="wb-cards",
        ),
        id="examples",
        class_name="wb-section",
        data_testid="examples",
    )


def _delete_dialog() -> rx.Component:
    return dialogs.confirm(
        open=WorkflowsState.doomed.is_not_none(),
        title="Delete “" + WorkflowsState.doomed.label.to(str) + "”?",
        text="Its canvas, its versions and its history of edits are gone for good. "
        "Past runs stay readable. Runs in progress must end or be cancelled first.",
        action="Delete workflow",
        on_confirm=WorkflowsState.delete,
        on_close=WorkflowsState.keep,
    )


def _import_dialog() -> rx.Component:
    return dialogs.panel(
        problem_list(WorkflowsState.problems),
        dialogs.foot(
            rx.dialog.close(rx.button("Close", variant="soft", color_scheme="gray", size="2")),
        ),
        open=WorkflowsState.rejected != "",
        title=WorkflowsState.rejected + " was not imported",
        text="Nothing was stored. Mend these in the file, then import it again.",
        on_close=WorkflowsState.dismiss_problems,
        testid="import-problems",
    )
