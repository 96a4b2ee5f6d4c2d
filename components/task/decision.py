"""The decision: what goes with it, the buttons, and what came of it."""

import reflex as rx

from components import theme
from components.moments import ago
from components.scripts import script
from components.task.data import editor
from workbench.state.task import WORDS, TaskState
from workbench.state.task_data import TaskDataState

HEAD = TaskState.head
KEYS = {"approve": "a", "accept": "a", "reject": "r"}
_TONES = {"approve": ("solid", "iris"), "accept": ("solid", "iris"), "reject": ("soft", "red")}


class PageKeys(rx.Component):
    """Listens for the letters that stand as `data-key` at buttons and fields of the page."""

    library = script(__name__, "page_keys.jsx")
    tag = "PageKeys"


def decision() -> rx.Component:
    """Return what the person has to say; `bar` has the buttons."""
    return rx.el.section(
        rx.cond(HEAD.fills, editor("missing")),
        rx.cond(HEAD.choices.contains("respond"), _response()),
        rx.cond(~HEAD.fills, _reason()),
        aria_label="Your decision",
        class_name="wb-section wb-task-decision",
    )


def bar() -> rx.Component:
    """Return the buttons, which stay in sight however long the rest is."""
    return rx.el.div(
        rx.cond(TaskState.error != "", rx.el.p(TaskState.error, role="alert", class_name="wb-field-error")),
        rx.el.div(_buttons(), class_name="wb-task-choices"),
        class_name="wb-task-bar",
        data_testid="decision-bar",
    )


def _buttons() -> rx.Component:
    return rx.cond(
        TaskDataState.editing & ~HEAD.fills,
        rx.fragment(
            _button("edit", disabled=(TaskDataState.changes.length() == 0) | (TaskDataState.wrong != "")),
            rx.button(
                "Discard changes",
                size="2",
                variant="soft",
                color_scheme="gray",
                on_click=TaskDataState.edit(False),
                data_testid="discard",
            ),
        ),
        rx.foreach(HEAD.choices, _choice),
    )


def _choice(choice: rx.Var[str]) -> rx.Component:
    buttons = [(action, _button(action)) for action in WORDS if action != "edit"]
    return rx.match(choice, *buttons, ("edit", _edit()), rx.fragment())


def _edit() -> rx.Component:
    return rx.cond(
        TaskDataState.proposed.size == "",
        rx.button(
            theme.icon("pencil"),
            "Edit",
            size="2",
            variant="soft",
            color_scheme="gray",
            title="Change the data (E)",
            on_click=TaskDataState.edit(True),
            data_key="e",
            data_testid="edit",
        ),
        rx.el.span(
            "The data is too large to be changed here; send a decision with it over the API.",
            class_name="wb-field-hint",
        ),
    )


def _button(action: str, *, disabled: rx.Var[bool] | bool = False) -> rx.Component:
    variant, color = _TONES.get(action, ("soft", "gray"))
    if action in ("submit", "edit"):
        variant, color = "solid", "iris"
    key = KEYS.get(action)
    keyed = {"data_key": key, "title": f"{WORDS[action]} ({key.upper()})"} if key else {}
    return rx.button(
        WORDS[action],
        size="2",
        variant=variant,
        color_scheme=color,
        disabled=disabled,
        on_click=TaskState.decide(action, TaskState.head.id),
        data_testid=f"decide-{action}",
        **keyed,
    )


def _response() -> rx.Component:
    return _text("Response", TaskState.text, TaskState.write_text, rows="3")


def _reason() -> rx.Component:
    return _text("Why (optional)", TaskState.reason, TaskState.write_reason, rows="1")


def _text(label: str, value: rx.Var[str], write: rx.EventHandler, *, rows: str) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="wb-field-label"),
        rx.el.textarea(
            default_value=value,
            on_blur=write,
            rows=rows,
            class_name="wb-input wb-task-text",
            key=HEAD.id + label,
        ),
        class_name="wb-field",
    )


def outcome() -> rx.Component:
    """Return what came of a task that waits for nobody any more."""
    return rx.el.section(
        rx.cond(TaskState.news != "", rx.el.p(TaskState.news, role="alert", data_testid="news")),
        rx.el.p(
            rx.cond(
                HEAD.status == "cancelled",
                "Its step or its run was cancelled; there is nothing left to decide.",
                rx.fragment(
                    "Decided: ",
                    HEAD.outcome,
                    ".",
                    rx.cond(HEAD.decider != "", rx.fragment(" By ", HEAD.decider, ".")),
                ),
            ),
            rx.cond(HEAD.closed_at != "", rx.el.span(" ", ago(at=HEAD.closed_at), class_name="wb-row-quiet")),
            role="status",
            data_testid="outcome",
        ),
        class_name="wb-section wb-task-outcome",
        data_status=HEAD.status,
    )
