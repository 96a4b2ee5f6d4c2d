"""The `switch` node: sends the run along one of many branches, or along every one that matches."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from engine.contracts import SwitchStep
from engine.graph import Node
from engine.nodes._base import IN, NodeConfig, NodeType, PlanContext, Port, select, text, widget
from engine.nodes._fields import one_expression

DEFAULT = Port("default", "Default")
PORT_PATTERN = r"^[A-Za-z][A-Za-z0-9_-]{0,62}$"


class SwitchCase(NodeConfig):
    """A branch: the port's name, and when it is taken."""

    name: str = Field(pattern=PORT_PATTERN, title="Name", description="The name of the port.")
    when: Annotated[str, AfterValidator(one_expression)] = Field(
        min_length=1, title="When", description="The expression that decides."
    )


class SwitchConfig(NodeConfig):
    """The branches, in the order in which they are tried."""

    cases: list[SwitchCase] = Field(
        min_length=1,
        max_length=50,
        title="Cases",
        description="Name and expression of each branch; they are tried from the first to the last.",
        examples=[[{"name": "urgent", "when": "{{ inputs.priority == 'urgent' }}"}]],
        json_schema_extra=widget("cases"),
    )
    matches: Literal["first", "all"] = Field(
        default="first",
        title="Matches",
        description="Follow the first case that holds, or all that do.",
        json_schema_extra=select({"first": "The first case that holds", "all": "All cases that hold"}),
    )

    @model_validator(mode="after")
    def _names_are_ports(self) -> Self:
        names = [case.name for case in self.cases]
        taken = {DEFAULT.name, "error"}
        for name in names:
            if name in taken:
                raise ValueError(f"Two ports would be named {name}; give each case a name of its own")
            taken.add(name)
        return self


def ports(config: Mapping[str, Any]) -> tuple[Port, ...]:
    """Return the output ports with these settings, finished or not: one of each case, and `default`."""
    cases = config.get("cases")
    found = (
        [case.get("name") for case in cases if isinstance(case, Mapping)] if isinstance(cases, list) else ()
    )
    names = dict.fromkeys(name for name in found if isinstance(name, str) and name)
    return (*(Port(name, name) for name in names if name != DEFAULT.name), DEFAULT)


def follows_one(config: Mapping[str, Any]) -> bool:
    """Return whether a switch with these settings is left by one port only."""
    return config.get("matches") != "all"


def plan(node: Node, ctx: PlanContext) -> SwitchStep:
    """Return the step that leaves by the ports of the cases that hold."""
    config = ctx.config
    assert isinstance(config, SwitchConfig)
    cases = tuple((case.name, case.when) for case in config.cases)
    return SwitchStep(**ctx.base(node), cases=cases, matches=config.matches)


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: how many matches are followed, among which cases."""
    names = " · ".join(port.name for port in ports(config)[:-1])
    way = "First of" if follows_one(config) else "All of"
    return text(f"{way} {names}" if names else "", empty="No cases yet")


SWITCH = NodeType(
    type="switch",
    version=1,
    title="Switch",
    summary="Goes on along the first of many branches that matches, or along all that do.",
    help=(
        "Each case is a name and an expression, and gives the node an output port of that name. The cases "
        "are tried from the first to the last:\n\n"
        "- **the first case that holds**: the run goes on along it; the ones behind it are not evaluated\n"
        "- **all cases that hold**: it goes on along every one of them, side by side\n\n"
        "When no case holds it leaves by **default**. Steps that only other ports lead to are skipped. Its "
        "output is the name of the port, or the list of names where all are followed.\n\n"
        "Example: case `urgent` when `{{ inputs.priority == 'urgent' }}`. Renaming a case renames its port "
        "and moves the edges that leave by it."
    ),
    icon="split",
    category="Control flow",
    config=SwitchConfig,
    plan=plan,
    summarise=summarise,
    inputs=IN,
    outputs=(DEFAULT,),
    ports_of=ports,
    leaves_by_one=follows_one,
)
