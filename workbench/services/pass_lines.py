"""The lines by which people tell a container's passes apart: the item that a pass was given, what it gave.

What a map was given is not recorded. It is made again of the run's inputs and its steps' outputs, once for a
map: neither changes after the map has begun. A map inside another container, one over pages and a loop have
no such list.
"""

import asyncio
import json
from collections import OrderedDict
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import expressions
from engine.errors import ExpressionError
from engine.graph import Document, Node
from workbench.db import runs
from workbench.db.json_text import text_of
from workbench.db.tables import RunRow
from workbench.services import values

LONGEST = 120
MOST = 20_000
"""Passes behind so many have no line of their item: what is kept in memory stays small."""
_KEPT = 4
_json = json.JSONEncoder(ensure_ascii=False, allow_nan=True)

Lines = tuple[str, ...]
_made: OrderedDict[tuple[str, str], Lines] = OrderedDict()


async def of_items(session: AsyncSession, run: RunRow, document: Document, container: str) -> Lines:
    """Return a line for each item of a map of the run; nothing where its items cannot be told."""
    key = (run.id, container)
    if key not in _made:
        node = next(node for node in document.nodes if node.id == container)
        _made[key] = await _items(session, run, node)
        while len(_made) > _KEPT:
            _made.popitem(last=False)
    _made.move_to_end(key)
    return _made[key]


def of_value(value: Any) -> str:
    """Return a value in one line of at most LONGEST characters; the work is bounded by that."""
    if isinstance(value, str):
        return of_preview(value[: 4 * LONGEST])
    text = ""
    for part in _json.iterencode(value):
        text += part[: LONGEST + 1]
        if len(text) > LONGEST:
            break
    return _cut(text)


def of_preview(preview: str) -> str:
    """Return a preview in one line: of text its first line, an object or a list without its line breaks."""
    text = preview.strip()
    return _cut(" ".join(text.split()) if text[:1] in ("{", "[") else text.partition("\n")[0])


async def _items(session: AsyncSession, run: RunRow, node: Node) -> Lines:
    items = node.config.get("items")
    if node.type != "map" or node.parent is not None or node.config.get("over", "items") != "items":
        return ()
    read = {path[1] for path in expressions.references(items) if path[0] == "nodes" and len(path) > 1}
    seen = {}
    for name in sorted(read):
        row = await runs.node(session, run.id, str(name))
        if row is not None:
            seen[name] = {"output": await values.whole(row), "error": row.error}
    return await asyncio.to_thread(_rendered, items, {"inputs": run.inputs, "nodes": seen})


def _rendered(items: Any, context: dict[str, Any]) -> Lines:
    try:
        found = expressions.render(items, context)
    except ExpressionError:
        return ()  # the run says so itself, where it met the same
    return tuple(of_value(item) for item in found[:MOST]) if isinstance(found, list) else ()


def _cut(text: str) -> str:
    return text_of(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")
