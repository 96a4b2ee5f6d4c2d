"""The `output` node: names a value that the run gives back."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from engine.contracts import OutputStep
from engine.expressions import has_expression, read
from engine.graph import Node
from engine.nodes._base import IN, NodeConfig, NodeType, PlanContext, text, widget

NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_ -]{0,62}$"


class OutputConfig(NodeConfig):
    """One named output of the run."""

    name: str = Field(
        pattern=NAME_PATTERN,
        title="Name",
        description="The output's name in the run's result.",
        examples=["report"],
        json_schema_extra=widget("text"),
    )
    value: Any = Field(
        title="Value",
        description="Any JSON value; strings in it may be expressions.",
        examples=["{{ nodes.report.output }}"],
        json_schema_extra=widget("expression"),
    )


def plan(node: Node, ctx: PlanContext) -> OutputStep:
    """Return the step that adds the value to the run's outputs."""
    config = ctx.config
    assert isinstance(config, OutputConfig)
    return OutputStep(**ctx.base(node), name=config.name, value=config.value)


def passed_on(value: Any) -> str | None:
    """Return the id of the node whose whole output `value` is (`{{ nodes.report.output }}`), if it is one."""
    source = read(value) if isinstance(value, str) and has_expression(value) else None
    if source is None or not source.native or not source.parts:
        return None
    match source.parts[0]:
        case ("nodes", str(name), "output"):
            return name
    return None


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: `greeting = {{ … }}`."""
    return text(f"{config.get('name') or '…'} = {text(config.get('value'), empty='…')}")


OUTPUT = NodeType(
    type="output",
    version=1,
    title="Output",
    summary="Gives a named value back as a result of the run.",
    help=(
        "Adds `name` with `value` to the run's outputs. Use as many as there are results; each name once.\n\n"
        "Example: name `greeting`, value `{{ nodes.greet.output }}`. An output that stands on a branch which "
        "was not taken is left out of the result."
    ),
    icon="log-out",
    category="Start and end",
    config=OutputConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    anywhere=False,
)
