"""JSON types of what expressions give, as far as schemas tell before anything runs."""

from collections.abc import Mapping
from typing import Any

from engine import expressions
from engine.compiler._outputs import part_at
from engine.compiler._references import Returns

_WHOLE = {"integer": "number"}
"""A number may turn out to be whole, so the two exclude each other nowhere."""


def types_of(schema: Any) -> frozenset[str] | None:
    """Return the JSON types that a schema allows by its `type`, integers as numbers; None: any."""
    said = schema.get("type") if isinstance(schema, Mapping) else None
    named = said if isinstance(said, list) else [said]
    known = frozenset(_WHOLE.get(one, one) for one in named if isinstance(one, str))
    return known or None


def types_given(text: str, inputs: Mapping[str, Any], returns: Returns) -> frozenset[str] | None:
    """Return the JSON types of what an expression gives in a document with these `inputs`; None: any.

    Known are text with an expression in it, a run's inputs, and what sub-workflows give back.
    """
    source = expressions.read(text)
    if source.faults:
        return None
    if not source.native:
        return frozenset({"string"})
    path = source.parts[0] if source.parts else ()
    if isinstance(path, str) or len(path) < 2:
        return None
    if path[0] == "inputs":
        return types_of(part_at(inputs, path[1:]))
    if path[0] == "nodes" and path[2:3] == ("output",) and path[1] in returns:
        return types_of(part_at(returns[str(path[1])], path[3:]))
    return None
