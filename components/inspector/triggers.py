"""The inspector's part about triggers: what starts runs of the published workflow by itself."""

import reflex as rx

from components import dialogs, theme
from components.inspector.parts import pairs_field, select_field, switch_field, text_field
from components.may import EDITS, if_may
from components.moments import ago
from components.status import status_badge
from workbench.auth.roles import Action
from workbench.state.form_fields import NodeField
from workbench.state.inspector import InspectorState
from workbench.state.trigger_fields import ICONS, TITLES
from workbench.state.trigger_forms import TriggerFormState
from workbench.state.trigger_views import TriggerCard, TriggerRun
from workbench.state.triggers import TriggersState


def triggers() -> rx.Component:
    """Return the part: a card for each trigger, and what adds another."""
    return rx.el.section(
        rx.el.header(rx.el.h3("Triggers"), _add(), class_name="wb-group-head"),
        rx.cond(
            TriggersState.cards.length() == 0,
            rx.el.p(
                "Nothing starts this workflow by itself. ",
                rx.cond(
                    EDITS,
                    "Add a webhook, a schedule, or another workflow's end; publishing arms it.",
                    "",
                ),
                class_name="wb-field-hint",
            ),
        ),
        rx.foreach(TriggersState.cards, _card),
        _rotate_dialog(),
        class_name="wb-group",
        data_testid="triggers",
    )


def _add() -> rx.Component:
    return rx.el.span(
        _button("refresh-cw", "Look again", TriggerFormState.refresh),
        if_may(
            Action.WORKFLOWS_WRITE,
            *[
                _button(
                    icon, f"Add: {TITLES[kind].lower()}", TriggerFormState.add(kind), testid=f"add-{kind}"
                )
                for kind, icon in ICONS.items()
            ],
        ),
        class_name="wb-trigger-tools",
    )


def _card(card: rx.Var[TriggerCard]) -> rx.Component:
    return rx.el.div(
        _head(card),
        rx.el.p(
            rx.el.span(class_name="wb-trigger-dot"),
            card.says,
            if_may(Action.TRIGGERS_MANAGE, _pause(card)),
            class_name="wb-trigger-state",
            data_state=card.state,
            data_testid="trigger-state",
        ),
        rx.cond(card.url != "", _address(card)),
        rx.cond(card.problem != "", rx.el.p(card.problem, role="alert", class_name="wb-field-error")),
        rx.cond(
            card.missing_secret != "",
            rx.el.p(
                "The secret ",
                rx.el.code(card.missing_secret),
                " is not stored. ",
                if_may(
                    Action.SECRETS_WRITE,
                    rx.link("Store it in the settings", href="/settings", underline="always"),
                    ".",
                ),
                role="alert",
                class_name="wb-field-error",
            ),
        ),
        rx.cond(
            card.trouble != "",
            rx.el.p(card.trouble, " ", ago(at=card.trouble_at), role="alert", class_name="wb-field-error"),
        ),
        rx.cond(card.index >= 0, _form(card)),
        rx.cond(card.times.length() > 0, _times(card)),
        rx.cond(card.runs.length() > 0, _runs(card)),
        class_name="wb-input-card",
        data_testid="trigger-" + card.id,
    )


def _pause(card: rx.Var[TriggerCard]) -> rx.Component:
    return rx.cond(
        card.state == "paused",
        _small("Resume", TriggerFormState.pause(card.id, False)),
        rx.cond(
            (card.state == "armed") | (card.state == "pending"),
            _small("Pause", TriggerFormState.pause(card.id, True)),
        ),
    )


def _head(card: rx.Var[TriggerCard]) -> rx.Component:
    return rx.el.div(
        rx.match(
            card.type,
            *[(kind, theme.icon(icon)) for kind, icon in ICONS.items()],
            theme.icon("zap"),
        ),
        rx.cond(
            card.index >= 0,
            text_field(
                name="triggers:" + card.index.to(str) + ":id",
                value=card.id,
                whole=True,
                custom_attrs={"aria-label": "Id"},
                on_save=lambda text: TriggerFormState.set_text(card.index, "id", text),
            ),
            rx.el.code(card.id),
        ),
        rx.cond(
            card.index >= 0,
            rx.fragment(
                switch_field(
                    checked=card.enabled,
                    custom_attrs={"aria-label": "Armed by publishing"},
                    on_change=lambda on: TriggerFormState.set_switch(card.index, on),
                ),
                if_may(
                    Action.WORKFLOWS_WRITE,
                    _button(
                        "x", "Remove the trigger " + card.id.to(str), TriggerFormState.remove(card.index)
                    ),
                ),
            ),
        ),
        class_name="wb-trigger-head",
        title=card.title,
    )


