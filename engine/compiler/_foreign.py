"""Telling our documents from those of other programs, so that nobody is told about 400 wrong fields."""

from collections.abc import Mapping
from typing import Any

from engine.compiler._decoding import Unreadable
from engine.graph import FORMAT, Document

_HINT = f"A workbench document has “format”: “{FORMAT}”, a name, nodes and edges."


def refuse_foreign(decoded: Any) -> None:
    """Raise Unreadable unless a value means to be a document of our format."""
    if isinstance(decoded, list) and decoded and all(_is_node_red(item) for item in decoded):
        raise _foreign("a Node-RED flow")
    if not isinstance(decoded, Mapping):
        kind = "a list" if isinstance(decoded, list) else "a single value"
        raise Unreadable("not-a-document", f"This is {kind}, not a workflow document.", _HINT)
    given = decoded.get("format")
    if given == FORMAT:
        return
    if isinstance(given, str) and given.startswith("workbench/"):
        raise Unreadable(
            "unknown-format",
            f"The document has the format {given[:40]}; this workbench reads {FORMAT}.",
            "Update the workbench, or export the document from one that is not newer.",
            "format",
        )
    program = _program(decoded)
    if program is not None:
        raise _foreign(program)
    if "format" in decoded:
        raise Unreadable("unknown-format", f"The document's format is not {FORMAT}.", _HINT, "format")
    if not decoded.keys() & (Document.model_fields.keys() - {"name", "description"}):
        raise Unreadable("not-a-document", "This is not a workflow document.", _HINT)


def _foreign(program: str) -> Unreadable:
    message = f"This is {program}, not a workbench document."
    return Unreadable("foreign-document", message, f"Draw it anew. {_HINT}")


def _is_node_red(item: Any) -> bool:
    return isinstance(item, Mapping) and "id" in item and "type" in item and ("z" in item or "wires" in item)


def _program(decoded: Mapping[str, Any]) -> str | None:
    """Return what else a document looks like, if it is known."""
    if "connections" in decoded and "nodes" in decoded:
        return "an n8n workflow"
    if "app" in decoded and ("workflow" in decoded or decoded.get("kind") == "app"):
        return "a Dify app"
    data = decoded.get("data")
    if isinstance(data, Mapping) and "nodes" in data and "edges" in data:
        return "a Langflow flow"
    if "chatflow" in decoded or ("nodes" in decoded and "viewport" in decoded):
        return "a Flowise or React Flow export"
    if "jobs" in decoded and ("on" in decoded or "name" in decoded):
        return "a CI workflow"
    if "value" in decoded and "summary" in decoded:
        return "a Windmill flow"
    if "openapi" in decoded or "swagger" in decoded:
        return "an API description"
    return None
