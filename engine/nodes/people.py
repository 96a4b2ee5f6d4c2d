"""What the node types that ask people share: whom they ask, how many, and how long."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from engine import spans, working_time
from engine.contracts import Apart, Choice, HumanRules, HumanStep, WorkingHours
from engine.errors import Failure, NodeFailed
from engine.expressions import has_expression
from engine.graph import Node
from engine.nodes._base import NodeConfig, PlanContext, Port, options, select, widget
from engine.nodes._fields import an_expression

MAX_SECONDS = 365 * 86_400
MOST_NAMES = 100
LONGEST_NAME = 320
TIMEOUT = Port("timeout", "Timeout")
PORTS = {
    "approve": Port("approve", "Approved"),
    "reject": Port("reject", "Rejected"),
    "accept": Port("accept", "Accepted"),
    "edit": Port("edit", "Edited"),
    "respond": Port("respond", "Answered"),
    "ignore": Port("ignore", "Ignored"),
}
"""The ports of what can be decided."""


def _a_span_or_expression(value: str) -> str:
    if not has_expression(value):
        spans.span(value)
    return value


After = Annotated[float, Field(ge=0, le=MAX_SECONDS)] | Annotated[str, AfterValidator(_a_span_or_expression)]
"""A number of seconds, words such as `8 working hours`, or an expression that gives one of the two."""

Names = list[str] | Annotated[str, AfterValidator(an_expression)]


def names_of(setting: str, value: Any) -> tuple[str, ...]:
    """Return the people and groups that a rendered setting names; NodeFailed when it names none so."""
    found = [value] if isinstance(value, str) else value
    if found is None:
        return ()
    if not isinstance(found, Sequence) or not all(isinstance(name, str) for name in found):
        message = f"“{setting}” gives no list of people and groups"
        raise NodeFailed(Failure(kind="task-unfit", message=message))
    names = tuple(dict.fromkeys(name.strip() for name in found if name.strip()))
    if len(names) > MOST_NAMES or any(len(name) > LONGEST_NAME or "\x00" in name for name in names):
        message = f"“{setting}” may name {MOST_NAMES} people and groups, each with {LONGEST_NAME} characters"
        raise NodeFailed(Failure(kind="task-unfit", message=message))
    return names


class AskConfig(NodeConfig):
    """What people read first."""

    title: str = Field(
        min_length=1,
        title="Question",
        description="What is to be decided, in a line: the title of the task.",
        examples=["Approve the expenses of {{ inputs.name }}"],
        json_schema_extra=widget("expression"),
    )
    context: str = Field(
        default="",
        title="Context",
        description="What one has to know to decide, as Markdown; expressions may stand in it.",
        examples=["**{{ inputs.name }}** spent {{ inputs.amount }} on {{ inputs.purpose }}."],
        json_schema_extra=widget("markdown"),
    )


class DataConfig(AskConfig):
    """What is decided about."""

    data: Any = Field(
        default=None,
        title="Data",
        description="What is decided about, shown as it is; strings in it may be expressions.",
        examples=["{{ nodes.draft.output }}"],
        json_schema_extra=widget("json"),
    )
    data_schema: dict[str, Any] | None = Field(
        default=None,
        title="Schema of the data",
        description="A JSON Schema that edited data has to fit.",
        examples=[{"type": "object", "properties": {"amount": {"type": "number"}}}],
        json_schema_extra=widget("json", literal=True) | {"holds_schema": True},
    )


class _Hours(WorkingHours):
    """Working hours in a time zone that this machine knows."""

    @field_validator("zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        working_time.zone(name)
        return name


WHO, TIMES = {"group": "Who decides"}, {"group": "Times"}
"""Under which headings the settings stand in the inspector."""


class TimeConfig(NodeConfig):
    """Who is asked, and how long."""

    assignees: Names = Field(
        default_factory=list,
        title="Assignees",
        description="People (e-mail or id) and groups (name or id), a list or an expression; empty: anybody.",
        examples=[["ada@example.org", "Finance"], "{{ inputs.approvers }}"],
        json_schema_extra=widget("people") | WHO,
    )
    apart: list[Apart] = Field(
        default_factory=list,
        title="Separation of duties",
        description="Who does not decide, even if they are asked.",
        examples=[["starter"]],
        json_schema_extra=options({"starter": "Who started the run", "editor": "Who edited the data"}) | WHO,
    )
    priority: int = Field(
        default=3,
        ge=1,
        le=5,
        title="Priority",
        description="From 1, the most urgent, to 5.",
        json_schema_extra=widget("number") | TIMES,
    )
    due_s: After | None = Field(
        default=None,
        title="Due after",
        description="Then it is shown as overdue. Seconds, or words: 2 days, 8 working hours.",
        examples=["2 working days"],
        json_schema_extra=widget("expression") | TIMES,
    )
    remind_s: After | Annotated[list[After], Field(max_length=10)] | None = Field(
        default=None,
        title="Remind after",
        description="Then those who are asked are reminded; a list reminds them several times.",
        examples=[["4 working hours", "1 working day"], "1 day"],
        json_schema_extra=widget("expression") | TIMES,
    )
    escalate_s: After | None = Field(
        default=None,
        title="Escalate after",
        description="Then others are asked too, and a claim ends.",
        examples=["1 day"],
        json_schema_extra=widget("expression") | TIMES,
    )
    escalate_to: Names = Field(
        default_factory=list,
        title="Escalate to",
        description="The people and groups who are asked then.",
        examples=[["Board"]],
        json_schema_extra=widget("people") | TIMES,
    )
    expire_s: After | None = Field(
        default=None,
        title="Expires after",
        description="From then on nobody decides any more; empty: it waits for ever.",
        examples=["3 days"],
        json_schema_extra=widget("expression") | TIMES,
    )
    on_expiry: Literal["port", "default", "fail"] = Field(
        default="port",
        title="When it expires",
        description="What happens when nobody has decided by then.",
        json_schema_extra=select(
            {"port": "Go on along timeout", "default": "Take the default decision", "fail": "Fail the step"}
        )
        | TIMES,
    )
    working_hours: _Hours | None = Field(
        default=None,
        title="Working hours",
        description="What working hours and days mean here; empty: those of the workspace.",
        examples=[{"days": ["mon", "tue"], "opens": "08:30", "closes": "17:00", "zone": "Europe/Zurich"}],
        json_schema_extra=widget("hours", literal=True) | TIMES,
    )

    @model_validator(mode="after")
    def _others_are_named(self) -> Self:
        if (self.escalate_s is None) != (not self.escalate_to):
            raise ValueError("To escalate, say after how long and to whom")
        return self


class VoteConfig(TimeConfig):
    """How many decide."""

    quorum: int = Field(
        default=1,
        ge=1,
        le=50,
        title="Quorum",
        description="So many different people have to decide.",
        json_schema_extra=widget("number") | WHO,
    )
    votes: Literal["first_reject", "majority"] = Field(
        default="first_reject",
        title="Votes",
        description="Whether all of them have to agree, or most.",
        json_schema_extra=select(
            {"first_reject": "The first rejection counts", "majority": "The majority counts"}
        )
        | WHO,
    )
    default_decision: Literal["approve", "reject", "accept", "ignore"] | None = Field(
        default=None,
        title="Default decision",
        description="What is decided when it expires, if that is chosen.",
        json_schema_extra=select(
            {"approve": "Approve", "reject": "Reject", "accept": "Accept", "ignore": "Ignore"}
        )
        | TIMES,
    )

    @model_validator(mode="after")
    def _the_default_is_permitted(self) -> Self:
        permitted: Sequence[str] = getattr(self, "decisions", ())
        if self.on_expiry == "default" and self.default_decision not in permitted:
            raise ValueError(f"The default decision must be one of those permitted: {', '.join(permitted)}")
        return self


def step(node: Node, ctx: PlanContext, *, choices: Sequence[Choice], data: Any) -> HumanStep:
    """Return the step that asks people."""
    config = ctx.config
    assert isinstance(config, AskConfig)
    assert isinstance(config, TimeConfig)
    votes = config if isinstance(config, VoteConfig) else None
    return HumanStep(
        **ctx.base(node),
        title=config.title,
        context=config.context,
        data=data,
        data_schema=getattr(config, "data_schema", None),
        choices=tuple(choices),
        rules=HumanRules(
            assignees=config.assignees,
            quorum=votes.quorum if votes else 1,
            votes=votes.votes if votes else "first_reject",
            apart=tuple(config.apart),
            priority=config.priority,
            due_s=config.due_s,
            remind_s=config.remind_s,
            escalate_s=config.escalate_s,
            escalate_to=config.escalate_to,
            expire_s=config.expire_s,
            on_expiry=config.on_expiry,
            default=votes.default_decision if votes else None,
            working_hours=config.working_hours,
        ),
    )


def ports(config: Mapping[str, Any], default: Sequence[str]) -> tuple[Port, ...]:
    """Return a port for each decision that settings permit, finished or not, and `timeout`."""
    decisions = config.get("decisions")
    names = decisions if isinstance(decisions, list) else default
    known = dict.fromkeys(name for name in names if isinstance(name, str) and name in PORTS)
    return (*(PORTS[name] for name in known), TIMEOUT)
