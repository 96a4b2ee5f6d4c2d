"""The `note` node: words on the canvas for people; a run does not see it."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from engine.graph import Node
from engine.nodes._base import NodeConfig, NodeType, PlanContext, text, widget


class NoteConfig(NodeConfig):
    """The note's words."""

    text: str = Field(
        default="",
        title="Text",
        description="Markdown.",
        examples=["## What this does\nFetches the feed every morning."],
        json_schema_extra=widget("markdown"),
    )


def plan(node: Node, ctx: PlanContext) -> None:
    """Return None: a note is not executed."""


def summarise(config: Mapping[str, Any]) -> str:
    """Return the line in the node's cell: the note's first line without Markdown's marks."""
    lines = (line.strip("#*_> \t") for line in str(config.get("text") or "").splitlines())
    return text(next((line for line in lines if line), ""), empty="Empty note")


NOTE = NodeType(
    type="note",
    version=1,
    title="Note",
    summary="Markdown for whoever reads the workflow; it is not executed.",
    help="Explains the workflow on the canvas. Text in it that looks like an expression is left as it is.",
    icon="sticky-note",
    category="Notes",
    config=NoteConfig,
    plan=plan,
    summarise=summarise,
)
