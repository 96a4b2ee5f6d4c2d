"""Edits of a draft as data: what the canvas sends instead of whole documents, and what the undo log keeps."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from engine.graph import NODE_ID_PATTERN, Document, Edge, Limits, Node, Policy, Position, Size, Trigger


class _Operation(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Add(_Operation):
    """Add nodes and edges: at the end, or, by an undo, at their old places (indexes in the result)."""

    op: Literal["add"] = "add"
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    node_places: tuple[int, ...] | None = None
    edge_places: tuple[int, ...] | None = None


class Remove(_Operation):
    """Remove nodes, what stands inside them, every edge that touches them, and further edges."""

    op: Literal["remove"] = "remove"
    nodes: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()


class Connect(_Operation):
    """Draw one edge."""

    op: Literal["connect"] = "connect"
    edge: Edge


class Move(_Operation):
    """Put nodes elsewhere on the canvas, and those in `parents` into another container, None for none.

    Edges that would cross the border of a container are removed. `sizes` are of containers, None: as large
    as their bodies need.
    """

    op: Literal["move"] = "move"
    positions: dict[str, Position] = Field(default_factory=dict)
    parents: dict[str, str | None] = Field(default_factory=dict)
    sizes: dict[str, Size | None] = Field(default_factory=dict)


class Configure(_Operation):
    """Replace a node's title, config or policy; what is None stays.

    With `edges`, those that leave by a port which the new settings rename leave by it under its new name.
    """

    op: Literal["configure"] = "configure"
    id: str
    title: str | None = Field(default=None, max_length=200)
    config: dict[str, Any] | None = None
    policy: Policy | None = None
    edges: bool = True


class Rename(_Operation):
    """Give a node another id; with `references`, expressions that name it are rewritten."""

    op: Literal["rename"] = "rename"
    id: str
    new_id: str = Field(pattern=NODE_ID_PATTERN)
    references: bool = True


class Describe(_Operation):
    """Replace what the document says of itself; what is None stays."""

    op: Literal["describe"] = "describe"
    name: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = None
    inputs: dict[str, Any] | None = None
    outputs: dict[str, Any] | None = None
    output_schema: dict[str, Any] | None = None
    limits: Limits | None = None
    triggers: tuple[Trigger, ...] | None = None


class Replace(_Operation):
    """Put another document in the draft's place."""

    op: Literal["replace"] = "replace"
    document: Document


class Batch(_Operation):
    """Several operations as one step of the undo log, for instance a paste."""

    op: Literal["batch"] = "batch"
    operations: tuple["Operation", ...]


Operation = Annotated[
    Add | Remove | Connect | Move | Configure | Rename | Describe | Replace | Batch, Field(discriminator="op")
]
Batch.model_rebuild()
OPERATION: TypeAdapter[Operation] = TypeAdapter(Operation)
"""Reads an operation from the browser or from the undo log."""
