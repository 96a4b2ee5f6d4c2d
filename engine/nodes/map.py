"""The `map` node: runs the steps that stand in it once for each item of a list, or for each page."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from engine.contracts import MapStep
from engine.expressions import has_expression, read
from engine.graph import Node
from engine.nodes._base import IN, Container, NodeConfig, NodeType, PlanContext, Port, select, text, widget
from engine.nodes._fields import one_expression

MOST_PASSES = 100_000


class MapConfig(NodeConfig):
    """What the passes are made of, how many run at a time, and what becomes of one that fails."""

    over: Literal["items", "pages"] = Field(
        default="items",
        title="Over",
        description="A pass for each item of a list, side by side; or for each page, one after the other.",
        json_schema_extra=select({"items": "The items of a list", "pages": "Pages, one after the other"}),
    )
    items: Any = Field(
        default=None,
        validate_default=True,
        title="Items",
        description="Over items: a list, or an expression that gives one.",
        examples=["{{ nodes.fetch.output.orders }}"],
        json_schema_extra=widget("expression"),
    )
    next: Annotated[str, AfterValidator(one_expression)] | None = Field(
        default=None,
        validate_default=True,
        title="Next",
        description="Over pages: the next pass's item, evaluated at the end of a pass; empty ends the map.",
        examples=["{{ result.next_cursor }}"],
        json_schema_extra=widget("expression"),
    )
    concurrency: int = Field(
        default=10,
        ge=1,
        le=1_000,
        title="Concurrency",
        description="Over items: how many passes run at a time.",
        json_schema_extra=widget("number"),
    )
    maximum: int = Field(
        default=MOST_PASSES,
        ge=1,
        le=MOST_PASSES,
        title="Maximum",
        description="More passes than this fail the map.",
        json_schema_extra=widget("number"),
    )
    on_item_error: Literal["fail", "collect", "skip"] = Field(
        default="fail",
        title="On item error",
        description="When a pass fails: fail the map, keep its place with null, or leave its place out.",
        json_schema_extra=select(
            {"fail": "Fail the map", "collect": "Keep its place, with null", "skip": "Leave its place out"}
        ),
    )
    result: Any = Field(
        default=None,
        title="Result",
        description="What a pass gives; empty: the output of the step at which the steps inside end.",
        examples=["{{ nodes.ask.output.summary }}"],
        json_schema_extra=widget("expression"),
    )

    @field_validator("items")
    @classmethod
    def _items_are_a_list(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("over") == "items" and not _is_list(value):
            raise ValueError(
                "Must be a list, or one expression that gives a list such as {{ inputs.orders }}"
            )
        return value

    @field_validator("next")
    @classmethod
    def _pages_lead_on(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("over") == "pages" and value is None:
            raise ValueError("Must say what the next page is, such as {{ result.next_cursor }}")
        return value


def _is_list(value: Any) -> bool:
    if not isinstance(value, str):
        return isinstance(value, list)
    source = read(value)
    return has_expression(value) and (source.native or bool(source.faults))


def plan(node: Node, ctx: PlanContext) -> MapStep:
    """Return the step that runs its body for each item, or for each page."""
    config = ctx.config
    assert isinstance(config, MapConfig)
    over_items = config.over == "items"
    return MapStep(
        **ctx.base(node),
        items=config.items if over_items else None,
        next=None if over_items else config.next,
        concurrency=config.concurrency,
        maximum=config.maximum,
        on_item_error=config.on_item_error,
        body=ctx.body,
    )


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: `Each of {{ … }}` or `Each page until no {{ … }}`."""
    if config.get("over") == "pages":
        return text(
            f"Each page, then {config['next']}" if config.get("next") else "", empty="No next page yet"
        )
    items = config.get("items")
    return text(f"Each of {text(items)}" if items else "", empty="No items yet")


MAP = NodeType(
    type="map",
    version=1,
    title="Map",
    summary="Runs the steps inside it for each item of a list, or for each page.",
    help=(
        "Drag steps into it: they run once for each item, `concurrency` passes at a time. In a pass, "
        "expressions read `{{ item }}` and `{{ index }}` (counted from 0), the steps of the same pass, and "
        "any step outside; the map waits for those. From a map or loop deeper inside, the item is `{{ "
        "nodes.ID.item }}`, where ID is this node's.\n\n"
        'Its output is `{"results": […], "failures": […]}` in the order of the items: `{{ '
        "nodes.each.output.results | sum }}`. A result is what the setting **result** says, or the output of "
        "the step at which the steps inside end; when they end at several, an object of their outputs by "
        "node id.\n\n"
        "When a pass fails, the map fails, keeps its place with null, or leaves its place out: **on item "
        "error** says which; `failures` has the `index`, `item` and `error` of each.\n\n"
        "Over **pages**, passes follow each other: `item` is none in the first one, then what **next** gave "
        "at the end of the one before, until that is empty. Example: a request with the query `cursor: {{ "
        "item }}` inside, and next `{{ nodes.fetch.output.next_cursor }}`."
    ),
    icon="layers",
    category="Control flow",
    config=MapConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(Port("out", "Out"), Port("error", "Error")),
    container=Container(names=("item", "index"), closing=frozenset({"next"})),
)
