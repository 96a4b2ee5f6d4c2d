"""The `merge` node: brings branches together again."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from engine.contracts import MergeStep
from engine.graph import Node
from engine.nodes._base import IN, OUT, NodeConfig, NodeType, PlanContext, widget

_SUMMARIES = {
    "first": "First branch that was taken",
    "list": "List of the branches that were taken",
    "object": "Object of the branches that were taken",
}


class MergeConfig(NodeConfig):
    """What becomes of the branches' outputs."""

    mode: Literal["first", "list", "object"] = Field(
        default="first",
        title="Mode",
        description="The first live branch's output, a list of all of them, or an object by node id.",
        json_schema_extra=widget("select"),
    )


def plan(node: Node, ctx: PlanContext) -> MergeStep:
    """Return the step that joins the live branches, in the order of their edges in the document."""
    config = ctx.config
    assert isinstance(config, MergeConfig)
    return MergeStep(**ctx.base(node), mode=config.mode)


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: the mode in words."""
    return _SUMMARIES.get(str(config.get("mode") or "first"), "No such mode")


MERGE = NodeType(
    type="merge",
    version=1,
    title="Merge",
    summary="Waits for several branches and joins their outputs.",
    help=(
        "Waits until every incoming branch has either finished or been skipped, then joins those that were "
        "taken:\n\n"
        "- **first**: the output of the first one, in the order of the edges – the way to end an if/else\n"
        "- **list**: all of them, in that order\n"
        "- **object**: all of them by node id, e.g. `{{ nodes.both.output.fetch_a.title }}`"
    ),
    icon="merge",
    category="Control flow",
    config=MergeConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=OUT,
)
