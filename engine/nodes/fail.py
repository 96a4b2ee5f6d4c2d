"""The `fail` node: ends the run with an error of the document's own."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from engine.contracts import FailStep
from engine.graph import Node
from engine.nodes._base import IN, NodeConfig, NodeType, PlanContext, text, widget

KIND_PATTERN = r"^[a-z][a-z0-9-]{0,62}$"


class FailConfig(NodeConfig):
    """The error."""

    message: str = Field(
        min_length=1,
        title="Message",
        description="What went wrong, for whoever looks at the run; may hold expressions.",
        examples=["Order {{ inputs.order.id }} has no items"],
        json_schema_extra=widget("expression"),
    )
    kind: str = Field(
        default="failed",
        pattern=KIND_PATTERN,
        title="Kind",
        description="The kind of the error, for programs: lower-case letters, digits and hyphens.",
        examples=["empty-order"],
        json_schema_extra=widget("text"),
    )


def plan(node: Node, ctx: PlanContext) -> FailStep:
    """Return the step that fails the run: it has no port to go on by, whatever the policy says."""
    config = ctx.config
    assert isinstance(config, FailConfig)
    base = ctx.base(node)
    base["on_error"] = "fail"
    return FailStep(**base, message=config.message, failure_kind=config.kind)


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: the message."""
    return text(config.get("message"), empty="No message yet")


FAIL = NodeType(
    type="fail",
    version=1,
    title="Fail",
    summary="Ends the run with an error made from an expression.",
    help=(
        "When the run gets here it fails: nothing new is started, what is under way is cancelled, and the "
        "run's error has this `message` and `kind`. Put it on the branch that must not be taken, or behind "
        "an error port to say in better words what went wrong.\n\n"
        "Example: message `Order {{ inputs.order.id }} has no items`, kind `empty-order`."
    ),
    icon="octagon-x",
    category="Control flow",
    config=FailConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
)
