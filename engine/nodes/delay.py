"""The `delay` node: waits, durably, for seconds or for months."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from engine.contracts import DelayStep
from engine.expressions import has_expression
from engine.graph import Node
from engine.nodes._base import IN, OUT, NodeConfig, NodeType, PlanContext, text, widget
from engine.nodes._fields import an_expression, an_instant_or_expression

MAX_SECONDS = 365 * 86_400


class DelayConfig(NodeConfig):
    """How long to wait: exactly one of the two."""

    seconds: (
        Annotated[float, Field(ge=0, le=MAX_SECONDS)] | Annotated[str, AfterValidator(an_expression)] | None
    ) = Field(
        default=None,
        title="Seconds",
        description="Wait this long; a number or an expression that gives one.",
        examples=[60, "{{ inputs.minutes * 60 }}"],
        json_schema_extra=widget("expression"),
    )
    until: Annotated[str, AfterValidator(an_instant_or_expression)] | None = Field(
        default=None,
        title="Until",
        description="Wait until this instant, ISO 8601 with an offset; an instant in the past does not wait.",
        examples=["2030-01-31T09:00:00Z", "{{ inputs.due }}"],
        json_schema_extra=widget("expression"),
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.seconds is None) == (self.until is None):
            raise ValueError("Set exactly one of seconds and until")
        return self


def plan(node: Node, ctx: PlanContext) -> DelayStep:
    """Return the step that is a timer."""
    config = ctx.config
    assert isinstance(config, DelayConfig)
    return DelayStep(**ctx.base(node), seconds=config.seconds, until=config.until)


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: `Wait 60 s` or `Wait until …`."""
    seconds, until = config.get("seconds"), config.get("until")
    if until:
        return text(f"Wait until {until}")
    if seconds is None or seconds == "":
        return "No time yet"
    return text(f"Wait {seconds}" if has_expression(str(seconds)) else f"Wait {seconds} s")


DELAY = NodeType(
    type="delay",
    version=1,
    title="Delay",
    summary="Waits for a time or until an instant; restarts do not disturb it.",
    help=(
        "Waits for `seconds`, or until the instant in `until` – one of the two. The wait is a durable timer: "
        "it goes on when the machine was off in between, and ends at once when its time has passed.\n\n"
        "Its output is the instant at which it ended. Example: seconds `{{ inputs.minutes * 60 }}`."
    ),
    icon="timer",
    category="Control flow",
    config=DelayConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=OUT,
)
