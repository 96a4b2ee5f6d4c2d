"""The form that asks for a run's inputs, made from the workflow's schema (`workbench.state.run_inputs`)."""

from typing import Any

import reflex as rx

from components.scripts import script
from workbench.state.run_inputs import InputField


class FieldError(rx.Component):
    """The error below a field. When errors appear, the cursor goes to the form's first one."""

    library = script(__name__, "run_form.jsx")
    tag = "FieldError"

    text: rx.Var[str]


def run_form(
    fields: rx.Var[list[InputField]],
    *,
    on_submit: Any,
    error: rx.Var[str],
    footer: rx.Component,
    options: rx.Var[list[InputField]] | None = None,
) -> rx.Component:
    """Return the form. `on_submit` gets `{field name: text}`; `footer` holds the submit button.

    `options` are asked for below the inputs, folded away; without inputs they are all that is asked.
    Ctrl+Enter submits from any field, as Enter does from a single-line one.
    """
    return rx.form(
        rx.el.div(rx.foreach(fields, _field), class_name="wb-form"),
        rx.fragment() if options is None else _options(options, open=fields.length() == 0),
        rx.cond(error, rx.el.p(error, role="alert", class_name="wb-field-error")),
        footer,
        on_submit=on_submit,
        no_validate=True,
        custom_attrs={"data-submit-on-ctrl-enter": "true"},
        data_testid="run-form",
    )


def _options(options: rx.Var[list[InputField]], *, open: rx.Var[bool]) -> rx.Component:
    return rx.el.details(
        rx.el.summary("Options"),
        rx.el.div(rx.foreach(options, _field), class_name="wb-fold-body wb-form wb-run-options"),
        open=open,
        class_name="wb-fold",
        data_testid="run-options",
    )


def _field(field: rx.Var[InputField]) -> rx.Component:
    return rx.cond(field.kind == "switch", _switch(field), _labelled(field))


def _switch(field: rx.Var[InputField]) -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.switch(name=field.name, default_checked=field.value == "on", size="1"),
            rx.el.span(field.title),
            class_name="wb-field-switch",
        ),
        _notes(field),
        class_name="wb-field",
        data_testid="field-" + field.name.to(str),
    )


def _labelled(field: rx.Var[InputField]) -> rx.Component:
    return rx.el.div(
        rx.el.label(
            field.title,
            rx.cond(field.required, rx.fragment(), rx.el.span("optional", class_name="wb-field-optional")),
            html_for="input-" + field.name.to(str),
            class_name="wb-field-label",
        ),
        rx.match(
            field.kind,
            ("select", _select(field)),
            ("long", _area(field, "wb-input wb-input-long")),
            ("lines", _area(field, "wb-input wb-input-data", "One a line")),
            ("json", _area(field, "wb-input wb-input-data", "JSON")),
            _input(field),
        ),
        _notes(field),
        class_name="wb-field",
        data_testid="field-" + field.name.to(str),
    )


def _common(field: rx.Var[InputField]) -> dict[str, Any]:
    return {
        "id": "input-" + field.name.to(str),
        "name": field.name,
        "aria_invalid": rx.cond(field.error != "", "true", "false"),
        "aria_describedby": "notes-" + field.name.to(str),
    }


def _input(field: rx.Var[InputField]) -> rx.Component:
    numeric = (field.kind == "number") | (field.kind == "integer")
    return rx.el.input(
        type=field.input_type,
        default_value=field.value,
        placeholder=field.placeholder,
        input_mode=rx.cond(numeric, "decimal", "text"),
        auto_complete="off",
        class_name="wb-input",
        **_common(field),
    )


def _area(field: rx.Var[InputField], class_name: str, placeholder: str = "") -> rx.Component:
    return rx.el.textarea(
        default_value=field.value,
        placeholder=rx.cond(field.placeholder != "", field.placeholder, placeholder),
        rows="4",
        spell_check=False,
        class_name=class_name,
        **_common(field),
    )


def _select(field: rx.Var[InputField]) -> rx.Component:
    return rx.el.select(
        rx.cond(field.value == "", rx.el.option("Choose …", value=""), rx.fragment()),
        rx.foreach(field.options, lambda option: rx.el.option(option.label, value=option.value)),
        default_value=field.value,
        class_name="wb-input wb-select",
        **_common(field),
    )


def _notes(field: rx.Var[InputField]) -> rx.Component:
    return rx.el.div(
        rx.cond(
            field.description != "", rx.el.p(field.description, class_name="wb-field-hint"), rx.fragment()
        ),
        FieldError.create(text=field.error),
        id="notes-" + field.name.to(str),
    )
