"""The passes of a run's containers: which there are, how they went, and the nodes in one of them."""

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from engine import nodes as node_types
from engine.contracts import place
from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.auth.roles import Action
from workbench.db import passes, runs
from workbench.db.paging import page_size
from workbench.db.tables import NodeRunRow, RunRow
from workbench.errors import Invalid, NotFound
from workbench.services import documents, pass_lines, run_shapes, values
from workbench.services.access import requires
from workbench.services.resources import get_resources
from workbench.services.runs import require
from workbench.services.shapes import NodeRun, Page, Pass, PassStatus


@requires(Action.RUNS_READ)
async def list_nodes(principal: Principal, run_id: str, *, scope: str = "") -> tuple[NodeRun, ...]:
    """Return the nodes of one pass, or with no scope those outside of passes, as they started."""

    async def query(session: AsyncSession) -> tuple[NodeRun, ...]:
        await require(session, principal, run_id)
        return tuple(run_shapes.node_run(node) for node in await runs.nodes(session, run_id, scope))

    return await get_resources().read(query)


@requires(Action.RUNS_READ)
async def list_passes(
    principal: Principal,
    run_id: str,
    container: str,
    *,
    scope: str = "",
    status: PassStatus | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Pass]:
    """Return a page of the container's passes that have begun, in their order.

    `scope` is where the container itself stands. Raises NotFound when the document has no such container.
    """
    limit, after = page_size(limit), _after(cursor)

    async def query(session: AsyncSession) -> tuple[Pass, ...]:
        run = await require(session, principal, run_id)
        document = await documents.load(await runs.document(session, run.version_id))
        row = await runs.node(session, run_id, container, scope)
        prefix = f"{place(scope, container)}/"
        endings = await _endings(row, prefix)
        body = _body(document, container, run, row, endings)
        rows = await passes.page(session, run_id, prefix, body, after=after, status=status, limit=limit + 1)
        items = await pass_lines.of_items(session, run, document, container) if row else ()
        scopes = [f"{prefix}{found['index']}" for found in rows]
        results = await passes.previews(session, run_id, body, scopes)
        found = (_pass(row, prefix, endings.get(row["index"])) for row in rows)
        return tuple(_with_lines(one, items, results.get(one.scope, "")) for one in found)

    found = await get_resources().read(query)
    items = found[:limit]
    return Page(items=items, next_cursor=str(items[-1].index) if len(found) > limit else None)


async def _endings(row: NodeRunRow | None, prefix: str) -> dict[int, Any]:
    """Return the errors, by index, of passes that failed in what the container evaluates at their end.

    No node of theirs has failed, so only the container knows, and says so when it is over: a map that went on
    in its output, others in their error.
    """
    if row is None or row.status not in runs.NODE_SETTLED:
        return {}
    errors = [row.error] if row.error else []
    if row.tally and row.tally.get("failed"):
        output = await values.whole(row)
        errors += [one["error"] for one in output["failures"]] if output else []
    found = {error["place"]: error for error in errors if error.get("place")}
    own = rf"{re.escape(prefix)}(\d+)/{re.escape(row.node_id)}"
    return {int(match[1]): error for place, error in found.items() if (match := re.fullmatch(own, place))}


def _body(
    document: Document, container: str, run: RunRow, row: NodeRunRow | None, endings: Collection[int]
) -> passes.Body:
    beside = {node.policy.compensate for node in document.nodes if node.policy.compensate}
    inside = [node for node in document.nodes if node.parent == container and node.id not in beside]
    steps = [node for node in inside if node_types.get(node.type).executed]
    if not steps:
        raise NotFound(f"The run has no container {container[:64]!r}.")
    ended = row is not None and row.status in runs.NODE_SETTLED
    return passes.Body(
        steps=len(steps),
        going_on=tuple(node.id for node in steps if node.policy.on_error == "continue"),
        over=ended or run.status in runs.SETTLED,
        cut_at=row.finished_at if row is not None and row.status in ("failed", "cancelled") else None,
        beside=beside,
        endings=endings,
    )


def _pass(row: RowMapping, prefix: str, ending: Any) -> Pass:
    ended = row["status"] in ("succeeded", "failed", "cancelled")
    finished_at = row["finished_at"] if ended else None
    return Pass(
        index=row["index"],
        scope=f"{prefix}{row['index']}",
        status=row["status"],
        started_at=row["started_at"],
        finished_at=finished_at,
        duration_ms=run_shapes.duration_ms(row["started_at"], finished_at),
        error=row["error"] or ending,
    )


def _with_lines(one: Pass, items: pass_lines.Lines, result: str) -> Pass:
    item = items[one.index] if one.index < len(items) else ""
    return one.model_copy(update={"item": item, "result": pass_lines.of_preview(result)})


def _after(cursor: str | None) -> int:
    if not cursor:
        return -1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid("The cursor is not one that a list gave out; ask for the first page again.")
    return int(cursor)
