"""The `condition` node: sends the run along one of two branches."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from engine.contracts import ConditionStep
from engine.graph import Node
from engine.nodes._base import IN, NodeConfig, NodeType, PlanContext, Port, text, widget
from engine.nodes._fields import one_expression


class ConditionConfig(NodeConfig):
    """The question that decides."""

    expression: Annotated[str, AfterValidator(one_expression)] = Field(
        min_length=1,
        title="Expression",
        description="The branch taken is `true` when this is true, not empty and not zero.",
        examples=["{{ nodes.fetch.output.items | length > 0 }}"],
        json_schema_extra=widget("expression"),
    )


def plan(node: Node, ctx: PlanContext) -> ConditionStep:
    """Return the step that leaves by `true` or `false`."""
    config = ctx.config
    assert isinstance(config, ConditionConfig)
    return ConditionStep(**ctx.base(node), expression=config.expression)


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: the question."""
    return text(config.get("expression"), empty="No expression yet")


CONDITION = NodeType(
    type="condition",
    version=1,
    title="Condition",
    summary="Goes on along one of two branches.",
    help=(
        "Evaluates one expression and leaves by the port **true** or **false**; the steps that only the "
        "other port leads to are skipped. Empty text, an empty list or object, zero, `none` and `false` "
        "count as false.\n\n"
        "Example: `{{ nodes.fetch.output.status == 'open' and inputs.limit > 3 }}`."
    ),
    icon="git-branch",
    category="Control flow",
    config=ConditionConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(Port("true", "True"), Port("false", "False")),
)
