"""What can be done about a node that waits: a decision about its failure, or the event it waits for."""

import reflex as rx

from components import theme
from components.inspector.parts import TextField
from components.may import ask_for, may
from workbench.auth.roles import Action
from workbench.state.run import RunState
from workbench.state.waiting import WaitingState

SHOWN = RunState.shown


def waiting() -> rx.Component:
    """Return the form for what the node that is looked at waits for; nothing for other nodes."""
    return rx.match(
        SHOWN.asks,
        (
            "decision",
            rx.cond(
                may(Action.TASKS_DECIDE),
                _decision(),
                _only_waits("somebody to decide about this step. To decide", Action.TASKS_DECIDE),
            ),
        ),
        (
            "event",
            rx.cond(
                may(Action.EVENTS_SEND),
                _event(),
                _only_waits("an event. To send one from here", Action.EVENTS_SEND),
            ),
        ),
        rx.fragment(),
    )


def _only_waits(what: str, action: Action) -> rx.Component:
    return rx.el.p(
        f"The run waits for {what}, {ask_for(action)}.", class_name="wb-field-hint", data_testid="only-waits"
    )


def _decision() -> rx.Component:
    return rx.el.section(
        rx.el.p("The run waits for you to decide about this step.", class_name="wb-field-hint"),
        _field("reason", "Why", "Kept with the decision", WaitingState.reason),
        _field(
            "settings",
            "Other settings for the next try",
            '{"url": "https://…"} – empty: as they are',
            WaitingState.settings,
            data=True,
        ),
        _button("retry", "Try again", "rotate-ccw"),
        _field(
            "output",
            "Output in its place",
            '{"id": 1} – as if the step had given it',
            WaitingState.output,
            data=True,
        ),
        rx.el.div(
            _button("output", "Use this output", "check", quiet=True),
            _button("skip", "Skip", "skip-forward", quiet=True),
            _button("abort", "Let it fail", "circle-x", quiet=True),
            class_name="wb-chips",
        ),
        class_name="wb-waiting",
        data_testid="decide",
    )


def _event() -> rx.Component:
    return rx.el.section(
        rx.el.p("The run waits for an event. To try it, send one from here.", class_name="wb-field-hint"),
        _field("data", "Data", '{"amount": 42}', WaitingState.data, data=True),
        rx.button(
            theme.icon("send"),
            "Send event",
            size="2",
            type="button",
            title="To the step that waits here",
            on_click=WaitingState.send,
            data_testid="send-event",
        ),
        class_name="wb-waiting",
        data_testid="send-event-form",
    )


def _field(
    name: str, title: str, placeholder: str, value: rx.Var[str], *, data: bool = False
) -> rx.Component:
    return rx.el.label(
        rx.el.span(title, class_name="wb-field-label"),
        TextField.create(
            name=f"waiting-{name}",
            value=value,
            lines=3 if data else 1,
            data=data,
            whole=False,
            program=data,
            placeholder=placeholder,
            on_save=lambda text: WaitingState.write(name, text),
        ),
    )


def _button(action: str, words: str, icon: str, *, quiet: bool = False) -> rx.Component:
    look = {"variant": "soft", "color_scheme": "gray"} if quiet else {}
    return rx.button(
        theme.icon(icon),
        words,
        size="2",
        type="button",
        on_click=WaitingState.decide(action),
        data_testid=f"decide-{action}",
        **look,
    )
