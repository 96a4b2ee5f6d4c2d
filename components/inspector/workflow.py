"""The workflow's own settings: what it is called, what a run asks for, what a run gives back."""

import reflex as rx

from components import theme
from components.inspector.form import problem_line
from components.inspector.parts import select_field, switch_field, text_field
from components.inspector.triggers import triggers
from components.may import EDITS, if_may
from workbench.auth.roles import Action
from workbench.state.editor_forms import WorkflowFormState
from workbench.state.inspector import InspectorState
from workbench.state.inspector_views import InputField, OutputField
from workbench.state.workflow_form import ANY_TYPE, TYPES

FORM = InspectorState.workflow


def workflow_form() -> rx.Component:
    """Return the form of the workflow."""
    return rx.el.div(
        rx.foreach(FORM.problems, problem_line),
        _labelled(
            "Name", text_field(name="workflow:name", value=FORM.name, on_save=WorkflowFormState.set_name)
        ),
        _labelled(
            "Description",
            text_field(
                name="workflow:description",
                value=FORM.description,
                lines=3,
                placeholder="What it is for",
                on_save=WorkflowFormState.set_description,
            ),
        ),
        _inputs(),
        _outputs(),
        triggers(),
        _limits(),
        class_name="wb-form",
        data_testid="workflow-form",
    )


def _limits() -> rx.Component:
    limits = (
        (
            "deadline_s",
            "Deadline",
            FORM.deadline_s,
            "Seconds; a run that goes on then is cancelled.",
        ),
        ("steps", "Steps", FORM.steps, "So many are begun at most, in each pass anew."),
        ("seconds", "Working time", FORM.seconds, "Seconds that its steps work in all, waiting left out."),
    )
    return rx.el.details(
        rx.el.summary("Limits of a run"),
        rx.el.div(
            *[
                rx.el.div(
                    _labelled(
                        label,
                        text_field(
                            name=f"workflow:{name}",
                            value=value,
                            placeholder="none",
                            on_save=lambda text, name=name: WorkflowFormState.set_limit(name, text),
                        ),
                    ),
                    rx.el.p(hint, class_name="wb-field-hint"),
                    data_testid=f"limit-{name}",
                )
                for name, label, value, hint in limits
            ],
            _labelled("When steps or working time are used up", _on_reached()),
            class_name="wb-fold-body wb-form",
        ),
        class_name="wb-fold",
    )


def _on_reached() -> rx.Component:
    return select_field(
        rx.el.option("The run fails", value="fail"),
        rx.el.option("It waits to be allowed more", value="pause"),
        value=FORM.on_reached,
        on_change=lambda value: WorkflowFormState.set_limit("on_reached", value),
        data_testid="limit-on_reached",
    )


def _inputs() -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h3("Inputs"),
            _add("Add an input", WorkflowFormState.add_input),
            class_name="wb-group-head",
        ),
        rx.cond(
            FORM.inputs.length() == 0,
            rx.el.p(
                "A run asks for nothing yet.",
                rx.cond(EDITS, " Add an input to name it in expressions.", ""),
                class_name="wb-field-hint",
            ),
        ),
        rx.foreach(FORM.inputs, _input),
        rx.el.details(
            rx.el.summary("Sample input and raw schema"),
            rx.el.div(
                _labelled(
                    "Sample input",
                    text_field(
                        name="workflow:example",
                        value=FORM.example,
                        lines=3,
                        data=True,
                        on_save=WorkflowFormState.set_example,
                    ),
                ),
                _labelled(
                    "JSON Schema",
                    text_field(
                        name="workflow:schema",
                        value=FORM.schema,
                        lines=6,
                        data=True,
                        on_save=WorkflowFormState.set_schema,
                    ),
                ),
                class_name="wb-fold-body wb-form",
            ),
            class_name="wb-fold",
        ),
        class_name="wb-group",
    )


