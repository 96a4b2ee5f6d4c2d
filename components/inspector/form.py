"""The form of the selected node, generated from its type's config model."""

from typing import Any

import reflex as rx

from components import theme
from components.hours import hours_field
from components.inspector.calls import version_field, workflow_field
from components.inspector.lists import options_field, people_field
from components.inspector.parts import pairs_field, references, select_field, switch_field, text_field
from components.may import EDITS, if_may
from components.output.viewer import markdown
from workbench.auth.roles import Action
from workbench.state.editor_forms import NodeFormState
from workbench.state.form_fields import FieldGroup, NodeField
from workbench.state.inspector import InspectorState
from workbench.state.inspector_views import Connection
from workbench.state.views import ProblemView

NODE = InspectorState.node


def node_form() -> rx.Component:
    """Return the form: what the node is called, its settings, what it may name, its policy, its help."""
    return rx.el.div(
        _names(),
        rx.foreach(NODE.problems, problem_line),
        rx.foreach(NODE.fields, field),
        rx.foreach(NODE.groups, _group),
        rx.cond(
            NODE.fields.length() == 0,
            rx.el.p("This node has no settings of its own.", class_name="wb-field-hint"),
        ),
        rx.cond(
            EDITS & (NODE.references.length() > 0),
            _section("Insert", references(items=NODE.references), open=True),
        ),
        rx.cond(NODE.type != "note", _section("Connections", _connections())),
        rx.cond(
            NODE.policy.length() > 0,
            _section("When it fails", rx.el.div(rx.foreach(NODE.policy, field), class_name="wb-form-grid")),
        ),
        _section("Help", markdown(text=NODE.help)),
        class_name="wb-form",
        data_testid="node-form",
    )


def field(one: rx.Var[NodeField]) -> rx.Component:
    """Return one field with its label, its problem and what it is for."""
    return rx.el.div(
        rx.el.div(
            rx.el.label(one.title, html_for=_id(one), class_name="wb-field-label"),
            rx.cond(one.widget == "switch", _switch(one)),
            class_name="wb-field-head",
        ),
        rx.match(
            one.widget,
            ("switch", rx.fragment()),
            ("select", _select(one)),
            ("keyvalue", _pairs(one)),
            ("cases", _pairs(one, key_label="Name", value_label="When", ordered=True)),
            ("text", _text(one, data=False)),
            ("number", _text(one, data=False)),
            ("markdown", _text(one, data=False, lines=6)),
            ("code", _text(one, lines=3)),
            ("workflow", workflow_field(one)),
            ("version", version_field(one)),
            ("people", people_field(one)),
            ("options", options_field(one)),
            ("hours", _hours(one)),
            ("python", _text(one, lines=8, program=True)),
            _text(one),
        ),
        rx.cond(
            one.problem != "",
            rx.el.p(one.problem, role="alert", id=_id(one) + "-problem", class_name="wb-field-error"),
        ),
        rx.el.p(one.description, class_name="wb-field-hint"),
        class_name=rx.cond(
            (InspectorState.field == one.path) & (one.problem != ""), "wb-field wb-field-pointed", "wb-field"
        ),
        data_testid="field-" + one.path,
    )


def _group(group: rx.Var[FieldGroup]) -> rx.Component:
    return _section(
        group.title,
        rx.cond(group.hint != "", rx.el.p(group.hint, class_name="wb-field-hint wb-fold-hint")),
        rx.foreach(group.fields, field),
        open=True,
    )


def problem_line(problem: rx.Var[ProblemView]) -> rx.Component:
    """Return a problem that belongs to no field of the form."""
    return rx.el.div(
        theme.icon("triangle-alert"),
        rx.el.div(
            problem.message, rx.cond(problem.hint != "", rx.el.p(problem.hint, class_name="wb-field-hint"))
        ),
        class_name="wb-problem-line",
        role="alert",
    )


def _id(one: rx.Var[NodeField]) -> rx.Var[str]:
    return ("input-" + one.path).to(str)


def _common(one: rx.Var[NodeField]) -> dict[str, Any]:
    return {
        "name": NODE.id + ":" + one.path,
        "id": _id(one),
        "custom_attrs": {"aria-invalid": rx.cond(one.problem != "", "true", "false")},
    }


