"""The `merge` node: brings branches together again."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from engine.contracts import MergeStep
from engine.graph import Node
from engine.nodes._base import IN, OUT, NodeConfig, NodeType, PlanContext, select, text, widget
from engine.nodes._fields import an_expression

_SUMMARIES = {
    "first": "First branch that was taken",
    "list": "List of the branches that were taken",
    "object": "Object of the branches that were taken",
}
_EARLY = {"any": "the first branch", "at_least": "{} branches"}


class MergeConfig(NodeConfig):
    """What becomes of the branches' outputs, and how many of them are waited for."""

    mode: Literal["first", "list", "object"] = Field(
        default="first",
        title="Mode",
        description="The first live branch's output, a list of all of them, or an object by node id.",
        json_schema_extra=select(
            {"first": "The first branch's output", "list": "A list of all", "object": "An object by node id"}
        ),
    )
    wait_for: Literal["all", "any", "at_least"] = Field(
        default="all",
        title="Wait for",
        description="All branches, the first one that gets here, or at least so many; the rest is cancelled.",
        json_schema_extra=select(
            {"all": "All branches", "any": "The first that gets here", "at_least": "A number of branches"}
        ),
    )
    at_least: Annotated[int, Field(ge=1)] | Annotated[str, AfterValidator(an_expression)] = Field(
        default=1,
        title="At least",
        description="How many branches are enough, where a number of them is waited for; a number or an "
        "expression that gives one.",
        examples=[2, "{{ inputs.quorum }}"],
        json_schema_extra=widget("expression"),
    )

    def needs(self) -> int | str | None:
        """Return how many branches are enough, or the expression that says so; None for all."""
        return {"all": None, "any": 1, "at_least": self.at_least}[self.wait_for]


def plan(node: Node, ctx: PlanContext) -> MergeStep:
    """Return the step that joins the live branches, in the order of their edges in the document."""
    config = ctx.config
    assert isinstance(config, MergeConfig)
    return MergeStep(**ctx.base(node), mode=config.mode, needs=config.needs())


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: the mode in words, or what it waits for where that is not all."""
    early = _EARLY.get(str(config.get("wait_for")))
    if early:
        return text(f"Goes on with {early.format(config.get('at_least') or 1)}")
    return _SUMMARIES.get(str(config.get("mode") or "first"), "No such mode")


MERGE = NodeType(
    type="merge",
    version=1,
    title="Merge",
    summary="Waits for several branches and joins their outputs.",
    help=(
        "Waits until every incoming branch has either finished or been skipped, then joins those that were "
        "taken:\n\n"
        "- **the first branch's output**, in the order of the edges – the way to end an if/else\n"
        "- **a list of all**, in that order\n"
        "- **an object by node id**, e.g. `{{ nodes.both.output.fetch_a.title }}`\n\n"
        "It may also wait for **the first that gets here**, or for **a number of branches**, and goes on "
        "as soon as so many did. It joins those, and work that leads nowhere else is cancelled: steps under "
        "way are recorded as cancelled, steps that did not begin as skipped. A branch that fails fails the "
        "run unless its *on error* is to go on along the error port; the race then goes on without it. When "
        "all branches have ended and fewer than needed got here, the merge fails; when none did, it is "
        "skipped.\n\n"
        "An expression may say how many are enough. It is evaluated when the first branch got here and what "
        "it reads is there, and has to give a whole number from 1 to the number of branches."
    ),
    icon="merge",
    category="Control flow",
    config=MergeConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=OUT,
)
