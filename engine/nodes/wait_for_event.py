"""The `wait_for_event` node: waits, durably, for something that happens elsewhere."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from engine import expressions
from engine.contracts import WaitStep
from engine.errors import Failure, NodeFailed
from engine.graph import Node
from engine.nodes._base import IN, NodeConfig, NodeType, PlanContext, Port, text, widget
from engine.nodes._fields import an_expression

MAX_SECONDS = 365 * 86_400
LONGEST_NAME = 200
LONGEST_KEY = 500


class WaitForEventConfig(NodeConfig):
    """Which event is waited for, how long, and what its data must be like."""

    name: str = Field(
        min_length=1,
        max_length=LONGEST_NAME,
        title="Event",
        description="The event's name, as whoever sends it calls it.",
        examples=["order.paid"],
        json_schema_extra=widget("expression"),
    )
    key: str = Field(
        default="",
        title="Key",
        description="Tells this event from others of its name; only one sent with the same key counts.",
        examples=["{{ inputs.order }}"],
        json_schema_extra=widget("expression"),
    )
    timeout_s: (
        Annotated[float, Field(ge=0, le=MAX_SECONDS)] | Annotated[str, AfterValidator(an_expression)] | None
    ) = Field(
        default=None,
        title="Time limit",
        description="After so many seconds the run goes on along the port timeout; empty: it waits for ever.",
        examples=[86400, "{{ inputs.hours * 3600 }}"],
        json_schema_extra=widget("expression"),
    )
    data_schema: dict[str, Any] | None = Field(
        default=None,
        title="Schema of the data",
        description="A JSON Schema; an event whose data does not fit is refused where it is sent.",
        examples=[{"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}],
        json_schema_extra=widget("json") | {"holds_schema": True},
    )


def plan(node: Node, ctx: PlanContext) -> WaitStep:
    """Return the step that waits."""
    config = ctx.config
    assert isinstance(config, WaitForEventConfig)
    return WaitStep(
        **ctx.base(node),
        event=config.name,
        key=config.key,
        timeout_s=config.timeout_s,
        data_schema=config.data_schema,
    )


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: `order.paid · {{ inputs.order }}`."""
    name, key = config.get("name"), config.get("key")
    return text(f"{name} · {key}" if name and key else name, empty="No event yet")


def identity(name: Any, key: Any) -> tuple[str, str]:
    """Return an event's rendered name and key as texts; NodeFailed when they cannot name an event."""
    return _as_text("name", name, LONGEST_NAME), _as_text("key", key, LONGEST_KEY)


def _as_text(field: str, value: Any, longest: int) -> str:
    text = "" if value is None else expressions.text_of(value)
    if len(text) > longest or (field == "name" and not text):
        message = f"The event's {field} has {len(text)} characters; it must have 1 to {longest}"
        raise NodeFailed(Failure(kind="event-unfit", message=message))
    if "\x00" in text:
        raise NodeFailed(
            Failure(kind="event-unfit", message=f"The event's {field} holds the character U+0000")
        )
    return text


WAIT_FOR_EVENT = NodeType(
    type="wait_for_event",
    version=1,
    title="Wait for event",
    summary="Waits until an event of a name and a key is sent; restarts do not disturb it.",
    help=(
        "Waits until somebody sends the event: `POST /api/v1/events` with `{name, key, data}`, or a step "
        "**send event** of any workflow. Its output is the event's `data`.\n\n"
        "- **Key** says which of many is meant, for example the number of an order. An event goes to every "
        "step that waits for its name and key.\n"
        "- An event that comes before its step waits is kept for a week and given to the first that does. "
        "An `id` with which it is sent counts once, however often it is sent.\n"
        "- When the time limit is over, the run goes on along **timeout** and the output is empty.\n\n"
        "With a **schema**, an event that no waiting step can use is refused where it is sent, with the "
        "reason; one that was kept and does not fit is left for other steps."
    ),
    icon="radio",
    category="Control flow",
    config=WaitForEventConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(Port("out", "Event"), Port("timeout", "Timeout")),
)
