"""The `loop` node: repeats the steps that stand in it until an expression holds."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from engine.contracts import LoopStep
from engine.graph import Node
from engine.nodes._base import IN, Container, NodeConfig, NodeType, PlanContext, Port, select, text, widget
from engine.nodes._fields import one_expression

MOST_PASSES = 100_000


class LoopConfig(NodeConfig):
    """When it ends, what the first pass begins with, and what becomes of one that does not end."""

    until: Annotated[str, AfterValidator(one_expression)] | None = Field(
        default=None,
        title="Until",
        description="Evaluated at the end of a pass: the loop ends when it holds. Empty: at the maximum.",
        examples=["{{ result.score >= 0.9 }}"],
        json_schema_extra=widget("expression"),
    )
    maximum: int = Field(
        default=100,
        ge=1,
        le=MOST_PASSES,
        title="Maximum",
        description="At most so many passes.",
        json_schema_extra=widget("number"),
    )
    on_maximum: Literal["fail", "continue"] = Field(
        default="fail",
        title="On maximum",
        description="When `until` does not hold after the last pass: fail, or go on with what there is.",
        json_schema_extra=select({"fail": "Fail the loop", "continue": "Go on with what there is"}),
    )
    initial: Any = Field(
        default=None,
        title="Initial",
        description="What `last` is in the first pass; in the others it is the result of the pass before.",
        examples=[{"draft": "{{ inputs.text }}", "score": 0}],
        json_schema_extra=widget("expression"),
    )
    result: Any = Field(
        default=None,
        title="Result",
        description="What a pass gives; empty: the output of the step at which the steps inside end.",
        examples=["{{ nodes.improve.output }}"],
        json_schema_extra=widget("expression"),
    )


def plan(node: Node, ctx: PlanContext) -> LoopStep:
    """Return the step that repeats its body."""
    config = ctx.config
    assert isinstance(config, LoopConfig)
    return LoopStep(
        **ctx.base(node),
        until=config.until,
        maximum=config.maximum,
        initial=config.initial,
        on_maximum=config.on_maximum,
        body=ctx.body,
    )


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: `Until {{ … }}, at most 100 times`, or `3 times`."""
    times = config.get("maximum") or LoopConfig.model_fields["maximum"].default
    until = config.get("until")
    return text(f"Until {until}, at most {times} times" if until else f"{times} times")


LOOP = NodeType(
    type="loop",
    version=1,
    title="Loop",
    summary="Repeats the steps inside it until an expression holds.",
    help=(
        "Drag steps into it: they run again and again until **until** holds at the end of a pass, at most "
        "**maximum** times. In a pass, expressions read `{{ last }}`, the result of the pass before (in the "
        "first one **initial**), `{{ index }}` (counted from 0), the steps of the same pass, and any step "
        "outside; the loop waits for those. From a map or loop deeper inside, they are `{{ nodes.ID.last }}` "
        "and `{{ nodes.ID.index }}`, where ID is this node's.\n\n"
        "A pass gives what the setting **result** says, or the output of the step at which the steps inside "
        "end; when they end at several, an object of their outputs by node id. `until` reads it as `{{ "
        "result }}`, and the loop's output is that of the last pass.\n\n"
        "When `until` does not hold after the last pass, the loop fails, or goes on with what there "
        "is: **on maximum** says which. Without `until` it always runs `maximum` passes. Example: until `{{ "
        "result.status == 'done' }}`, with a delay and a request inside."
    ),
    icon="repeat",
    category="Control flow",
    config=LoopConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(Port("out", "Out"), Port("error", "Error")),
    container=Container(names=("index", "last"), closing=frozenset({"until"})),
)
