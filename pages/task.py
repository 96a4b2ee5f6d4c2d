"""One task: its context, what is proposed, the decision, and what was said about it."""

import reflex as rx

from components import frame, skeleton
from components.moments import ago
from components.output.viewer import markdown, output_viewer
from components.run_form import run_form
from workbench import routes
from workbench.auth.roles import Action
from workbench.state.task import WORDS, Said, TaskState

_TONES = {"approve": ("solid", "iris"), "accept": ("solid", "iris"), "reject": ("soft", "red")}


def page() -> rx.Component:
    """Return the page."""
    return frame.page(
        rx.el.div(
            rx.cond(TaskState.head.id != "", _task(), skeleton.rows(6)),
            class_name="wb-column wb-column-narrow wb-task",
        ),
        section="inbox",
        needs=Action.TASKS_READ,
        where=(rx.link("Inbox", href=routes.INBOX, underline="hover"), TaskState.head.title),
        actions=(rx.cond(TaskState.head.asks, _claim()),),
        retry=TaskState.load,
    )


def _claim() -> rx.Component:
    mine = TaskState.head.claimed != ""
    return rx.button(
        rx.cond(mine, "Release", "Claim"),
        size="2",
        variant="soft",
        color_scheme="gray",
        on_click=TaskState.claim(~mine),
        data_testid="claim",
    )


def _task() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "Asked ",
            ago(at=TaskState.head.opened_at),
            " by a run of ",
            rx.link(TaskState.head.workflow, href=TaskState.head.run),
            rx.cond(TaskState.head.due_at != "", rx.fragment(", due ", ago(at=TaskState.head.due_at))),
            rx.cond(TaskState.head.claimed != "", rx.fragment(", claimed by ", TaskState.head.claimed)),
            rx.cond(
                TaskState.head.quorum > 1,
                rx.fragment(". ", TaskState.head.quorum.to(str), " people have to approve"),
            ),
            ".",
            class_name="wb-row-quiet",
        ),
        rx.cond(TaskState.head.context != "", _section("", markdown(text=TaskState.head.context))),
        rx.cond(
            (TaskState.head.data != None) & (TaskState.fields.length() == 0),  # noqa: E711
            _section(
                "What is proposed",
                output_viewer(value=TaskState.head.data, media_type="application/json", href="", path=""),
            ),
        ),
        rx.cond(TaskState.head.asks, _decision(), _outcome()),
        _history(),
    )


def _section(title: str, *content: rx.Component) -> rx.Component:
    heading = rx.el.h2(title, class_name="wb-section-title") if title else rx.fragment()
    return rx.el.section(heading, *content, class_name="wb-section")


def _outcome() -> rx.Component:
    return _section(
        "",
        rx.el.p(
            rx.cond(
                TaskState.head.status == "cancelled",
                "Its step or its run was cancelled; there is nothing left to decide.",
                "Decided: " + TaskState.head.outcome + ".",
            ),
            role="status",
            data_testid="outcome",
        ),
    )


def _decision() -> rx.Component:
    return _section(
        "Your decision",
        rx.cond(TaskState.fields.length() > 0, _form(), _choices()),
        rx.cond(TaskState.error != "", rx.el.p(TaskState.error, role="alert", class_name="wb-field-error")),
    )


def _form() -> rx.Component:
    return run_form(
        TaskState.fields,
        on_submit=TaskState.submit,
        error=TaskState.error,
        footer=rx.button(WORDS["submit"], type="submit", size="2"),
    )


def _choices() -> rx.Component:
    edits, responds = TaskState.head.choices.contains("edit"), TaskState.head.choices.contains("respond")
    return rx.el.div(
        rx.cond(edits, _text("Data, to be changed", TaskState.value, TaskState.write_value, rows="8")),
        rx.cond(responds, _text("Response", TaskState.text, TaskState.write_text, rows="3")),
        _text("Why (optional)", TaskState.reason, TaskState.write_reason, rows="2"),
        rx.el.div(rx.foreach(TaskState.head.choices, _choice), class_name="wb-task-choices"),
        class_name="wb-form",
    )


def _text(label: str, value: rx.Var[str], on_blur: rx.EventHandler, *, rows: str) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="wb-field-label"),
        rx.el.textarea(
            default_value=value,
            on_blur=on_blur,
            rows=rows,
            spell_check=False,
            class_name="wb-input wb-input-data",
        ),
        class_name="wb-field",
    )


def _choice(choice: rx.Var[str]) -> rx.Component:
    def button(action: str) -> rx.Component:
        variant, color = _TONES.get(action, ("soft", "gray"))
        return rx.button(
            WORDS[action],
            size="2",
            variant=variant,
            color_scheme=color,
            on_click=TaskState.decide(action),
            data_testid=f"decide-{action}",
        )

    return rx.match(choice, *[(action, button(action)) for action in WORDS], rx.fragment())


def _history() -> rx.Component:
    return _section(
        "History",
        rx.el.ul(rx.foreach(TaskState.said, _said), class_name="wb-task-said", data_testid="said"),
        rx.form(
            rx.el.textarea(
                name="comment",
                rows="2",
                placeholder="Write a comment",
                aria_label="Comment",
                class_name="wb-input",
            ),
            rx.button("Comment", type="submit", size="2", variant="soft", color_scheme="gray"),
            on_submit=TaskState.comment,
            reset_on_submit=True,
            class_name="wb-task-comment",
        ),
    )


def _said(one: rx.Var[Said]) -> rx.Component:
    return rx.el.li(
        rx.el.span(rx.el.strong(one.who), " ", one.what, " ", ago(at=one.at), class_name="wb-row-quiet"),
        rx.cond(one.text != "", markdown(text=one.text)),
    )
