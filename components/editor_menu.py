"""What the editor offers beside drawing and running: a menu, and the way to publish."""

import reflex as rx

from components import theme
from components.may import if_may
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.editor import EditorState
from workbench.state.editor_page import EditorPageState
from workbench.state.run_form import RunFormState
from workbench.state.sharing import SharingState

UPLOAD = "replace-draft"
NOTHING_TO_PUBLISH = (EditorState.problems.length() > 0) | EditorState.is_live


def menu() -> rx.Component:
    """Return the menu, with the file chooser that one of its lines opens."""
    return rx.fragment(
        rx.menu.root(
            rx.menu.trigger(
                rx.el.button(
                    theme.icon("ellipsis"),
                    type="button",
                    aria_label="More",
                    title="More",
                    class_name="wb-icon-button",
                    data_testid="editor-menu",
                )
            ),
            rx.menu.content(*_menu_of_runs(), rx.menu.separator(), *_menu_of_files(), size="1"),
        ),
        _upload(),
    )


def _menu_of_runs() -> tuple[rx.Component, ...]:
    return (
        if_may(
            Action.WORKFLOWS_PUBLISH,
            rx.menu.item(
                _publish_words(),
                disabled=NOTHING_TO_PUBLISH,
                on_select=EditorState.publish,
                class_name="wb-narrow",
                data_testid="menu-publish",
            ),
        ),
        if_may(
            Action.RUNS_START,
            rx.menu.item(
                "Run with options …",
                on_select=RunFormState.ask_options,
                data_testid="menu-run-options",
            ),
        ),
        rx.menu.item("Workflow settings", on_select=EditorPageState.show_settings),
        rx.menu.item(
            "Runs of this workflow",
            on_select=rx.redirect(routes.RUNS + "?workflow=" + EditorState.graph.id),
        ),
        rx.menu.item(
            "Who sees this …",
            on_select=SharingState.ask(EditorState.graph.id),
            data_testid="menu-sharing",
        ),
    )


def _menu_of_files() -> tuple[rx.Component, ...]:
    return (
        rx.menu.item("Export as JSON", on_select=EditorPageState.export),
        if_may(
            Action.WORKFLOWS_WRITE,
            rx.menu.item(
                "Replace from a file …",
                on_select=rx.call_script(f"document.querySelector('#{UPLOAD} input').click()"),
                data_testid="menu-replace",
            ),
        ),
    )


def _upload() -> rx.Component:
    return rx.upload.root(
        id=UPLOAD,
        multiple=False,
        max_files=1,
        no_drag=True,
        no_keyboard=True,
        on_drop=EditorPageState.replace_from(rx.upload_files(upload_id=UPLOAD)),
        class_name="wb-hidden",
    )


def publish_button() -> rx.Component:
    """Return the button that publishes the draft."""
    return rx.button(
        _publish_words(),
        variant="soft",
        color_scheme="gray",
        size="2",
        disabled=NOTHING_TO_PUBLISH,
        title=rx.cond(EditorState.is_live, "The draft is the live version", "Runs use it from then on"),
        on_click=EditorState.publish,
        class_name="wb-wide",
        data_command="Publish this workflow",
        data_testid="publish",
    )


def _publish_words() -> rx.Component:
    return rx.cond(
        EditorState.is_live,
        "Published",
        rx.el.span("Publish version ", EditorState.next_version),
    )
