"""What happened to a task, and the place to say something about it."""

from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from components import theme
from components.moments import ago
from components.output.viewer import markdown
from components.scripts import script
from components.task.data import difference, files
from workbench.auth.roles import Action
from workbench.state.base import AppState
from workbench.state.member_views import CandidateRow
from workbench.state.task_story import StoryLine
from workbench.state.task_talk import TaskTalkState

TALK = TaskTalkState


class Composer(rx.NoSSRComponent):
    """Where a comment is written. `found` are people to be named by @, `known` those that it names already;
    `files` is where files are put, empty for none. It begins anew when `seed` grows."""

    library = script(__name__, "composer.jsx")
    tag = "Composer"

    text: rx.Var[str]
    known: rx.Var[dict[str, str]]
    found: rx.Var[list[CandidateRow]]
    files: rx.Var[str]
    sends: rx.Var[str]
    seed: rx.Var[int]
    cancels: rx.Var[bool]

    on_look: rx.EventHandler[passthrough_event_spec(str)]
    on_send: rx.EventHandler[passthrough_event_spec(str, list[str], list[dict[str, Any]])]
    on_cancel: rx.EventHandler[rx.event.no_args_event_spec]


def story() -> rx.Component:
    """Return the history of the task with its comments."""
    return rx.fragment(
        rx.cond(
            TALK.earlier > 0,
            rx.el.button(
                "Show ",
                TALK.earlier,
                " earlier",
                type="button",
                on_click=TALK.show_earlier,
                class_name="wb-more",
            ),
        ),
        rx.el.ol(rx.foreach(TALK.lines, _line), class_name="wb-story", data_testid="said"),
        rx.cond(AppState.may.contains(Action.TASKS_DECIDE.value), _composer()),
    )


def _composer() -> rx.Component:
    return Composer.create(
        text="",
        found=TALK.found,
        files=TALK.files,
        sends="Comment",
        seed=TALK.sent,
        on_look=TALK.look,
        on_send=TALK.send,
    )


def _line(one: rx.Var[StoryLine]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.cond(one.who != "", rx.fragment(rx.el.strong(one.who), " ")),
            one.what,
            " ",
            ago(at=one.at),
            rx.cond(one.edited != "", rx.el.span(" · changed ", ago(at=one.edited))),
            rx.cond(one.mine, _own(one)),
            class_name="wb-story-head",
        ),
        rx.cond(
            (one.comment != "") & (TALK.changing == one.comment),
            _changing(),
            rx.cond(one.text != "", markdown(text=one.text)),
        ),
        difference(one.changes),
        files(one.files),
        key=one.key,
        data_tone=one.tone,
        data_comment=rx.cond(one.comment != "", "true", "false"),
    )


def _own(one: rx.Var[StoryLine]) -> rx.Component:
    return rx.el.span(
        _tool("pencil", "Change this comment", TALK.change(one.comment)),
        _tool("trash-2", "Take this comment back", TALK.delete(one.comment)),
        class_name="wb-story-tools",
    )


def _tool(icon: str, label: str, press: Any) -> rx.Component:
    return rx.el.button(
        theme.icon(icon),
        type="button",
        title=label,
        aria_label=label,
        on_click=press,
        class_name="wb-icon-button",
    )


def _changing() -> rx.Component:
    return Composer.create(
        text=TALK.draft,
        known=TALK.named,
        found=TALK.found,
        files="",
        sends="Save",
        seed=0,
        cancels=True,
        on_look=TALK.look,
        on_send=TALK.save,
        on_cancel=TALK.change(""),
    )
