"""Checking each node by itself: its type, its settings, its policy, and the expressions in its settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from engine import expressions, nodes
from engine.compiler._problems import Problems
from engine.compiler._pydantic import details
from engine.compiler._schemas import check_schema_fields
from engine.expressions import Path
from engine.graph import Node
from engine.nodes import NodeConfig, NodeType, Port

_DETAIL_CODES = {"missing": "missing-config", "unknown": "unknown-config", "bad": "bad-config"}


@dataclass(slots=True)
class CheckedNode:
    """A node whose type is known. `config` is None when its settings are invalid.

    `reads` maps each top-level setting that reads something to (field, path) of what it reads.
    """

    node: Node
    type: NodeType
    config: NodeConfig | None
    reads: dict[str, list[tuple[str, Path]]]
    outputs: tuple[Port, ...] = ()

    @property
    def forks(self) -> bool:
        """Whether the node is left by one of several ports."""
        return len(self.outputs) > 1 and self.type.leaves_by_one(self.node.config)


def check_node(node: Node, problems: Problems) -> CheckedNode | None:
    """Add what is wrong with a node by itself; return None when its type is not known."""
    try:
        node_type = nodes.get(node.type)
    except KeyError:
        hint = expressions.did_you_mean(node.type, frozenset(kind.type for kind in nodes.NODE_TYPES))
        hint = hint or "The node types are " + ", ".join(kind.type for kind in nodes.NODE_TYPES) + "."
        message = f"There is no node type “{node.type}”."
        problems.add("unknown-node-type", message, node=node.id, field="type", hint=hint)
        return None
    if node.type_version != node_type.version:
        message = f"“{node.type}” has version {node_type.version} here, not {node.type_version}."
        hint = "The document was made with another version of the workbench; update the workbench."
        problems.add("unknown-type-version", message, node=node.id, field="type_version", hint=hint)
        return None
    _check_policy(node, problems, works=node_type.default_timeout_s is not None)
    config = _checked_config(node, node_type, problems)
    if config is not None:
        check_schema_fields(node, config, problems)
    written = nodes.expressive(node.type, node.config) if node_type.executed else {}
    reads = read_expressions(written, "config", problems, node=node.id)
    return CheckedNode(node, node_type, config, reads, node_type.outputs_of(node.config))


def _check_policy(node: Node, problems: Problems, *, works: bool) -> None:
    retry = node.policy.retry
    if retry.delay_s > retry.max_delay_s:
        message = (
            f"The first delay ({retry.delay_s:g} s) is longer than the longest one ({retry.max_delay_s:g} s)."
        )
        problems.add("bad-policy", message, node=node.id, field="policy.retry.delay_s")
    if node.policy.concurrency is not None and not works:
        message = f"“{node.id}” does no work outside of the run, so it needs no place in a concurrency group."
        problems.add("bad-policy", message, node=node.id, field="policy.concurrency")


def _checked_config(node: Node, node_type: NodeType, problems: Problems) -> NodeConfig | None:
    try:
        return node_type.config.model_validate(node.config)
    except ValidationError as error:
        for detail in details(error, node.config):
            field = ".".join(map(str, ("config", *detail.path)))
            hint = _hint(node_type, detail.path, detail.kind)
            problems.add(_DETAIL_CODES[detail.kind], detail.message, node=node.id, field=field, hint=hint)
        return None


def _hint(node_type: NodeType, path: tuple[str | int, ...], kind: str) -> str:
    known = node_type.config.model_fields
    if kind == "unknown" and path:
        similar = expressions.did_you_mean(str(path[0]), frozenset(known))
        return similar or f"“{node_type.title}” has {', '.join(known) or 'no settings'}."
    info = known.get(str(path[0])) if path else None
    if info is None:
        return ""
    example = f" For example: {info.examples[0]}" if info.examples else ""
    return f"{info.description or ''}{example}".strip()


def read_expressions(
    settings: Mapping[str, Any], prefix: str, problems: Problems, *, node: str | None = None
) -> dict[str, list[tuple[str, Path]]]:
    """Add what is wrong with the expressions in settings; return what each reads, and in which field."""
    reads: dict[str, list[tuple[str, Path]]] = {}
    for name, value in settings.items():
        for field, text in expressions.strings(value, f"{prefix}.{name}"):
            source = expressions.read(text)
            for fault in source.faults:
                problems.add(fault.code, fault.message, node=node, field=field, hint=fault.hint)
            if source.paths:
                reads.setdefault(name, []).extend((field, path) for path in sorted(source.paths, key=str))
    return reads
