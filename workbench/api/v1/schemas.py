"""`/schemas` and `/examples`: what a document may hold, and some that can be started from."""

from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel

from engine import compiler, nodes
from engine.graph import Document
from engine.nodes import NodeType
from workbench.api.principal import CurrentPrincipal
from workbench.api.v1.workflows import Cursor, Limit
from workbench.errors import Invalid, NotFound
from workbench.services import examples
from workbench.services.shapes import Example, Page

router = APIRouter(tags=["schemas"])
T = TypeVar("T")


class PortShape(BaseModel):
    """A place where edges start or end."""

    name: str
    title: str


class NodeTypeShape(BaseModel):
    """A node type: what it is, its ports, and the JSON Schema of its `config`."""

    type: str
    version: int
    title: str
    summary: str
    help: str
    icon: str
    category: str
    inputs: tuple[PortShape, ...]
    outputs: tuple[PortShape, ...]
    default_timeout_s: float | None
    config_schema: dict[str, Any]


@router.get("/schemas/document", summary="The JSON Schema of a workflow document")
async def document_schema() -> dict[str, Any]:
    """JSON Schema 2020-12."""
    return compiler.json_schema()


@router.get("/schemas/nodes", summary="List node types")
async def node_types(limit: Limit = 50, cursor: Cursor = None) -> Page[NodeTypeShape]:
    """Each with the JSON Schema of its settings."""
    return _page([_shape(kind) for kind in nodes.NODE_TYPES], limit, cursor)


@router.get("/schemas/nodes/{node_type}", summary="Read a node type")
async def node_type(node_type: str) -> NodeTypeShape:
    """With the JSON Schema of its settings."""
    try:
        return _shape(nodes.get(node_type))
    except KeyError as error:
        raise NotFound(f"There is no node type {node_type[:64]!r}.") from error


@router.get("/examples", summary="List the shipped examples", tags=["examples"])
async def list_examples(
    principal: CurrentPrincipal, limit: Limit = 50, cursor: Cursor = None
) -> Page[Example]:
    """Documents to start from."""
    return _page(await examples.list_examples(), limit, cursor)


@router.get("/examples/{slug}", summary="Read an example's document", tags=["examples"])
async def read_example(principal: CurrentPrincipal, slug: str) -> Document:
    """Send it to `POST /workflows` to make a workflow of it."""
    return await examples.load_example(slug)


def _shape(kind: NodeType) -> NodeTypeShape:
    return NodeTypeShape(
        type=kind.type,
        version=kind.version,
        title=kind.title,
        summary=kind.summary,
        help=kind.help,
        icon=kind.icon,
        category=kind.category,
        inputs=tuple(PortShape(name=port.name, title=port.title) for port in kind.inputs),
        outputs=tuple(PortShape(name=port.name, title=port.title) for port in kind.outputs),
        default_timeout_s=kind.default_timeout_s,
        config_schema=nodes.config_schema(kind),
    )


def _page(items: Sequence[T], limit: int, cursor: str | None) -> Page[T]:
    """Return a page of a list that is fixed in the code; its cursor is the place in the list."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise Invalid("The cursor is not one that a list gave out; ask for the first page again.")
    start = int(cursor or 0)
    more = start + limit < len(items)
    return Page(items=tuple(items[start : start + limit]), next_cursor=str(start + limit) if more else None)
