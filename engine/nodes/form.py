"""The `form` node: somebody fills in a form, and the answer is the output."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from engine.contracts import HumanStep
from engine.graph import Node
from engine.nodes import people
from engine.nodes._base import IN, NodeType, PlanContext, Port, text, widget


class FormFields(people.AskConfig):
    """What is asked for."""

    data_schema: dict[str, Any] = Field(
        title="Form",
        description="A JSON Schema of type object; its properties are the fields of the form.",
        examples=[{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}],
        json_schema_extra=widget("json", literal=True) | {"holds_schema": True},
    )
    defaults: dict[str, Any] = Field(
        default_factory=dict,
        title="Defaults",
        description="What stands in the fields at first, by their names; strings in it may be expressions.",
        examples=[{"name": "{{ inputs.name }}"}],
        json_schema_extra=widget("keyvalue"),
    )


class FormConfig(people.TimeConfig, FormFields):
    """The form, and who is asked."""

    @model_validator(mode="after")
    def _nothing_is_decided_by_default(self) -> Self:
        if self.on_expiry == "default":
            raise ValueError("A form has no default decision; let it leave by timeout, or fail")
        if "editor" in self.apart:
            raise ValueError("Nobody edits the data of a form; only the starter can be kept apart")
        return self


def plan(node: Node, ctx: PlanContext) -> HumanStep:
    """Return the step that asks people."""
    config = ctx.config
    assert isinstance(config, FormConfig)
    return people.step(node, ctx, choices=("submit",), data=dict(config.defaults))


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: what the form is about."""
    return text(config.get("title"), empty="No form yet")


FORM = NodeType(
    type="form",
    version=1,
    title="Form",
    summary="Asks somebody to fill in a form; the answer is the output.",
    help=(
        "Puts a form into the inbox and waits, durably, until somebody has filled it in. The output is the "
        "answer: `{{ nodes.intake.output.name }}`. An answer that does not fit the schema is refused where "
        "it is given, with the reason.\n\n"
        "Beside JSON Schema the form knows `order` (of an object: the names of its fields as they are to "
        "stand), `errorMessage` (of a field: what is said when it does not fit), and files: "
        '`{"type": "object", "format": "file", "accept": ["image/*"], "maxBytes": 5000000}`.\n\n'
        "**Defaults** fill the fields beforehand. When the task expires the run goes on along **timeout** "
        "with an empty output, or the step fails."
    ),
    icon="clipboard-list",
    category="People",
    config=FormConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(Port("out", "Answer"), people.TIMEOUT),
)
