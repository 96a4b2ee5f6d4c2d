"""The `transform` node: builds a value from other steps' outputs with expressions."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from engine.contracts import TransformStep
from engine.errors import ExpressionError
from engine.expressions import has_expression, text_of
from engine.graph import Node
from engine.nodes._base import IN, OUT, NodeConfig, NodeType, PlanContext, select, text, widget

TABLE_MEDIA_TYPE = "application/vnd.workbench.table+json"
"""A JSON list of objects that is shown as a table: one row an object, the keys are the columns."""

MEDIA_TYPES = {
    "json": "application/json",
    "text": "text/plain",
    "markdown": "text/markdown",
    "table": TABLE_MEDIA_TYPE,
}


class TransformConfig(NodeConfig):
    """The value to build and how it is shown."""

    value: Any = Field(
        title="Value",
        description="Text, or any JSON value; strings in it may be expressions.",
        examples=["{{ nodes.fetch.output.items | selectattr('open') | list }}"],
        json_schema_extra=widget("code"),
    )
    format: Literal["json", "text", "markdown", "table"] = Field(
        default="json",
        title="Format",
        description="What the value is: any JSON, text, Markdown, or a table (a list of objects).",
        json_schema_extra=select({"json": "JSON", "text": "Text", "markdown": "Markdown", "table": "Table"}),
    )

    @model_validator(mode="after")
    def _literal_table_is_a_table(self) -> Self:
        literal = not isinstance(self.value, str) or not has_expression(self.value)
        if self.format == "table" and literal and not is_table(self.value):
            raise ValueError("A table must be a list of objects, or an expression that gives one")
        return self


def is_table(value: Any) -> bool:
    """Return whether a value is a list of objects, or of expressions that may become objects."""
    return isinstance(value, list) and all(
        isinstance(row, dict) or (isinstance(row, str) and has_expression(row)) for row in value
    )


def shaped(value: Any, media_type: str) -> Any:
    """Return a transform's rendered value as its media type has it; ExpressionError when it cannot."""
    if media_type == TABLE_MEDIA_TYPE and not (
        isinstance(value, list) and all(isinstance(row, dict) for row in value)
    ):
        raise ExpressionError("A table must be a list of objects; the value is something else.")
    return text_of(value) if media_type.startswith("text/") else value


def plan(node: Node, ctx: PlanContext) -> TransformStep:
    """Return the step whose output is the rendered value."""
    config = ctx.config
    assert isinstance(config, TransformConfig)
    return TransformStep(**ctx.base(node), value=config.value, media_type=MEDIA_TYPES[config.format])


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: the value's own text."""
    return text(config.get("value"), empty="No value yet")


TRANSFORM = NodeType(
    type="transform",
    version=1,
    title="Transform",
    summary="Builds JSON, text or a table from other steps' outputs.",
    help=(
        "A string that is exactly one `{{ … }}` keeps the value's type: "
        "`{{ nodes.fetch.output.items | length }}` is a number. Any other string with expressions in it "
        "becomes text: `{{ inputs.name }} has {{ nodes.count.output }} items`. In an object or a list, every "
        "string is treated like this.\n\n"
        "With format **table** the value must be a list of objects; with **text** and **markdown** it "
        "becomes text."
    ),
    icon="braces",
    category="Data",
    config=TransformConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=OUT,
)
