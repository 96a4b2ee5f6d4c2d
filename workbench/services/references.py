"""Renaming a node inside expressions: text surgery that leaves everything but the references as it was."""

from typing import Any

from engine import expressions, nodes
from engine.graph import Node


def rename_in_config(node: Node, old: str, new: str) -> dict[str, Any]:
    """Return a node's settings with `old` renamed where expressions may stand."""
    renamed = rename_in_value(nodes.expressive(node.type, node.config), old, new)
    return {name: renamed.get(name, value) for name, value in node.config.items()}


def rename_in_value(value: Any, old: str, new: str) -> Any:
    """Return JSON `value` with `nodes.old` and `nodes['old']` renamed in all its expressions."""
    if isinstance(value, str):
        return rename_in_text(value, old, new)
    if isinstance(value, dict):
        return {key: rename_in_value(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [rename_in_value(item, old, new) for item in value]
    return value


def rename_in_text(text: str, old: str, new: str) -> str:
    """Return `text` with the node `old` called `new` in its expressions."""
    if old not in text:
        return text
    return expressions.with_names(text, lambda name: new if name == old else name)