def _input(one: rx.Var[InputField]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            text_field(
                name="inputs:" + one.name + ":name",
                value=one.name,
                custom_attrs={"aria-label": "Name"},
                on_save=lambda text: WorkflowFormState.set_input(one.name, "name", text),
            ),
            select_field(
                *[rx.el.option(words, value=kind) for kind, words in TYPES.items()],
                value=one.type,
                aria_label="Type",
                on_change=lambda kind: WorkflowFormState.set_input(one.name, "type", kind),
            ),
            _remove("Remove the input " + one.name.to(str), WorkflowFormState.remove_input(one.name)),
            class_name="wb-input-row",
        ),
        rx.el.details(
            rx.el.summary(rx.cond(one.title != "", one.title, "Title, default, required")),
            rx.el.div(
                _part(one, "title", "Title", one.title),
                _part(one, "description", "Description", one.description),
                _part(one, "default", "Default", one.default),
                rx.el.label(
                    switch_field(
                        checked=one.required,
                        on_change=lambda on: WorkflowFormState.set_required(one.name, on),
                    ),
                    "Required",
                    class_name="wb-field-switch",
                ),
                class_name="wb-fold-body wb-form",
            ),
            class_name="wb-fold",
        ),
        class_name="wb-input-card",
        data_testid="workflow-input-" + one.name,
    )


def _part(one: rx.Var[InputField], part: str, label: str, value: rx.Var[str]) -> rx.Component:
    return _labelled(
        label,
        text_field(
            name="inputs:" + one.name + ":" + part,
            value=value,
            on_save=lambda text: WorkflowFormState.set_input(one.name, part, text),
        ),
    )


def _outputs() -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.h3("Outputs"),
            _add("Add an output", WorkflowFormState.add_output),
            class_name="wb-group-head",
        ),
        rx.el.p(
            "Values that a finished run gives back, beside those of output nodes.", class_name="wb-field-hint"
        ),
        rx.foreach(FORM.outputs, _output),
        _output_schema(),
        class_name="wb-group",
    )


def _output_schema() -> rx.Component:
    return rx.el.details(
        rx.el.summary("Raw schema of the outputs"),
        rx.el.div(
            _labelled(
                "JSON Schema",
                text_field(
                    name="workflow:output_schema",
                    value=FORM.output_schema,
                    lines=6,
                    data=True,
                    placeholder='{"properties": {"report": {"type": "string"}}}',
                    on_save=WorkflowFormState.set_output_schema,
                ),
            ),
            rx.el.p(
                "Types of output nodes stand here too. A run whose outputs do not fit fails.",
                class_name="wb-field-hint",
            ),
            class_name="wb-fold-body wb-form",
        ),
        class_name="wb-fold",
    )


def _output(one: rx.Var[OutputField]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            text_field(
                name="outputs:" + one.name + ":name",
                value=one.name,
                custom_attrs={"aria-label": "Name"},
                on_save=lambda text: WorkflowFormState.set_output(one.name, text, one.value),
            ),
            select_field(
                rx.el.option("Any type", value=ANY_TYPE),
                *[rx.el.option(words, value=kind) for kind, words in TYPES.items()],
                value=one.type,
                aria_label="Type",
                on_change=lambda kind: WorkflowFormState.set_output_type(one.name, kind),
            ),
            _remove("Remove the output " + one.name.to(str), WorkflowFormState.set_output(one.name, "", "")),
            class_name="wb-input-row",
        ),
        text_field(
            name="outputs:" + one.name + ":value",
            value=one.value,
            data=True,
            placeholder="{{ nodes.report.output }}",
            custom_attrs={"aria-label": "Value"},
            on_save=lambda text: WorkflowFormState.set_output(one.name, one.name, text),
        ),
        class_name="wb-input-card",
        data_testid="workflow-output-" + one.name,
    )


def _labelled(label: str, control: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.label(rx.el.span(label, class_name="wb-field-label"), control), class_name="wb-field"
    )


def _add(label: str, event: rx.event.EventType) -> rx.Component:
    return _button("plus", label, event)


def _remove(label: rx.Var[str], event: rx.event.EventType) -> rx.Component:
    return _button("x", label, event)


def _button(icon: str, label: rx.Var[str] | str, event: rx.event.EventType) -> rx.Component:
    return if_may(
        Action.WORKFLOWS_WRITE,
        rx.el.button(
            theme.icon(icon),
            type="button",
            aria_label=label,
            title=label,
            on_click=event,
            class_name="wb-icon-button",
        ),
    )
