"""inbox

Revision: 0023, after: 0022. The inbox's list: what a search looks through, what can be undone, its orders,
what somebody has seen, and the lists that they keep.
"""

from alembic import op
import sqlalchemy as sa


revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

DUE = sa.text("coalesce(due_at, 'infinity'::timestamp with time zone)")
CLOSED = sa.text("coalesce(closed_at, 'infinity'::timestamp with time zone)")
OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    aware = sa.DateTime(timezone=True)
    op.add_column("tasks", sa.Column("held_until", aware, nullable=True))
    op.add_column("tasks", sa.Column("search", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE tasks SET search = lower(concat_ws(' ', title, workflow_name, node_id, "
        "left(opening ->> 'context', 4000)))"
    )
    op.create_index("ix_tasks_due", "tasks", ["workspace_id", DUE, "id"], postgresql_where=OPEN)
    op.create_index("ix_tasks_priority", "tasks", ["workspace_id", "priority", DUE, "id"], postgresql_where=OPEN)
    op.create_index(
        "ix_tasks_over", "tasks", ["workspace_id", CLOSED, "id"], postgresql_where=sa.text("status <> 'open'")
    )
    op.drop_index("ix_task_decisions_tell_at", "task_decisions")
    op.create_index(
        "ix_task_decisions_tell_at",
        "task_decisions",
        ["tell_at"],
        postgresql_where=sa.text("status IN ('pending', 'held')"),
    )
    op.create_table(
        "task_seen",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("at", aware, nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_seen_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "task_id", name=op.f("pk_task_seen")),
    )
    op.create_index(op.f("ix_task_seen_task_id"), "task_seen", ["task_id"])
    op.create_table(
        "inbox_views",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", aware, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_views")),
        sa.UniqueConstraint("workspace_id", "user_id", "name", name=op.f("uq_inbox_views_workspace_id_user_id_name")),
    )


def downgrade() -> None:
    op.drop_table("inbox_views")
    op.drop_table("task_seen")
    op.drop_index("ix_task_decisions_tell_at", "task_decisions")
    op.create_index(
        "ix_task_decisions_tell_at",
        "task_decisions",
        ["tell_at"],
        postgresql_where=sa.text("status = 'pending'"),
    )
    for name in ("ix_tasks_over", "ix_tasks_priority", "ix_tasks_due"):
        op.drop_index(name, "tasks")
    op.drop_column("tasks", "search")
    op.drop_column("tasks", "held_until")
