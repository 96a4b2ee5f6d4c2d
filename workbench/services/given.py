"""Values that a person gives in place of a node's output, checked."""

from typing import Any, Literal

from pydantic_core import PydanticSerializationError, to_json

from engine import expressions, nodes
from engine.contracts import NodeRecord, Origin
from engine.errors import ExpressionError, Problem
from engine.graph import Document, Node
from workbench.errors import Invalid

JSON = "application/json"


def node_of(document: Document, node_id: str) -> Node:
    """Return the node, if it can be given a value. Raises Invalid when it is none that runs by itself."""
    node = next((one for one in document.nodes if one.id == node_id), None)
    if node is None:
        raise _refused(node_id, f"The workflow has no node {node_id[:64]!r}.", "")
    if node.parent is not None:
        hint = f"Give one to {node.parent!r}, the container around it."
        raise _refused(
            node_id, f"{node_id!r} runs once in every pass, so one value cannot stand for it.", hint
        )
    if not ports_of(node):
        raise _refused(node_id, f"{node_id!r} has no output that others could read.", "")
    return node


def record(
    node: Node, value: Any, *, kind: Literal["pinned", "edited"], media_type: str = JSON
) -> NodeRecord:
    """Return the settled record of a node that was given `value`. Raises Invalid when no run can carry it."""
    require_usable(node.id, value)
    if not (media_type.isprintable() and media_type.isascii()):
        raise _refused(node.id, "The media type is none.", "Give one such as application/json.")
    return NodeRecord(
        node_id=node.id,
        status="succeeded",
        ports=left_by(node, value),
        output=value,
        media_type=media_type,
        origin=Origin(kind=kind),
    )


def require_usable(node_id: str, value: Any) -> None:
    """Raise Invalid for a value that no run can carry: too large, too deep, or no text that UTF-8 has."""
    try:
        expressions.bounded(value)
        to_json(value)
    except (ExpressionError, PydanticSerializationError, UnicodeEncodeError) as error:
        raise _refused(
            node_id, f"The value cannot be used: {error}", "Give less, or whole characters."
        ) from error


def left_by(node: Node, value: Any) -> tuple[str, ...]:
    """Return the ports that a node with this output is left by: as a condition or switch says, else `out`."""
    names = ports_of(node)
    if node.type == "condition":
        return ("true" if value else "false",)
    if node.type == "switch":
        said = value if isinstance(value, list) else [value]
        return tuple(name for name in names if name in said) or ("default",)
    return ("out",) if "out" in names else names[:1]


def ports_of(node: Node) -> tuple[str, ...]:
    """Return the names of a node's outputs; none for an unknown type."""
    try:
        return tuple(port.name for port in nodes.get(node.type).outputs_of(node.config))
    except KeyError:
        return ()


def _refused(node_id: str, message: str, hint: str) -> Invalid:
    return Invalid(message, (Problem(code="bad-value", node=node_id[:64], message=message, hint=hint),))