def _address(card: rx.Var[TriggerCard]) -> rx.Component:
    return rx.el.div(
        rx.el.code(card.url, class_name="wb-trigger-url", data_testid="trigger-url"),
        _button("copy", "Copy the address", rx.set_clipboard(card.url)),
        if_may(
            Action.TRIGGERS_MANAGE,
            _button("rotate-cw", "Give it another address", TriggerFormState.ask_rotate(card.id)),
        ),
        class_name="wb-trigger-address",
    )


def _form(card: rx.Var[TriggerCard]) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.foreach(card.fields, lambda one: _field(card, one)), class_name="wb-form wb-trigger-form"
        ),
        _fold(
            "Inputs of a run",
            pairs_field(
                name="triggers:" + card.index.to(str) + ":inputs",
                value=card.inputs,
                key_label="Input",
                value_label="{{ trigger.body.name }}",
                on_save=lambda rows: TriggerFormState.set_pairs(card.index, "inputs", rows),
            ),
            rx.cond(
                card.input_problem != "",
                rx.el.p(card.input_problem, role="alert", class_name="wb-field-error"),
            ),
            if_may(
                Action.TRIGGERS_MANAGE,
                _small("Try with the sample input", TriggerFormState.try_out(card.id)),
            ),
            open=card.input_problem != "",
        ),
        rx.cond(
            card.seldom.length() > 0,
            _fold("More settings", rx.foreach(card.seldom, lambda one: _field(card, one))),
        ),
    )


def _field(card: rx.Var[TriggerCard], one: rx.Var[NodeField]) -> rx.Component:
    name = "triggers:" + card.index.to(str) + ":" + one.path.to(str)
    save = lambda text: TriggerFormState.set_text(card.index, one.path, text)  # noqa: E731 - a handler
    pointed = (InspectorState.field != "") & InspectorState.field.endswith(one.path) & (one.problem != "")
    return rx.el.div(
        rx.el.label(one.title, html_for=name, class_name="wb-field-label"),
        rx.match(
            one.widget,
            (
                "select",
                select_field(
                    rx.foreach(one.options, lambda choice: rx.el.option(choice.label, value=choice.value)),
                    value=one.text,
                    on_change=save,
                    id=name,
                ),
            ),
            (
                "keyvalue",
                pairs_field(
                    name=name,
                    value=one.pairs,
                    on_save=lambda rows: TriggerFormState.set_pairs(card.index, one.path, rows),
                ),
            ),
            ("json", text_field(name=name, id=name, value=one.text, data=True, lines=2, on_save=save)),
            text_field(name=name, id=name, value=one.text, on_save=save),
        ),
        rx.cond(one.problem != "", rx.el.p(one.problem, role="alert", class_name="wb-field-error")),
        rx.cond(one.description != "", rx.el.p(one.description, class_name="wb-field-hint")),
        class_name=rx.cond(pointed, "wb-field wb-field-pointed", "wb-field"),
        data_testid="trigger-field-" + one.path.to(str),
    )


def _times(card: rx.Var[TriggerCard]) -> rx.Component:
    return _fold(
        "Next times",
        rx.el.ol(
            rx.foreach(card.times, rx.el.li),
            class_name="wb-trigger-times",
            data_testid="trigger-times",
        ),
        open=True,
    )


def _runs(card: rx.Var[TriggerCard]) -> rx.Component:
    return _fold(
        "Last runs",
        rx.el.ul(rx.foreach(card.runs, _run), class_name="wb-trigger-runs", data_testid="trigger-runs"),
        open=True,
    )


def _run(run: rx.Var[TriggerRun]) -> rx.Component:
    return rx.el.li(rx.link(status_badge(run.status), href=run.href, underline="none"), ago(at=run.at))


def _rotate_dialog() -> rx.Component:
    return dialogs.confirm(
        open=TriggersState.rotating != "",
        title="Give “" + TriggersState.rotating + "” another address?",
        text="The address of now answers nobody any more. Whoever calls it needs the new one.",
        action="Change address",
        on_confirm=TriggerFormState.rotate,
        on_close=TriggerFormState.keep,
    )


def _fold(title: str, *content: rx.Component, open: rx.Var[bool] | bool = False) -> rx.Component:
    return rx.el.details(
        rx.el.summary(title),
        rx.el.div(*content, class_name="wb-fold-body wb-form"),
        open=open,
        class_name="wb-fold",
    )


def _small(label: str, event: rx.event.EventType) -> rx.Component:
    return rx.el.button(label, type="button", on_click=event, class_name="wb-text-button")


def _button(
    icon: str, label: rx.Var[str] | str, event: rx.event.EventType, *, testid: str = ""
) -> rx.Component:
    return rx.el.button(
        theme.icon(icon),
        type="button",
        aria_label=label,
        title=label,
        on_click=event,
        class_name="wb-icon-button",
        data_testid=testid,
    )
