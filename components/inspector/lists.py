"""Fields whose value is a list: people and groups, or an expression that names them; some of a few."""

import reflex as rx
from reflex.event import passthrough_event_spec

from components.inspector.parts import text_field
from components.may import EDITS
from components.scripts import script
from workbench.state.editor_forms import NodeFormState
from workbench.state.form_fields import NodeField
from workbench.state.inspector import InspectorState
from workbench.state.list_fields import ListFieldState
from workbench.state.views import Choice

NODE = InspectorState.node


class PeopleField(rx.NoSSRComponent):
    """People and groups as chips, with a field that offers others; see the script."""

    library = script(__name__, "people.jsx")
    tag = "PeopleField"

    value: rx.Var[list[str]]
    offered: rx.Var[list[Choice]]
    read_only: rx.Var[bool]
    label: rx.Var[str]

    on_save: rx.EventHandler[passthrough_event_spec(str)]
    on_look: rx.EventHandler[passthrough_event_spec(str)]


def people_field(one: rx.Var[NodeField]) -> rx.Component:
    """Return who is named and a field to name others, or the expression that names them."""
    return rx.el.div(
        rx.cond(
            one.written,
            text_field(
                value=one.text,
                lines=1,
                data=True,
                name=NODE.id + ":" + one.path,
                id=_id(one),
                on_save=lambda text: NodeFormState.set_text(NODE.id, one.path, text),
            ),
            PeopleField.create(
                value=one.listed,
                offered=ListFieldState.known,
                read_only=~EDITS,
                label="Add to " + one.title.to(str),
                id=_id(one),
                key=NODE.id + ":" + one.path,
                on_save=lambda text: NodeFormState.set_text(NODE.id, one.path, text),
                on_look=ListFieldState.look,
            ),
        ),
        on_mount=ListFieldState.look(""),
        class_name="wb-group",
    )


def options_field(one: rx.Var[NodeField]) -> rx.Component:
    """Return a box for each option."""
    return rx.el.div(
        rx.foreach(one.options, lambda choice: _option(one, choice)),
        role="group",
        aria_label=one.title,
        class_name="wb-options",
    )


def _option(one: rx.Var[NodeField], choice: rx.Var[Choice]) -> rx.Component:
    return rx.el.label(
        rx.checkbox(
            checked=one.listed.contains(choice.value),
            disabled=~EDITS,
            size="1",
            on_change=lambda on: ListFieldState.toggle(NODE.id, one.path, choice.value, on),
        ),
        rx.el.span(choice.label),
        class_name="wb-option",
    )


def _id(one: rx.Var[NodeField]) -> rx.Var[str]:
    return ("input-" + one.path).to(str)
