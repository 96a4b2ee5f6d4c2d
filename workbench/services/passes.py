"""The passes of a run's containers: which there are, how they went, and the nodes in one of them."""

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from engine import nodes as node_types
from engine.contracts import place
from engine.graph import Document
from workbench.auth.principal import Principal
from workbench.db import passes, runs
from workbench.db.paging import page_size
from workbench.db.tables import NodeRunRow, RunRow
from workbench.errors import Invalid, NotFound
from workbench.services import documents, run_shapes
from workbench.services.resources import get_resources
from workbench.services.runs import require
from workbench.services.shapes import NodeRun, Page, Pass, PassStatus


async def list_nodes(principal: Principal, run_id: str, *, scope: str = "") -> tuple[NodeRun, ...]:
    """Return the nodes of one pass, or with no scope those outside of passes, as they started."""

    async def query(session: AsyncSession) -> tuple[NodeRun, ...]:
        await require(session, principal, run_id)
        return tuple(run_shapes.node_run(node) for node in await runs.nodes(session, run_id, scope))

    return await get_resources().read(query)


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
        body = _body(document, container, run, await runs.node(session, run_id, container, scope))
        prefix = f"{place(scope, container)}/"
        rows = await passes.page(session, run_id, prefix, body, after=after, status=status, limit=limit + 1)
        return tuple(_pass(row, prefix) for row in rows)

    found = await get_resources().read(query)
    items = found[:limit]
    return Page(items=items, next_cursor=str(items[-1].index) if len(found) > limit else None)


def _body(document: Document, container: str, run: RunRow, row: NodeRunRow | None) -> passes.Body:
    inside = [node for node in document.nodes if node.parent == container]
    steps = [node for node in inside if node_types.get(node.type).executed]
    if not steps:
        raise NotFound(f"The run has no container {container[:64]!r}.")
    ended = row is not None and row.status in runs.NODE_SETTLED
    return passes.Body(
        steps=len(steps),
        going_on=tuple(node.id for node in steps if node.policy.on_error == "continue"),
        over=ended or run.status in runs.SETTLED,
        cut_at=row.finished_at if row is not None and row.status in ("failed", "cancelled") else None,
    )


def _pass(row: RowMapping, prefix: str) -> Pass:
    ended = row["status"] in ("succeeded", "failed", "cancelled")
    finished_at = row["finished_at"] if ended else None
    return Pass(
        index=row["index"],
        scope=f"{prefix}{row['index']}",
        status=row["status"],
        started_at=row["started_at"],
        finished_at=finished_at,
        duration_ms=run_shapes.duration_ms(row["started_at"], finished_at),
        error=row["error"],
    )


def _after(cursor: str | None) -> int:
    if not cursor:
        return -1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid("The cursor is not one that a list gave out; ask for the first page again.")
    return int(cursor)
