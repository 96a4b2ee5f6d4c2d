"""A task about a step that failed, or a used-up budget: what went wrong, with which input, and what to do."""

import reflex as rx

from components import theme
from components.output.viewer import output_viewer
from workbench.state.task import TaskState
from workbench.state.task_pause import TaskPauseState

STATE = TaskPauseState
PAUSE = TaskPauseState.pause


def what_failed() -> rx.Component:
    """Return what went wrong, and the input that the step had."""
    return rx.fragment(
        rx.el.section(
            rx.el.h2(
                rx.cond(PAUSE.of_run, "What is used up", "What went wrong"), class_name="wb-section-title"
            ),
            rx.el.div(
                rx.el.p(
                    theme.icon("circle-alert"), rx.el.strong(PAUSE.message), class_name="wb-pause-message"
                ),
                rx.cond(PAUSE.hint != "", rx.el.p(PAUSE.hint)),
                rx.cond(~PAUSE.of_run, rx.el.p(_facts(), class_name="wb-row-quiet")),
                rx.cond(PAUSE.detail != "", rx.el.pre(PAUSE.detail, class_name="wb-pause-detail")),
                class_name="wb-pause-failure",
                data_testid="failure",
            ),
            class_name="wb-section",
        ),
        rx.cond(
            PAUSE.has_input,
            rx.el.section(
                rx.el.h2("Its input", class_name="wb-section-title"),
                output_viewer(value=PAUSE.input, media_type="application/json", href="", path=""),
                class_name="wb-section",
                data_testid="input",
            ),
        ),
    )


def _facts() -> rx.Component:
    return rx.fragment(
        rx.el.code(PAUSE.place),
        " · ",
        PAUSE.kind,
        " · ",
        rx.cond(PAUSE.attempts > 1, PAUSE.attempts.to(str) + " attempts", "1 attempt"),
    )


def decision() -> rx.Component:
    """Return what one can do about it."""
    return rx.el.section(
        rx.cond(
            STATE.writing == "output",
            _writing("Output in its place", STATE.output, STATE.write_output, '{"id": 1}'),
            rx.cond(
                STATE.writing != "",
                _writing(
                    rx.cond(PAUSE.of_run, "New budget", "Settings for the next try"),
                    STATE.settings,
                    STATE.write_settings,
                    "",
                ),
            ),
        ),
        rx.cond((STATE.writing == "output") & (PAUSE.ports.length() > 1), _ports()),
        rx.cond(
            (STATE.writing == "retry"),
            rx.el.p(
                "As in the document, with expressions. What you change holds for this run alone.",
                class_name="wb-field-hint",
            ),
        ),
        _reason(),
        rx.cond(STATE.wrong != "", rx.el.p(STATE.wrong, role="alert", class_name="wb-field-error")),
        rx.cond(TaskState.error != "", rx.el.p(TaskState.error, role="alert", class_name="wb-field-error")),
        rx.el.div(rx.cond(STATE.writing != "", _send(), _ways()), class_name="wb-task-choices wb-task-bar"),
        aria_label="Your decision",
        class_name="wb-section wb-task-decision",
        data_testid="decide-pause",
    )


def _ways() -> rx.Component:
    return rx.fragment(
        _way("retry", _decides("retry", "Try again", "rotate-ccw", solid=True)),
        _way("retry", _opens("retry", "Try with other input", "pencil")),
        _way("output", _opens("output", "Supply the output", "file-input")),
        _way("skip", _decides("skip", "Skip", "skip-forward")),
        _way("raise", _decides("raise", "Allow as much again", "plus", solid=True)),
        _way("raise", _opens("raise", "Set the budget", "pencil")),
        _way(
            "abort",
            rx.cond(
                PAUSE.of_run,
                _decides("abort", "Cancel the run", "circle-x", red=True),
                _decides("abort", "Let it fail", "circle-x", red=True),
            ),
        ),
    )


def _send() -> rx.Component:
    return rx.fragment(
        rx.match(
            STATE.writing,
            ("retry", _decides("retry", "Try again with this", "rotate-ccw", solid=True)),
            ("output", _decides("output", "Go on with this output", "check", solid=True)),
            ("raise", _decides("raise", "Give it this budget", "check", solid=True)),
            rx.fragment(),
        ),
        rx.button(
            "Back",
            size="2",
            variant="soft",
            color_scheme="gray",
            on_click=STATE.write(""),
            data_testid="back",
        ),
    )


def _way(choice: str, button: rx.Component) -> rx.Component:
    return rx.cond(PAUSE.choices.contains(choice), button)


def _decides(action: str, words: str, icon: str, *, solid: bool = False, red: bool = False) -> rx.Component:
    return rx.button(
        theme.icon(icon),
        words,
        size="2",
        variant="solid" if solid else "soft",
        color_scheme="iris" if solid else "red" if red else "gray",
        on_click=TaskState.decide(action, TaskState.head.id),
        data_testid=f"decide-{action}",
    )


def _opens(what: str, words: str, icon: str) -> rx.Component:
    return rx.button(
        theme.icon(icon),
        words,
        size="2",
        variant="soft",
        color_scheme="gray",
        on_click=STATE.write(what),
        data_testid=f"write-{what}",
    )


def _writing(
    label: rx.Var[str] | str, value: rx.Var[str], write: rx.EventHandler, placeholder: str
) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="wb-field-label"),
        rx.el.textarea(
            default_value=value,
            on_blur=write,
            rows="10",
            spell_check=False,
            placeholder=placeholder,
            class_name="wb-input wb-input-data",
            key=TaskState.head.id + STATE.writing,
        ),
        class_name="wb-field",
    )


def _ports() -> rx.Component:
    return rx.el.label(
        rx.el.span("Leaves by", class_name="wb-field-label"),
        rx.el.select(
            rx.foreach(PAUSE.ports, lambda port: rx.el.option(port, value=port)),
            value=STATE.port,
            on_change=STATE.choose_port,
            class_name="wb-input",
        ),
        class_name="wb-field",
    )


def _reason() -> rx.Component:
    return rx.el.label(
        rx.el.span("Why (optional)", class_name="wb-field-label"),
        rx.el.textarea(
            default_value=TaskState.reason,
            on_blur=TaskState.write_reason,
            rows="1",
            class_name="wb-input wb-task-text",
            key=TaskState.head.id + "why",
        ),
        class_name="wb-field",
    )
