"""The inspector's views, made from a document: the form of one node, and the form of the workflow."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine import nodes
from engine.compiler import may_undo
from engine.graph import Document, Edge, Node
from workbench.services.edit_parts import with_children
from workbench.state.canvas_views import holds_others
from workbench.state.form_fields import FieldGroup, NodeField
from workbench.state.node_form import ANY, as_text, config_fields, grouped, types_of
from workbench.state.policy_form import policy_fields
from workbench.state.references import Reference, references_for, upstream
from workbench.state.views import Choice, ProblemView
from workbench.state.workflow_form import ANY_TYPE


@dataclass(frozen=True)
class Connection:
    """An edge seen from the selected node: `other` is at its far end, `incoming` says at which."""

    incoming: bool
    other: str
    port: str
    edge: dict[str, str]


@dataclass(frozen=True)
class NodeForm:
    """The form of one node. `problems` are those that belong to none of its fields.

    `home` is the container that it stands in, empty for none, `homes` those that it may stand in, if any.
    """

    id: str = ""
    title: str = ""
    type: str = ""
    type_title: str = ""
    help: str = ""
    fields: list[NodeField] = field(default_factory=list)
    groups: list[FieldGroup] = field(default_factory=list)
    policy: list[NodeField] = field(default_factory=list)
    problems: list[ProblemView] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    home: str = ""
    homes: list[Choice] = field(default_factory=list)


@dataclass(frozen=True)
class InputField:
    """One property of the workflow's `inputs` schema; `default` is the text of a JSON value."""

    name: str
    type: str
    title: str
    description: str
    required: bool
    default: str


@dataclass(frozen=True)
class OutputField:
    """One of the outputs that the document itself names, its expression and its type."""

    name: str
    value: str
    type: str


@dataclass(frozen=True)
class WorkflowForm:
    """The form of the workflow. The schemas and `example` are JSON texts; the limits are empty for none."""

    name: str = ""
    description: str = ""
    inputs: list[InputField] = field(default_factory=list)
    outputs: list[OutputField] = field(default_factory=list)
    schema: str = ""
    output_schema: str = ""
    example: str = ""
    deadline_s: str = ""
    steps: str = ""
    seconds: str = ""
    on_reached: str = "fail"
    problems: list[ProblemView] = field(default_factory=list)


def node_form(document: Document, node: Node, problems: Sequence[ProblemView]) -> NodeForm:
    """Return the form of `node`. One of an unknown type has no fields, only what is known of any node."""
    mine = [problem for problem in problems if problem.node == node.id]
    common = NodeForm(
        id=node.id,
        title=node.title,
        type=node.type,
        type_title=f"Unknown type {node.type}",
        problems=mine,
        connections=[
            _connection(edge, node.id) for edge in document.edges if node.id in (edge.source, edge.target)
        ],
    )
    try:
        kind = nodes.get(node.type)
    except KeyError:
        return common
    fields, policy = (
        config_fields(node, kind, mine),
        policy_fields(node, kind, mine, _undoing(document, node)),
    )
    alone, groups = grouped(fields, kind)
    shown = [one.path for one in (*fields, *policy) if one.problem]
    return NodeForm(
        id=node.id,
        title=node.title,
        type=node.type,
        type_title=kind.title,
        help=kind.help,
        fields=alone,
        groups=groups,
        policy=policy,
        problems=[one for one in mine if not one.field.startswith(tuple(shown) or ("\0",))],
        references=references_for(document, node.id) if kind.inputs else [],
        connections=common.connections,
        targets=_targets(document, node) if kind.outputs else [],
        ports=[port.name for port in kind.outputs_of(node.config)],
        home=node.parent or "",
        homes=_homes(document, node) if kind.anywhere else [],
    )


def workflow_form(document: Document, problems: Sequence[ProblemView]) -> WorkflowForm:
    """Return the form of `document` itself."""
    schema = document.inputs
    required = schema.get("required") or []
    properties = schema.get("properties") or {}
    examples = schema.get("examples") or [{}]
    return WorkflowForm(
        name=document.name,
        description=document.description,
        inputs=[
            _input(name, part, name in required)
            for name, part in properties.items()
            if isinstance(part, Mapping)
        ],
        outputs=_outputs(document),
        schema=json.dumps(schema, indent=2, ensure_ascii=False),
        output_schema=_json_or_nothing(document.output_schema),
        example=json.dumps(examples[0], indent=2, ensure_ascii=False),
        deadline_s=_number(document.limits.deadline_s),
        steps=_number(document.limits.steps),
        seconds=_number(document.limits.seconds),
        on_reached=document.limits.on_reached,
        problems=[one for one in problems if not one.node and not one.field.startswith("triggers.")],
    )


def _outputs(document: Document) -> list[OutputField]:
    parts = document.output_schema.get("properties") or {}
    kinds = {name: part.get("type") for name, part in parts.items() if isinstance(part, Mapping)}
    return [
        OutputField(name, as_text(value, ANY), kind if isinstance(kind := kinds.get(name), str) else ANY_TYPE)
        for name, value in document.outputs.items()
    ]


def _json_or_nothing(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) if schema else ""


def _number(limit: float | None) -> str:
    return "" if limit is None else f"{limit:.15g}"


def _input(name: str, part: Mapping[str, Any], required: bool) -> InputField:
    kind = part.get("type")
    return InputField(
        name=name,
        type=kind if isinstance(kind, str) else "any",
        title=str(part.get("title") or ""),
        description=str(part.get("description") or ""),
        required=required,
        default=as_text(part.get("default"), types_of(part)),
    )


def _connection(edge: Edge, node_id: str) -> Connection:
    incoming = edge.target == node_id
    other, port = (edge.source, edge.source_port) if incoming else (edge.target, edge.source_port)
    return Connection(incoming, other, port, edge.model_dump())


def _targets(document: Document, node: Node) -> list[str]:
    """Return the ids that `node` may be connected to: beside it, with an input port, and not before it."""
    closed = upstream(document, node.id) | {node.id}
    beside = [other for other in document.nodes if other.parent == node.parent]
    return [other.id for other in beside if other.id not in closed and _has_inputs(other.type)]


def _homes(document: Document, node: Node) -> list[Choice]:
    """Return the containers that `node` may stand in, and the canvas outside of all; nothing without any."""
    inside = with_children(document, {node.id})
    found = [
        Choice(other.id, other.title or other.id)
        for other in document.nodes
        if other.id not in inside and holds_others(other.type)
    ]
    return [Choice("", "No container"), *found] if found else []


def _undoing(document: Document, node: Node) -> list[Choice]:
    """Return the nodes by which `node` may be undone, as the check has it."""
    return [Choice(other.id, other.title or other.id) for other in may_undo(document, node)]


def _has_inputs(type: str) -> bool:
    try:
        return bool(nodes.get(type).inputs)
    except KeyError:
        return False
