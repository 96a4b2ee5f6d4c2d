"""What a node type is: one declaration from which palette, inspector, schema, docs and compiler all live.

A node type is data (`NodeType`) plus one function, `plan`, that turns a checked node into the step which
the workflow interprets. It holds no services and does no work itself.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypedDict

from pydantic import BaseModel, ConfigDict

from engine.contracts import Body, Incoming, Step
from engine.graph import Node

Category = Literal["Start and end", "Data", "Control flow", "People", "Web", "Notes"]
Widget = Literal[
    "expression", "code", "python", "text", "markdown", "json", "keyvalue", "cases", "select", "number",
    "switch", "workflow", "version", "people", "options", "hours",
]  # fmt: skip


class NodeConfig(BaseModel):
    """Base of every node type's settings: unknown fields are refused, values are not changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


ConfigModel = type[NodeConfig]


@dataclass(frozen=True)
class Port:
    """A place where edges start or end. `name` is stored in documents, `title` is shown."""

    name: str
    title: str


@dataclass(frozen=True)
class Container:
    """What a node type that holds other nodes lets them read.

    `names` are what expressions inside read of a pass. `closing` are the settings that are evaluated inside
    when a pass has ended, and which read its `result` too. The setting `result`, which makes that, is
    evaluated inside as well; all other settings are evaluated outside, before the first pass.
    """

    names: tuple[str, ...]
    closing: frozenset[str]

    @cached_property
    def inside(self) -> frozenset[str]:
        """The settings that are evaluated inside."""
        return self.closing | {RESULT}


RESULT = "result"
"""The setting of a container that says what a pass gives, and the name by which that is read."""

NO_BODY = Body(steps=())


class StepShape(TypedDict):
    """The fields that every step has, as keyword arguments."""

    id: str
    type: str
    incoming: tuple[Incoming, ...]
    after: tuple[str, ...]
    on_error: Literal["fail", "continue", "pause"]


@dataclass(slots=True)
class PlanContext:
    """What the compiler knows about a node when it asks for the node's step.

    `config` is the validated settings object; `incoming` and `after` are the drawn and the implied
    dependencies; `secret_fields` are the top-level config fields that name secrets, and `reads` the context
    roots (`inputs`, `nodes.fetch`) which those fields need beside the secrets. `body` is a container's.
    """

    config: NodeConfig
    incoming: tuple[Incoming, ...] = ()
    after: tuple[str, ...] = ()
    secret_fields: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    body: Body = NO_BODY

    def base(self, node: Node) -> StepShape:
        """Return the keyword arguments that every step of `node` starts with."""
        return {
            "id": node.id,
            "type": node.type,
            "incoming": self.incoming,
            "after": self.after,
            "on_error": node.policy.on_error,
        }


def widget(kind: Widget, *, secrets: bool = False, literal: bool = False) -> dict[str, Any]:
    """Return a config field's schema extras: the inspector's widget, and whether secrets may be named.

    In a `literal` field `{{` begins no expression: it is taken as it stands.
    """
    said = {"secrets": secrets, "literal": literal}
    return {"widget": kind, **{name: True for name, holds in said.items() if holds}}


def select(words: Mapping[str, str]) -> dict[str, Any]:
    """Return the schema extras of a field that takes one of a few values: what people read for each."""
    return {**widget("select"), "words": dict(words)}


def options(words: Mapping[str, str]) -> dict[str, Any]:
    """Return the schema extras of a list of some of a few values: what people read for each."""
    return {**widget("options"), "words": dict(words)}


def _no_inputs_or_outputs() -> tuple[Port, ...]:
    return ()


def _one_port(config: Mapping[str, Any]) -> bool:
    return True


@dataclass(frozen=True)
class NodeType:
    """A kind of step. `type` and `version` are what documents store; everything else serves people.

    `plan` returns the step to run, or None for a node that is never executed. `default_timeout_s` is set
    for types whose work is an activity and is the seconds that one attempt may take.

    `outputs` are the output ports of a new node. Where the settings make them, `ports_of` gives those of a
    node with any settings, unfinished ones too. `leaves_by_one` says of settings that only one port is left
    by in a run, so that what stands behind different ports excludes each other. `container` is set for types
    that hold other nodes; `anywhere` is False for those that cannot stand in one. `retried` says of a type
    whose work is no activity that its node may be tried again all the same.
    """

    type: str
    version: int
    title: str
    summary: str
    help: str
    icon: str
    category: Category
    config: ConfigModel
    plan: Callable[[Node, PlanContext], Step | None]
    summarise: Callable[[Mapping[str, Any]], str]
    inputs: tuple[Port, ...] = field(default_factory=_no_inputs_or_outputs)
    outputs: tuple[Port, ...] = field(default_factory=_no_inputs_or_outputs)
    default_timeout_s: float | None = None
    retried: bool = False
    ports_of: Callable[[Mapping[str, Any]], tuple[Port, ...]] | None = None
    leaves_by_one: Callable[[Mapping[str, Any]], bool] = _one_port
    container: Container | None = None
    anywhere: bool = True

    def outputs_of(self, config: Mapping[str, Any]) -> tuple[Port, ...]:
        """Return the output ports of a node with these settings."""
        return self.ports_of(config) if self.ports_of else self.outputs

    @cached_property
    def executed(self) -> bool:
        """Whether a run has a step for this node, so that expressions can read its output."""
        return bool(self.inputs or self.outputs)

    @cached_property
    def secret_fields(self) -> frozenset[str]:
        """The config fields in which `{{ secrets.NAME }}` may stand."""
        return self._fields_with("secrets")

    @cached_property
    def literal_fields(self) -> frozenset[str]:
        """The config fields that hold no expressions, whatever stands in them."""
        return self._fields_with("literal")

    def _fields_with(self, mark: str) -> frozenset[str]:
        return frozenset(
            name
            for name, info in self.config.model_fields.items()
            if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get(mark)
        )


IN = (Port("in", "In"),)
OUT = (Port("out", "Out"),)


def text(value: object, *, empty: str = "") -> str:
    """Return `value` as one line of at most 120 characters for a node's cell; `empty` when there is none.

    What is not text stands there as JSON, as the person wrote it.
    """
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    line = " ".join(written.split()) if value not in (None, "") else empty
    return line if len(line) <= 120 else line[:119] + "…"
