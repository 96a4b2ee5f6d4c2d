"""The `approval` node: people approve or reject something before the run goes on."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from engine.contracts import HumanStep
from engine.graph import Node
from engine.nodes import people
from engine.nodes._base import IN, NodeType, PlanContext, Port, options, text

DEFAULT = ("approve", "reject")


class ApprovalConfig(people.VoteConfig, people.DataConfig):
    """What is approved, by whom, and what else may be decided."""

    decisions: list[Literal["approve", "reject", "edit", "respond"]] = Field(
        default=["approve", "reject"],
        min_length=1,
        title="Decisions",
        description="What is permitted: approve, reject, edit (approve other data), respond (with a text).",
        json_schema_extra=options(
            {
                "approve": "Approve",
                "reject": "Reject",
                "edit": "Approve other data",
                "respond": "Answer with a text",
            }
        ),
    )


def plan(node: Node, ctx: PlanContext) -> HumanStep:
    """Return the step that asks people."""
    config = ctx.config
    assert isinstance(config, ApprovalConfig)
    return people.step(node, ctx, choices=config.decisions, data=config.data)


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: what is to be approved."""
    return text(config.get("title"), empty="Nothing to approve yet")


def ports(config: Mapping[str, Any]) -> tuple[Port, ...]:
    """Return the output ports with these settings: one for each permitted decision, and `timeout`."""
    return people.ports(config, DEFAULT)


APPROVAL = NodeType(
    type="approval",
    version=1,
    title="Approval",
    summary="Asks people to approve something, and goes on as they decide.",
    help=(
        "Puts a task into the inbox and waits, durably, until it is decided. The run goes on along the port "
        "of the decision; its output is `{decision, data, text, by}`: `{{ nodes.ask.output.data }}` is the "
        "data as it was decided.\n\n"
        "- **Quorum**: so many different people have to approve. The first rejection counts, or the majority "
        "does.\n"
        "- **edit** approves other data. Everybody else then decides about that: what was decided before the "
        "edit counts no longer. The run leaves by **edit** when the data was edited.\n"
        "- **respond** ends the task with a text, whoever else was to decide.\n"
        "- **Separation of duties** keeps who started the run, or who edited the data, from deciding.\n\n"
        "Times count from when the step begins: `2 days`, `8 working hours`, seconds, or an expression that "
        "gives one of these. **Working hours** say what that means; a step without takes those of its "
        "workspace. A task that has expired leaves by **timeout**, takes the default decision, or fails the "
        "step."
    ),
    icon="stamp",
    category="People",
    config=ApprovalConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=ports({}),
    ports_of=ports,
)
