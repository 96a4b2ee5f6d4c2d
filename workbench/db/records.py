"""The hot path: one statement that writes what a step did, and says what was known before.

Plain psycopg and one prepared statement instead of the ORM, because every step of every run passes here.
Rules the statement keeps, whatever order writes arrive in:

- a settled node or run is never written again;
- an unsettled node is not turned back to an earlier attempt, nor an unsettled run to an earlier state;
- a node of a run that has ended cannot start, and none stays open in it: what another worker had begun
  before it died, and this one did not get to, is cancelled with the run;
- the tasks of a node or a run that has ended are over; those that people or time decided are so already;
- every row written gets a number from `run_changes`, larger than any given before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from psycopg import AsyncConnection

from workbench.db.json_text import dump_text
from workbench.db.pauses import Pauses

_COLUMNS = {
    "scope": "text",
    "node_id": "text",
    "status": "text",
    "attempt": "int",
    "started_at": "timestamptz",
    "finished_at": "timestamptz",
    "ports": "text[]",
    "media_type": "text",
    "preview": "text",
    "output": "text",
    "output_blob": "text",
    "output_bytes": "bigint",
    "error": "text",
    "tally": "text",
    "decision": "text",
    "origin": "text",
}
"""The columns of a node's row that a record writes, and the types in which they are given.

All nodes are one JSON parameter, whatever their number: so there is one statement to prepare, and little for
Python to do. JSON inside of it stays text, in which U+0000 may stand.
"""

_JSON = ("output", "error", "tally", "decision", "origin")
"""The columns that are given as text and are JSON."""

_KEY = ("scope", "node_id")

NO_PAUSES = Pauses()

RUN_SETTLED = ("succeeded", "failed", "cancelled")

_STATEMENT = """
WITH known AS MATERIALIZED (
  SELECT r.id, r.status FROM runs r WHERE r.id = %(run_id)s::text FOR KEY SHARE
), given AS MATERIALIZED (
  SELECT * FROM json_to_recordset(%(nodes)s::text::json) AS t({types})
), node AS (
  INSERT INTO node_runs AS n (run_id, {columns}, change)
  SELECT r.id, {given}, nextval('run_changes')
  FROM given g CROSS JOIN known r
  WHERE g.status IN {node_settled} OR r.status NOT IN {run_settled}
  ON CONFLICT (run_id, scope, node_id) DO UPDATE SET
    started_at = coalesce(EXCLUDED.started_at, n.started_at), change = EXCLUDED.change,
    {changed}
  WHERE n.status NOT IN {node_settled}
    AND (EXCLUDED.status IN {node_settled} OR EXCLUDED.attempt >= n.attempt)
    AND (EXCLUDED.status IN {node_settled} OR n.tally IS NULL
      OR (EXCLUDED.tally ->> 'done')::int >= (n.tally ->> 'done')::int)
  RETURNING n.scope, n.node_id, n.change, n.started_at
), run AS (
  UPDATE runs r SET
    status = coalesce(%(run_status)s::text, 'running'),
    status_at = coalesce(%(run_at)s::timestamptz, r.status_at),
    started_at = coalesce(r.started_at, %(run_started_at)s::timestamptz, now()),
    finished_at = CASE WHEN %(run_status)s::text IN {run_settled} THEN %(run_at)s::timestamptz END,
    outputs = coalesce(%(run_outputs)s::text::json, r.outputs), error = %(run_error)s::text::json,
    change = nextval('run_changes')
  WHERE r.id = %(run_id)s::text AND r.status NOT IN {run_settled}
    AND (%(run_status)s::text IS NOT NULL OR r.status = 'queued')
    AND (%(run_status)s::text IN {run_settled} OR coalesce(r.status_at <= %(run_at)s::timestamptz, true))
  RETURNING r.id, r.workflow_id, r.workflow_name, r.version_number, r.version_hash, r.status, r.created_at,
    r.started_at, r.finished_at, r.started_by, r.error, r.change, r.priority, r.deadline_at, r.labels,
    r.trigger_type, r.trigger_id, r.trigger_run_id, r.parent_run_id, r.parent_place, r.test
), closed AS (
  UPDATE node_runs n SET status = 'cancelled', finished_at = run.finished_at, change = nextval('run_changes')
  FROM run
  WHERE run.status IN {run_settled} AND n.run_id = run.id AND n.status NOT IN {node_settled}
    AND (n.scope, n.node_id) NOT IN (SELECT g.scope, g.node_id FROM given g)
  RETURNING n.scope, n.node_id, n.status, n.attempt, n.started_at, n.finished_at, n.ports, n.media_type,
    n.preview, n.output_bytes, n.error, n.tally, n.decision, n.change
), over AS (
  UPDATE tasks t SET status = 'cancelled', closed_at = now()
  WHERE t.run_id = %(run_id)s::text AND t.status IN ('open', 'decided')
    AND (
      (t.scope, t.node_id) IN (SELECT g.scope, g.node_id FROM given g WHERE g.status IN {node_settled})
      OR EXISTS (SELECT FROM run WHERE run.status IN {run_settled})
    )
  RETURNING t.id, t.workspace_id
), relaxed AS (
  SELECT set_config('synchronous_commit', 'off', true) WHERE %(relaxed)s::bool
)
SELECT 'node' AS kind, row_to_json(node) AS found FROM node
UNION ALL SELECT 'closed', row_to_json(closed) FROM closed
UNION ALL SELECT 'run', row_to_json(run) FROM run
UNION ALL SELECT 'task', row_to_json(over) FROM over
UNION ALL SELECT 'settled', row_to_json(s) FROM node_runs s
  WHERE s.run_id = %(run_id)s::text AND s.scope = %(asked_scope)s::text AND s.node_id = %(asked)s::text
    AND s.status IN {node_settled}
