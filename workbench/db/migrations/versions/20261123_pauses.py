"""pauses

Revision: 0022, after: 0021. Steps that failed and wait, and budgets that are used up, are tasks of the inbox;
those that wait already get theirs.
"""

from alembic import op
import sqlalchemy as sa


revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = ["run_id", "scope", "node_id", "attempt"]

WAITING = """
INSERT INTO tasks (
  id, workspace_id, workflow_id, workflow_name, run_id, scope, node_id, attempt, kind, title, status, priority,
  pause, opening, opened, deliberation, assignees, opened_at
)
SELECT gen_random_uuid()::text, r.workspace_id, r.workflow_id, r.workflow_name, r.id, n.scope, n.node_id, n.attempt,
  'pause', n.node_id || ' failed', 'open', 3,
  json_build_object('failure', n.error, 'attempts', n.attempt),
  json_build_object(
    'run_id', r.id, 'scope', n.scope, 'node_id', n.node_id, 'attempt', n.attempt, 'type', 'pause',
    'title', n.node_id || ' failed',
    'choices', CASE WHEN n.tally IS NULL THEN '["retry", "output", "skip", "abort"]'::json
      ELSE '["output", "skip", "abort"]'::json END,
    'opened_at', coalesce(n.started_at, now())
  ),
  '{"alone": false}', '{}', '{}', coalesce(n.started_at, now())
FROM node_runs n JOIN runs r ON r.id = n.run_id
WHERE n.status = 'waiting' AND n.error IS NOT NULL AND r.status IN ('queued', 'running', 'waiting')
"""


def upgrade() -> None:
    op.add_column("tasks", sa.Column("pause", sa.JSON(), nullable=True))
    op.drop_constraint(op.f("uq_tasks_run_id_scope_node_id_attempt"), "tasks", type_="unique")
    op.create_unique_constraint(op.f("uq_tasks_run_id_scope_node_id_attempt_kind"), "tasks", [*KEY, "kind"])
    op.execute(WAITING)


def downgrade() -> None:
    op.execute("DELETE FROM tasks WHERE kind IN ('pause', 'budget')")
    op.drop_constraint(op.f("uq_tasks_run_id_scope_node_id_attempt_kind"), "tasks", type_="unique")
    op.create_unique_constraint(op.f("uq_tasks_run_id_scope_node_id_attempt"), "tasks", KEY)
    op.drop_column("tasks", "pause")
