"""Renaming a node inside expressions: text surgery that leaves everything but the references as it was."""

import re
from typing import Any

from engine import nodes
from engine.graph import Node

_STRING = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_TAG = re.compile(
    rf"\{{\#.*?\#\}}|\{{%-?\s*raw\s*-?%\}}.*?\{{%-?\s*endraw\s*-?%\}}"
    rf"|\{{\{{(?:{_STRING}|(?!\}}\}}).)*\}}\}}|\{{%(?:{_STRING}|(?!%\}}).)*%\}}",
    re.DOTALL,
)
"""A comment, a raw block (both left alone), a `{{ … }}` or a `{% … %}`; a brace in a string ends nothing."""


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
    """Return `text` with the node `old` called `new` in its expressions.

    Only whole names after a `nodes` that is itself no attribute are renamed: not `nodes.older`, not
    `inputs.nodes.old`, not what stands in a string, a comment or outside of an expression.
    """
    if "nodes" not in text or old not in text:
        return text
    reference = re.compile(
        rf"(?P<string>{_STRING})"
        rf"|(?<![\w.])(?P<dot>nodes\s*\.\s*){re.escape(old)}(?!\w)"
        rf"|(?<![\w.])(?P<open>nodes\s*\[\s*(?P<quote>['\"])){re.escape(old)}(?P=quote)"
    )

    def rewritten(match: re.Match[str]) -> str:
        if match["string"] is not None:
            return match["string"]
        if match["dot"] is not None:
            return f"{match['dot']}{new}"
        return f"{match['open']}{new}{match['quote']}"

    def in_tag(match: re.Match[str]) -> str:
        tag = match[0]
        literal = tag.startswith("{#") or re.match(r"\{%-?\s*raw\b", tag)
        return tag if literal else reference.sub(rewritten, tag)

    return _TAG.sub(in_tag, text)
