"""The `send_event` node: wakes what waits for an event, in this run or in others."""

from typing import Any

from pydantic import Field

from engine.contracts import ActivityStep
from engine.graph import Node
from engine.nodes._base import IN, NodeConfig, NodeType, PlanContext, Port, widget
from engine.nodes.http import attempts_of
from engine.nodes.wait_for_event import LONGEST_NAME, summarise

TIMEOUT_S = 10.0


class SendEventConfig(NodeConfig):
    """What is sent, and to whom."""

    name: str = Field(
        min_length=1,
        max_length=LONGEST_NAME,
        title="Event",
        description="The event's name.",
        examples=["order.paid"],
        json_schema_extra=widget("expression"),
    )
    key: str = Field(
        default="",
        title="Key",
        description="Tells this event from others of its name.",
        examples=["{{ inputs.order }}"],
        json_schema_extra=widget("expression"),
    )
    data: Any = Field(
        default=None,
        title="Data",
        description="What the waiting steps get; any JSON value, strings in it may be expressions.",
        examples=[{"amount": "{{ nodes.payment.output.amount }}"}],
        json_schema_extra=widget("json"),
    )


def plan(node: Node, ctx: PlanContext) -> ActivityStep:
    """Return the step that sends the event in an activity."""
    return ActivityStep(
        **ctx.base(node),
        config=ctx.config.model_dump(),
        timeout_s=node.policy.timeout_s or TIMEOUT_S,
        attempts=attempts_of(node.policy),
        local=(node.policy.timeout_s or TIMEOUT_S) <= TIMEOUT_S,
    )


SEND_EVENT = NodeType(
    type="send_event",
    version=1,
    title="Send event",
    summary="Sends an event to the steps that wait for it, in any of your runs.",
    help=(
        "Every step **wait for event** with this name and key gets the `data`, in this run and in your "
        "other runs. When none waits yet, the event is kept for a week for the first that will.\n\n"
        "Its output is `{id, name, key, delivered_to}`: how many steps got it. A repeated attempt counts "
        "once. It fails when the steps that wait have a schema which the data does not fit."
    ),
    icon="send",
    category="Control flow",
    config=SendEventConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(Port("out", "Out"), Port("error", "Error")),
    default_timeout_s=TIMEOUT_S,
)
