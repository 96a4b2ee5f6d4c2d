"""From documents to plans: parse, check, compile. Nothing here executes anything.

- `parse` reads JSON or YAML text and gives a document or everything that is wrong with it.
- `check` gives every problem of a document at once; `examine` does both.
- `compile` gives the frozen plan that a run interprets.
- `part_of` gives the plan of some of its steps, the others settled beforehand.
- `may_undo` gives the nodes that may undo what another did.
- `returned` gives the schema of what a run gives back, `part_at` the part of a schema at a path.
- `types_given` gives the JSON types of what an expression gives, `types_of` those that a schema allows.
- `implied_edges` gives the dependencies that come from references alone.
"""

from collections.abc import Mapping
from typing import Any

from engine import nodes, triggers
from engine.compiler._analysis import Analysis, analyse
from engine.compiler._compensations import may_undo
from engine.compiler._decoding import MAX_BYTES
from engine.compiler._inputs import known_inputs
from engine.compiler._outputs import part_at, returned
from engine.compiler._parsing import parse
from engine.compiler._partial import part_of
from engine.compiler._pause import uncollected
from engine.compiler._planning import make_plan
from engine.compiler._problems import CODES
from engine.compiler._references import NO_RETURNS, Returns
from engine.compiler._types import types_given, types_of
from engine.contracts import Plan
from engine.errors import DocumentInvalid, Problem
from engine.graph import Document
from engine.schemas import validator

__all__ = [
    "CODES",
    "MAX_BYTES",
    "NO_RETURNS",
    "Analysis",
    "Returns",
    "analyse",
    "check",
    "compile",
    "examine",
    "implied_edges",
    "json_schema",
    "known_inputs",
    "may_undo",
    "parse",
    "part_at",
    "part_of",
    "returned",
    "types_given",
    "types_of",
    "validator",
]


def check(document: Document, returns: Returns = NO_RETURNS) -> tuple[Problem, ...]:
    """Return everything that keeps `document` from being run, in the document's order.

    `returns` are the schemas of what its sub-workflows give back, by their nodes.
    """
    with uncollected(len(document.nodes)):
        return analyse(document, returns).problems


def examine(data: Mapping[str, Any] | str | bytes) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return the document in `data`, if it holds one, and everything that keeps that from being run."""
    document, problems = parse(data)
    return document, problems if document is None else check(document)


def compile(document: Document, returns: Returns = NO_RETURNS) -> Plan:
    """Return the plan of a document; DocumentInvalid, with all problems, when it has any.

    `returns` as for `check`.
    """
    with uncollected(len(document.nodes)):
        analysis = analyse(document, returns)
        if analysis.problems:
            raise DocumentInvalid(analysis.problems)
        return make_plan(document, analysis)


def implied_edges(document: Document) -> tuple[tuple[str, str], ...]:
    """Return (source, target) of each reference between nodes that no drawn edge accompanies.

    Works on unfinished drafts too: what cannot be read is left out, since `check` reports it.
    """
    return tuple(
        (source, target) for target, sources in analyse(document).implied.items() for source in sources
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the document; settings go by the type of node or trigger."""
    schema = Document.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    node = schema["$defs"]["Node"]
    node["properties"]["type"]["enum"] = [node_type.type for node_type in nodes.NODE_TYPES]
    node["allOf"] = []
    for node_type in nodes.NODE_TYPES:
        config = nodes.config_schema(node_type)
        schema["$defs"] |= config.pop("$defs", {})  # references start at the root
        node["allOf"].append(
            {
                "if": {"properties": {"type": {"const": node_type.type}}},
                "then": {"properties": {"config": config}},
            }
        )
    _describe_triggers(schema["$defs"])
    return schema


def _describe_triggers(parts: dict[str, Any]) -> None:
    """Put the settings of each trigger type into the schema's definitions."""
    trigger = parts["Trigger"]
    trigger["properties"]["type"]["enum"] = [kind.type for kind in triggers.TRIGGER_TYPES]
    trigger["allOf"] = []
    for kind in triggers.TRIGGER_TYPES:
        config = triggers.config_schema(kind)
        parts |= config.pop("$defs", {})
        trigger["allOf"].append(
            {
                "if": {"properties": {"type": {"const": kind.type}}},
                "then": {"properties": {"config": config}},
            }
        )
