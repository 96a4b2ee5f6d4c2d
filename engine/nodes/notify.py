"""The `notify` node: tells people something, and does not wait for what they make of it."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from engine.contracts import ActivityStep
from engine.graph import Node
from engine.nodes._base import IN, NodeConfig, NodeType, PlanContext, Port, text, widget
from engine.nodes.http import attempts_of
from engine.nodes.people import Names

TIMEOUT_S = 10.0


class NotifyConfig(NodeConfig):
    """To whom, and what."""

    to: Names = Field(
        default_factory=list,
        title="People",
        description="People (e-mail or id), groups (name or id), `starter`: a list or an expression.",
        examples=[["ada@example.org", "Finance"], "{{ inputs.readers }}"],
        json_schema_extra=widget("json"),
    )
    channels: Names = Field(
        default_factory=list,
        title="Channels of the workspace",
        description="Names of channels that an admin has set up, for example the team's Slack.",
        examples=[["Team chat"]],
        json_schema_extra=widget("json"),
    )
    subject: str = Field(
        min_length=1,
        title="Subject",
        description="What it is about, in a line.",
        examples=["Report of {{ inputs.week }} is ready"],
        json_schema_extra=widget("expression"),
    )
    body: str = Field(
        default="",
        title="Message",
        description="Markdown; expressions may stand in it.",
        examples=[
            "**{{ nodes.report.output.rows }}** rows, {{ nodes.report.output.failed }} of them failed."
        ],
        json_schema_extra=widget("markdown"),
    )

    @model_validator(mode="after")
    def _somebody_is_told(self) -> Self:
        if not self.to and not self.channels:
            raise ValueError("Say who is to be told: people, or channels of the workspace")
        return self


def plan(node: Node, ctx: PlanContext) -> ActivityStep:
    """Return the step that puts the message into the outbox in an activity."""
    return ActivityStep(
        **ctx.base(node),
        config=ctx.config.model_dump(),
        timeout_s=node.policy.timeout_s or TIMEOUT_S,
        attempts=attempts_of(node.policy),
        local=(node.policy.timeout_s or TIMEOUT_S) <= TIMEOUT_S,
    )


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: its subject."""
    return text(config.get("subject"), empty="…")


NOTIFY = NodeType(
    type="notify",
    version=1,
    title="Notify",
    summary="Sends a message to people and channels, and goes on without waiting for anybody.",
    help=(
        "**People** are told where they want to be told: each chooses under Settings, Notifications; in the "
        "browser they find it in any case. `starter` is who started the run. **Channels** are "
        "those of the workspace, by name.\n\n"
        "The step ends as soon as the message is in the outbox, which delivers it, again and again while a "
        "receiver is away. A repeated attempt counts once. Its output is `{id, people, channels}`: for how "
        "many it is. A name that nobody has fails the step.\n\n"
        "To ask people something and wait for the answer, use **approval**, **review** or **form**."
    ),
    icon="bell",
    category="People",
    config=NotifyConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(Port("out", "Out"), Port("error", "Error")),
    default_timeout_s=TIMEOUT_S,
)
