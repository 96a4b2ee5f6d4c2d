"""The `review` node: people look at data, accept or edit it, answer, or ignore it."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from engine.contracts import HumanStep
from engine.graph import Node
from engine.nodes import people
from engine.nodes._base import IN, NodeType, PlanContext, Port, options, text

DEFAULT = ("accept", "edit", "respond", "ignore")


class ReviewConfig(people.VoteConfig, people.DataConfig):
    """What is reviewed, by whom, and what may be decided."""

    decisions: list[Literal["accept", "edit", "respond", "ignore"]] = Field(
        default=["accept", "edit", "respond", "ignore"],
        min_length=1,
        title="Decisions",
        description="What is permitted: accept, edit (accept other data), respond (with a text), ignore.",
        json_schema_extra=options(
            {
                "accept": "Accept",
                "edit": "Accept other data",
                "respond": "Answer with a text",
                "ignore": "Ignore",
            }
        ),
    )


def plan(node: Node, ctx: PlanContext) -> HumanStep:
    """Return the step that asks people."""
    config = ctx.config
    assert isinstance(config, ReviewConfig)
    return people.step(node, ctx, choices=config.decisions, data=config.data)


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: what is reviewed."""
    return text(config.get("title"), empty="Nothing to review yet")


def ports(config: Mapping[str, Any]) -> tuple[Port, ...]:
    """Return the output ports with these settings: one for each permitted decision, and `timeout`."""
    return people.ports(config, DEFAULT)


REVIEW = NodeType(
    type="review",
    version=1,
    title="Review",
    summary="Asks people to look at data, and to accept, edit, answer or ignore it.",
    help=(
        "Puts a task into the inbox and waits, durably, until it is decided. The run goes on along the port "
        "of the decision; its output is `{decision, data, text, by}`: `{{ nodes.look.output.data }}` is the "
        "data as it was accepted or edited, `{{ nodes.look.output.text }}` a response.\n\n"
        "Edited data has to fit the **schema**. With a quorum, everybody else decides about the edited data "
        "anew. Rules and times are those of an approval."
    ),
    icon="scan-eye",
    category="People",
    config=ReviewConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=ports({}),
    ports_of=ports,
)
