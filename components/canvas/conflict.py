"""The question when a draft was changed elsewhere: both sides, and which one to go on with."""

import reflex as rx

from components import dialogs
from workbench.state.editor import EditorState


def conflict_dialog() -> rx.Component:
    """Return the dialog. Closing it without an answer takes the other side: nothing is lost unasked."""
    conflict = EditorState.conflict
    return dialogs.panel(
        rx.el.section(
            rx.el.h3("Your change"), rx.el.p(conflict.mine), class_name="wb-side", data_testid="conflict-mine"
        ),
        rx.el.section(
            rx.el.h3("Meanwhile, elsewhere"),
            rx.el.ul(rx.foreach(conflict.theirs, lambda line: rx.el.li(line))),
            class_name="wb-side",
            data_testid="conflict-theirs",
        ),
        dialogs.foot(
            rx.button(
                "Drop mine and reload",
                variant="soft",
                color_scheme="gray",
                size="2",
                on_click=EditorState.take_theirs,
                data_testid="take-theirs",
            ),
            rx.button(
                "Make my change on top", size="2", on_click=EditorState.keep_mine, data_testid="keep-mine"
            ),
        ),
        open=EditorState.conflict.is_not_none(),
        title="This workflow was changed elsewhere",
        text=rx.el.span(
            "Your change was made on revision ",
            conflict.based_on,
            "; the draft is at revision ",
            conflict.current,
            ".",
        ),
        on_close=EditorState.take_theirs,
        testid="conflict",
    )
