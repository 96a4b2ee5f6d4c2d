"""The `input` node: where a run's inputs enter the drawing."""

from collections.abc import Mapping
from typing import Any

from engine.contracts import InputStep
from engine.graph import Node
from engine.nodes._base import OUT, NodeConfig, NodeType, PlanContext


class InputConfig(NodeConfig):
    """Nothing to set: what a run asks for is the workflow's own `inputs` schema."""


def plan(node: Node, ctx: PlanContext) -> InputStep:
    """Return the step whose output is the run's inputs."""
    return InputStep(**ctx.base(node))


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell."""
    return "The run's inputs"


INPUT = NodeType(
    type="input",
    version=1,
    title="Input",
    summary="Start here: gives the run's inputs to the steps behind it.",
    help=(
        "Its output is the object that the run was started with. What the run form asks for is set in the "
        "workflow's **inputs**.\n\n"
        "Any step can read an input without an edge: `{{ inputs.url }}`."
    ),
    icon="log-in",
    category="Start and end",
    config=InputConfig,
    plan=plan,
    summarise=summarise,
    outputs=OUT,
    anywhere=False,
)
