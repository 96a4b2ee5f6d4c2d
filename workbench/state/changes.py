"""Edits in words: what somebody was about to change, and what two states of a document differ in."""

from collections.abc import Mapping
from typing import assert_never

from engine.graph import Document, Edge, Node
from workbench.services.edits import (
    Add,
    Batch,
    Configure,
    Connect,
    Describe,
    Move,
    Operation,
    Remove,
    Rename,
    Replace,
)

MOST = 12


def in_words(operation: Operation) -> str:
    """Return what `operation` does, as one phrase."""
    match operation:
        case Add(nodes=nodes, edges=edges):
            return f"Add {_names([node.id for node in nodes])}" if nodes else _edges("Connect", edges)
        case Remove(nodes=names, edges=edges):
            return f"Delete {_names(list(names))}" if names else _edges("Disconnect", edges)
        case Connect(edge=edge):
            return _edges("Connect", (edge,))
        case Move(positions=positions, sizes=sizes):
            return f"Move {_names(list(positions))}" if positions else f"Resize {_names(list(sizes))}"
        case Configure(id=name):
            return f"Change {_configured(operation)} of {name}"
        case Rename(id=old, new_id=new):
            return f"Rename {old} to {new}"
        case Describe():
            parts = sorted(operation.model_fields_set - {"op"})
            return f"Change the workflow's {', '.join(parts).replace('_', ' ')}"
        case Replace():
            return "Replace the whole workflow"
        case Batch(operations=operations):
            return "; ".join(in_words(one) for one in operations[:MOST])
        case _:
            assert_never(operation)


def differences(before: Document, after: Document) -> list[str]:
    """Return what changed from `before` to `after`, one phrase each, at most a dozen."""
    old, new = _by_id(before), _by_id(after)
    found = [f"Added {name}" for name in new.keys() - old.keys()]
    found += [f"Deleted {name}" for name in old.keys() - new.keys()]
    for name in old.keys() & new.keys():
        parts = [
            part
            for part in ("title", "config", "policy", "position", "size")
            if _part(old, name, part) != _part(new, name, part)
        ]
        if parts:
            found.append(f"Changed {_spoken(parts)} of {name}")
    found += [
        f"Changed the workflow's {part.replace('_', ' ')}"
        for part in ("name", "description", "inputs", "outputs", "output_schema", "limits", "triggers")
        if getattr(before, part) != getattr(after, part)
    ]
    if {_key(edge) for edge in before.edges} != {_key(edge) for edge in after.edges}:
        found.append("Changed the connections")
    found.sort()
    return found if len(found) <= MOST else [*found[:MOST], f"and {len(found) - MOST} more"]


def _configured(operation: Configure) -> str:
    return _spoken([part for part in ("title", "config", "policy") if getattr(operation, part) is not None])


def _spoken(parts: list[str]) -> str:
    words = {
        "config": "the settings",
        "policy": "the policy",
        "title": "the title",
        "position": "the place",
        "size": "the size",
    }
    return " and ".join(words[part] for part in parts)


def _names(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _edges(verb: str, edges: tuple[Edge, ...]) -> str:
    return f"{verb} " + ", ".join(f"{edge.source} and {edge.target}" for edge in edges[:3])


def _by_id(document: Document) -> Mapping[str, Node]:
    return {node.id: node for node in document.nodes}


def _part(nodes: Mapping[str, Node], name: str, part: str) -> object:
    return getattr(nodes[name], part)


def _key(edge: Edge) -> tuple[str, str, str, str]:
    return edge.source, edge.source_port, edge.target, edge.target_port
