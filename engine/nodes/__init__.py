"""The node types. To add one: a file in this folder and a line in `NODE_TYPES`.

Palette, inspector form, JSON Schema, documentation and compiler are all made from this tuple.
"""

from collections.abc import Mapping
from typing import Any

from engine.nodes._base import NO_BODY, RESULT, Container, NodeConfig, NodeType, PlanContext, Port
from engine.nodes._docs import config_schema, documentation
from engine.nodes.approval import APPROVAL
from engine.nodes.condition import CONDITION
from engine.nodes.delay import DELAY
from engine.nodes.fail import FAIL
from engine.nodes.form import FORM
from engine.nodes.http import HTTP
from engine.nodes.input import INPUT
from engine.nodes.loop import LOOP
from engine.nodes.map import MAP
from engine.nodes.merge import MERGE
from engine.nodes.note import NOTE
from engine.nodes.notify import NOTIFY
from engine.nodes.output import OUTPUT
from engine.nodes.python import PYTHON
from engine.nodes.review import REVIEW
from engine.nodes.send_event import SEND_EVENT
from engine.nodes.subworkflow import SUBWORKFLOW
from engine.nodes.switch import SWITCH
from engine.nodes.transform import TABLE_MEDIA_TYPE, TRANSFORM, shaped
from engine.nodes.wait_for_event import WAIT_FOR_EVENT

__all__ = [
    "NODE_TYPES",
    "NO_BODY",
    "RESULT",
    "TABLE_MEDIA_TYPE",
    "Container",
    "NodeConfig",
    "NodeType",
    "PlanContext",
    "Port",
    "config_schema",
    "documentation",
    "expressive",
    "get",
    "shaped",
]

NODE_TYPES: tuple[NodeType, ...] = (
    INPUT,
    OUTPUT,
    TRANSFORM,
    CONDITION,
    SWITCH,
    MERGE,
    MAP,
    LOOP,
    DELAY,
    WAIT_FOR_EVENT,
    SEND_EVENT,
    SUBWORKFLOW,
    FAIL,
    APPROVAL,
    REVIEW,
    FORM,
    NOTIFY,
    HTTP,
    PYTHON,
    NOTE,
)

_BY_TYPE: Mapping[str, NodeType] = {node_type.type: node_type for node_type in NODE_TYPES}


def get(type: str) -> NodeType:
    """Return the node type named `type`; KeyError, whose message lists the known ones, when there is none."""
    try:
        return _BY_TYPE[type]
    except KeyError:
        known = ", ".join(_BY_TYPE)
        raise KeyError(f"There is no node type {type!r}; the node types are {known}") from None


def expressive(type: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a node's settings in which `{{` begins an expression; all, if its type is not known."""
    literal = _BY_TYPE[type].literal_fields if type in _BY_TYPE else ()
    return {name: value for name, value in config.items() if name not in literal}
