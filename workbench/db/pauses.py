"""Tasks about steps that failed and wait, and about budgets: written together with the records that say so.

A pause is open from the record that says that its node waits until the one that says what was decided. Which
of the decisions that are known here that was, the record tells by the decision's id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from psycopg import AsyncConnection

from workbench.db.json_text import dump_text

PAUSE, BUDGET = "pause", "budget"
KINDS = (PAUSE, BUDGET)
"""The kinds of tasks that no step asks for by itself."""

_TYPES = {
    "id": "text",
    "kind": "text",
    "scope": "text",
    "node_id": "text",
    "attempt": "int",
    "title": "text",
    "priority": "int",
    "data": "text",
    "pause": "text",
    "opening": "text",
    "opened": "text",
    "deliberation": "text",
    "assignees": "text[]",
    "opened_at": "timestamptz",
    "due_at": "timestamptz",
}
_JSON = ("data", "pause", "opening", "opened", "deliberation")
_OF_RUN = ("workspace_id", "workflow_id", "workflow_name")

_OPEN = """
INSERT INTO tasks (run_id, status, search, {of_run}, {columns})
SELECT r.id, 'open', lower(concat_ws(' ', t.title, r.workflow_name, t.node_id)), {of_run_given}, {given}
FROM json_to_recordset(%(tasks)s::text::json) AS t({types})
JOIN runs r ON r.id = %(run_id)s::text AND r.status IN ('queued', 'running', 'waiting')
WHERE t.kind = 'pause' AND EXISTS (
    SELECT FROM node_runs n
    WHERE n.run_id = r.id AND n.scope = t.scope AND n.node_id = t.node_id
      AND n.status = 'waiting' AND n.attempt = t.attempt AND n.error IS NOT NULL
  )
  OR t.kind = 'budget' AND r.error ->> 'kind' = 'budget' AND NOT EXISTS (
    SELECT FROM tasks o
    WHERE o.run_id = r.id AND o.kind = 'budget'
      AND (
        o.status = 'open' OR o.opened_at >= t.opened_at OR o.status = 'decided'
        AND o.pause -> 'failure' ->> 'message' = t.pause::json -> 'failure' ->> 'message'
      )
  )
ON CONFLICT DO NOTHING
"""

_CLOSE = b"""
WITH g AS (
  SELECT * FROM json_to_recordset(%(taken)s::text::json) AS t(id text, action text)
), counted AS (
  UPDATE task_decisions d SET status = 'counted', why = NULL FROM g WHERE d.id = g.id AND d.status = 'pending'
)
UPDATE tasks t SET status = 'done', outcome = g.action, closed_at = now()
FROM g JOIN task_decisions d ON d.id = g.id
WHERE t.id = d.task_id AND t.status IN ('open', 'decided')
"""


@cache
def _open() -> bytes:
    return _OPEN.format(
        of_run=", ".join(_OF_RUN),
        of_run_given=", ".join(f"r.{name}" for name in _OF_RUN),
        columns=", ".join(_TYPES),
        given=", ".join(f"t.{name}::json" if name in _JSON else f"t.{name}" for name in _TYPES),
        types=", ".join(f"{name} {type_}" for name, type_ in _TYPES.items()),
    ).encode()


@dataclass(frozen=True)
class TaskValues:
    """The columns of one task, but for those of its run; those in JSON are text."""

    id: str
    kind: str
    scope: str
    node_id: str
    attempt: int
    title: str
    priority: int
    data: str | None
    pause: str
    opening: str
    opened: str
    deliberation: str
    assignees: list[str]
    opened_at: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class Taken:
    """A decision that a run has taken."""

    id: str
    action: str


@dataclass(frozen=True)
class Pauses:
    """What a batch of records means for the inbox."""

    opened: Sequence[TaskValues] = ()
    taken: Sequence[Taken] = ()

    def __bool__(self) -> bool:
        return bool(self.opened or self.taken)

    async def close(self, connection: AsyncConnection[Any]) -> None:
        """End the tasks whose decisions were taken; before the records are written: those cancel the rest."""
        if self.taken:
            await connection.execute(_CLOSE, {"taken": dump_text(self.taken)})

    async def open(self, connection: AsyncConnection[Any], run_id: str) -> None:
        """Put tasks into the inbox, once the records are written and as far as they say that those wait."""
        if self.opened:
            await connection.execute(_open(), {"run_id": run_id, "tasks": dump_text(self.opened)})