def _text(
    one: rx.Var[NodeField], *, data: bool = True, lines: int = 1, program: bool = False
) -> rx.Component:
    return text_field(
        value=one.text,
        lines=lines,
        data=data,
        program=program,
        placeholder=one.placeholder,
        on_save=lambda text: NodeFormState.set_text(NODE.id, one.path, text),
        **_common(one),
    )


def _pairs(one: rx.Var[NodeField], **more: Any) -> rx.Component:
    return pairs_field(
        value=one.pairs,
        on_save=lambda rows: NodeFormState.set_pairs(NODE.id, one.path, rows),
        **more,
        **_common(one),
    )


def _select(one: rx.Var[NodeField]) -> rx.Component:
    return select_field(
        rx.foreach(one.options, lambda choice: rx.el.option(choice.label, value=choice.value)),
        value=one.text,
        on_change=lambda value: NodeFormState.set_text(NODE.id, one.path, value),
        id=_id(one),
    )


def _hours(one: rx.Var[NodeField]) -> rx.Component:
    return hours_field(
        text=one.text,
        otherwise="Those of the workspace.",
        read_only=~EDITS,
        on_save=lambda text: NodeFormState.set_text(NODE.id, one.path, text),
        key=NODE.id + ":" + one.path,
    )


def _switch(one: rx.Var[NodeField]) -> rx.Component:
    return switch_field(
        id=_id(one),
        checked=one.checked,
        on_change=lambda on: NodeFormState.set_switch(NODE.id, one.path, on),
    )


def _section(title: str | rx.Var[str], *content: rx.Component, open: bool = False) -> rx.Component:
    return rx.el.details(
        rx.el.summary(title), rx.el.div(*content, class_name="wb-fold-body"), open=open, class_name="wb-fold"
    )


def _names() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.label("Title", html_for="input-title", class_name="wb-field-label"),
            text_field(
                id="input-title",
                name=NODE.id + ":title",
                value=NODE.title,
                on_save=lambda text: NodeFormState.set_text(NODE.id, "title", text),
            ),
            class_name="wb-field",
            data_testid="field-title",
        ),
        rx.el.div(
            rx.el.label("Id", html_for="input-id", class_name="wb-field-label"),
            text_field(
                id="input-id",
                name=NODE.id + ":id",
                value=NODE.id,
                whole=True,
                title="Expressions name it; renaming changes them too.",
                on_save=lambda text: NodeFormState.rename(NODE.id, text),
            ),
            class_name="wb-field",
            data_testid="field-id",
        ),
        class_name="wb-form-grid",
    )


def _connections() -> rx.Component:
    return rx.el.div(
        rx.cond(NODE.homes.length() > 0, _home()),
        rx.el.ul(rx.foreach(NODE.connections, _connection), class_name="wb-connections"),
        rx.cond(
            EDITS,
            rx.foreach(NODE.ports, _connect),
            rx.cond(NODE.connections.length() == 0, rx.el.p("None.", class_name="wb-field-hint")),
        ),
        class_name="wb-group",
    )


def _home() -> rx.Component:
    return rx.el.div(
        rx.el.label("Stands in", html_for="input-home", class_name="wb-field-label"),
        select_field(
            rx.foreach(NODE.homes, lambda choice: rx.el.option(choice.label, value=choice.value)),
            value=NODE.home,
            on_change=lambda container: NodeFormState.put_into(NODE.id, container),
            id="input-home",
        ),
        class_name="wb-field",
        data_testid="field-home",
    )


def _connection(one: rx.Var[Connection]) -> rx.Component:
    return rx.el.li(
        rx.cond(one.incoming, theme.icon("arrow-left"), theme.icon("arrow-right")),
        rx.el.code(one.other),
        rx.el.span(one.port, class_name="wb-run-quiet"),
        if_may(
            Action.WORKFLOWS_WRITE,
            rx.el.button(
                theme.icon("x"),
                type="button",
                aria_label="Disconnect " + one.other.to(str),
                title="Disconnect",
                on_click=NodeFormState.disconnect(one.edge),
                class_name="wb-icon-button",
            ),
        ),
    )


def _connect(port: rx.Var[str]) -> rx.Component:
    return rx.el.select(
        rx.el.option("Connect ", port, " to …", value=""),
        rx.foreach(NODE.targets, lambda target: rx.el.option(target, value=target)),
        value="",
        aria_label="Connect " + port.to(str) + " to",
        on_change=lambda target: NodeFormState.connect(NODE.id, port, target),
        class_name="wb-input wb-select",
    )
