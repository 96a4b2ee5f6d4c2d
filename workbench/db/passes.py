"""Queries about the passes of a container: what the rows of the nodes in them say."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from workbench.db.tables import NodeRunRow

_PAGE = text("""
WITH pass AS (
  SELECT substr(n.scope, length(:prefix) + 1)::bigint AS index,
    min(coalesce(n.started_at, n.finished_at)) AS started_at,
    max(n.finished_at) AS finished_at,
    count(*) FILTER (WHERE n.status IN ('succeeded', 'failed', 'skipped', 'cancelled')) AS settled,
    bool_or(n.status = 'waiting') AND NOT bool_or(n.status = 'running') AS waits,
    bool_or(n.status = 'failed' AND n.node_id <> ALL(:going_on)) AS failed,
    bool_or(n.status = 'cancelled' AND n.finished_at >= :cut_at) AS cut,
    (array_agg(n.error ORDER BY n.finished_at)
      FILTER (WHERE n.status = 'failed' AND n.node_id <> ALL(:going_on)))[1] AS error
  FROM node_runs n
  WHERE n.run_id = :run_id AND n.scope > :prefix AND n.scope < :behind AND n.node_id <> ALL(:beside)
    AND strpos(substr(n.scope, length(:prefix) + 1), '/') = 0
  GROUP BY n.scope
), judged AS (
  SELECT index, started_at, CASE
    WHEN failed OR index = ANY(CAST(:endings AS bigint[])) THEN 'failed'
    WHEN cut THEN 'cancelled'
    WHEN settled >= :steps THEN 'succeeded'
    WHEN :over THEN 'cancelled'
    WHEN waits THEN 'waiting'
    ELSE 'running'
  END AS status, finished_at, error
  FROM pass
)
SELECT * FROM judged
WHERE index > :after AND (CAST(:status AS text) IS NULL OR status = CAST(:status AS text))
ORDER BY index LIMIT :limit
""")


_PREVIEWS = text("""
SELECT DISTINCT ON (scope) scope, left(preview, 500) AS preview
FROM node_runs
WHERE run_id = :run_id AND scope = ANY(:scopes) AND status = 'succeeded' AND node_id <> ALL(:beside)
ORDER BY scope, finished_at DESC, change DESC
""")


@dataclass(frozen=True)
class Body:
    """What the rows do not say of a container: how many nodes a pass has, and which of them may fail in it.

    `beside` are nodes that only undo others, and make no difference to how a pass ended. `over` says that no
    pass goes on; `cut_at` is when those that were under way were cancelled. `endings` are the passes whose
    nodes went well and which failed in what is evaluated at their end.
    """

    steps: int
    going_on: Collection[str]
    over: bool
    cut_at: datetime | None
    beside: Collection[str] = ()
    endings: Collection[int] = ()


async def page(
    session: AsyncSession, run_id: str, prefix: str, body: Body, *, after: int, status: str | None, limit: int
) -> Sequence[RowMapping]:
    """Return up to `limit` passes in their order: their scope is `prefix` and an index above `after`."""
    values: dict[str, Any] = {
        "run_id": run_id,
        "prefix": prefix,
        "behind": prefix[:-1] + chr(ord("/") + 1),
        "steps": body.steps,
        "going_on": list(body.going_on),
        "beside": list(body.beside),
        "over": body.over,
        "cut_at": body.cut_at,
        "endings": list(body.endings),
        "after": after,
        "status": status,
        "limit": limit,
    }
    return (await session.execute(_PAGE, values)).mappings().all()


async def whole_nodes(session: AsyncSession, run_id: str, scopes: Sequence[str]) -> Sequence[NodeRunRow]:
    """Return the nodes that stand in these passes, with their outputs."""
    query = select(NodeRunRow).where(col(NodeRunRow.run_id) == run_id, col(NodeRunRow.scope).in_(scopes))
    return (await session.execute(query)).scalars().all()


async def previews(session: AsyncSession, run_id: str, body: Body, scopes: Sequence[str]) -> dict[str, str]:
    """Return by scope the beginning of what the node that succeeded last in it put out."""
    given = {"run_id": run_id, "scopes": list(scopes), "beside": list(body.beside)}
    rows = await session.execute(_PREVIEWS, given)
    return {row.scope: row.preview for row in rows}
