"""The node types' documentation in Markdown, and their settings as JSON Schema, made from the registry."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic.fields import FieldInfo

from engine.nodes._base import Container, NodeType, Port


def config_schema(node_type: NodeType) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a node type's settings; `widget` and `secrets` are our words."""
    return node_type.config.model_json_schema()


def documentation(node_types: Iterable[NodeType]) -> str:
    """Return one Markdown section a node type: what it does, its settings and its ports."""
    return "\n\n".join(_section(node_type) for node_type in node_types) + "\n"


def _section(node_type: NodeType) -> str:
    parts = [f"### {node_type.title} (`{node_type.type}`)", node_type.summary, node_type.help]
    if node_type.config.model_fields:
        parts.append(_settings(node_type))
    if node_type.inputs or node_type.outputs:
        parts.append(f"Ports: {_ports('in', node_type.inputs)}; {_outputs(node_type)}.")
    if node_type.container:
        parts.append(_body(node_type.container))
    if node_type.default_timeout_s is not None:
        parts.append(
            f"One attempt may take {node_type.default_timeout_s:g} s unless its policy says otherwise."
        )
    return "\n\n".join(parts)


def _body(container: Container) -> str:
    names = " and ".join(f"`{name}`" for name in container.names)
    closing = " and ".join(f"`{name}`" for name in sorted(container.closing))
    return (
        f"It holds other nodes, whose expressions also read {names}. At the end of a pass `result` is "
        f"evaluated there, and then {closing}, which may read that `result`."
    )


def _settings(node_type: NodeType) -> str:
    rows = ["| Setting | Default | |", "| --- | --- | --- |"]
    for name, info in node_type.config.model_fields.items():
        if info.is_required():
            default = "*needed*"
        else:
            value = info.get_default(call_default_factory=True)
            default = "" if value in (None, "", {}, []) else f"`{json.dumps(value)}`"
        secrets = " May name secrets." if name in node_type.secret_fields else ""
        rows.append(f"| `{name}` | {default} | {info.description}{_values(info)}{secrets} |")
    return "\n".join(rows)


def _values(info: FieldInfo) -> str:
    """Return the values of a setting that takes one of a few, as documents hold them."""
    words = info.json_schema_extra.get("words") if isinstance(info.json_schema_extra, dict) else None
    return f" One of {', '.join(f'`{value}`' for value in words)}." if isinstance(words, dict) else ""


def _outputs(node_type: NodeType) -> str:
    named = ", and those that its settings name" if node_type.ports_of else ""
    return _ports("out", node_type.outputs) + named


def _ports(way: str, ports: tuple[Port, ...]) -> str:
    return f"{way} " + (", ".join(f"`{port.name}`" for port in ports) or "none")