UNION ALL SELECT 'known', NULL FROM known
UNION ALL SELECT 'relaxed', NULL FROM relaxed
"""


_LOCK = b"SELECT FROM runs WHERE id = %s FOR UPDATE"
"""Taken before the end of a run is written.

Every write holds the run's row by its key and looks at its status under that lock. So whoever still begins a
node either has done so before the end is written, which then closes it, or sees that the run has ended.
"""


@cache
def _statement() -> bytes:
    changed = [name for name in _COLUMNS if name not in (*_KEY, "started_at")]
    return _STATEMENT.format(
        columns=", ".join(_COLUMNS),
        types=", ".join(f"{name} {type_}" for name, type_ in _COLUMNS.items()),
        given=", ".join(f"g.{name}::json" if name in _JSON else f"g.{name}" for name in _COLUMNS),
        changed=", ".join(f"{name} = EXCLUDED.{name}" for name in changed),
        node_settled="('succeeded', 'failed', 'skipped', 'cancelled')",
        run_settled=str(RUN_SETTLED),
    ).encode()


@dataclass(frozen=True)
class NodeValues:
    """The columns of one node's row; `output`, `error`, `tally`, `decision` and `origin` are JSON text."""

    scope: str
    node_id: str
    status: str
    attempt: int
    started_at: datetime | None
    finished_at: datetime | None
    ports: list[str]
    media_type: str
    preview: str
    output: str | None
    output_blob: str | None
    output_bytes: int
    error: str | None
    tally: str | None
    decision: str | None
    origin: str | None


@dataclass(frozen=True)
class RunValues:
    """The columns of the run's row that a record changes; `outputs` and `error` are JSON text."""

    status: str | None = None
    at: datetime | None = None
    started_at: datetime | None = None
    outputs: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Written:
    """What came of a write: `nodes` and `run` are what was really changed, `settled` what had been before.

    `closed` are the nodes that ended with the run, although no record named them, and `tasks` those that are
    over with their step.
    """

    known: bool
    nodes: tuple[dict[str, Any], ...]
    closed: tuple[dict[str, Any], ...]
    run: dict[str, Any] | None
    settled: dict[str, Any] | None
    tasks: tuple[dict[str, Any], ...] = ()


async def write(
    connection: AsyncConnection[Any],
    run_id: str,
    nodes: Sequence[NodeValues],
    run: RunValues,
    *,
    asked: tuple[str, str] | None = None,
    relaxed: bool = False,
    pauses: Pauses = NO_PAUSES,
) -> Written:
    """Write `nodes` and `run` in one round trip; say what changed, and what the node `asked` had settled to.

    `asked` is a scope and a node id. `relaxed` does not wait for the disk: right for what is written again if
    the process dies right after. `pauses` is what the records mean for the inbox.
    """
    parameters = _parameters(run_id, nodes, run, asked, relaxed)
    if run.status in RUN_SETTLED or pauses:
        async with connection.pipeline(), connection.transaction():
            if run.status in RUN_SETTLED:
                await connection.execute(_LOCK, (run_id,))
            await pauses.close(connection)
            cursor = await connection.execute(_statement(), parameters)
            await pauses.open(connection, run_id)
    else:
        cursor = await connection.execute(_statement(), parameters)
    found: dict[str, list[Any]] = {}
    for kind, value in await cursor.fetchall():
        found.setdefault(kind, []).append(value)
    return Written(
        known="known" in found,
        nodes=tuple(found.get("node", ())),
        closed=tuple(found.get("closed", ())),
        run=next(iter(found.get("run", ())), None),
        settled=next(iter(found.get("settled", ())), None),
        tasks=tuple(found.get("task", ())),
    )


def _parameters(
    run_id: str,
    nodes: Sequence[NodeValues],
    run: RunValues,
    asked: tuple[str, str] | None,
    relaxed: bool,
) -> dict[str, Any]:
    # Sorted, so that two writes that touch the same rows lock them in the same order.
    ordered = sorted(nodes, key=lambda node: (node.scope, node.node_id))
    scope, node_id = asked or (None, None)
    return {
        "nodes": dump_text(ordered),
        "run_id": run_id,
        "run_status": run.status,
        "run_at": run.at,
        "run_started_at": run.started_at,
        "run_outputs": run.outputs,
        "run_error": run.error,
        "asked_scope": scope,
        "asked": node_id,
        "relaxed": relaxed,
    }
