"""What a run gave back, as it is looked at: values that have a look of their own apart from plain data."""

from dataclasses import dataclass
from typing import Any

from engine.graph import Document
from engine.nodes.output import passed_on
from workbench import routes
from workbench.services.shapes import RunDetail

PLAIN = "application/json"


@dataclass(frozen=True)
class OutputPart:
    """One value of a run's outputs. The part without a name holds all that is plain data, by name.

    `href` is where the bytes of a file are.
    """

    name: str
    value: Any
    media_type: str = PLAIN
    href: str = ""


def output_parts(document: Document, run: RunDetail) -> list[OutputPart]:
    """Return the outputs of a `run` of `document`: plain data together, then each rich value by itself.

    Rich are files, tables, Markdown and texts of several lines: what a tree of data would show as one
    escaped line. Empty when the run has no outputs.
    """
    outputs, types = run.outputs or {}, {node.node_id: node.media_type for node in run.nodes}
    sources = {name: passed_on(value) or "" for name, value in document.outputs.items()}
    sources |= {str(node.config.get("name")): node.id for node in document.nodes if node.type == "output"}
    plain, rich = {}, []
    for name, value in outputs.items():
        source = sources.get(name, "")
        media_type = types.get(source, PLAIN)
        if _is_rich(value, media_type):
            href = routes.artifact(run.id, source) if isinstance(value, dict) else ""
            rich.append(OutputPart(name, value, media_type, href))
        else:
            plain[name] = value
    return [OutputPart("", plain), *rich] if plain else rich


def _is_rich(value: Any, media_type: str) -> bool:
    if isinstance(value, str):
        return "\n" in value or media_type not in (PLAIN, "text/plain")
    if isinstance(value, list):
        return len(value) > 0 and all(isinstance(row, dict) for row in value)
    return isinstance(value, dict) and "$artifact" in value
