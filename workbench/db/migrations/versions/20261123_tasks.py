"""tasks

Revision: 0018, after: 0017. The inbox: tasks of steps that ask people, decisions and comments.
"""

from alembic import op
import sqlalchemy as sa


revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    aware = sa.DateTime(timezone=True)
    op.create_table(
        "tasks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("workflow_id", sa.Text(), nullable=True),
        sa.Column("workflow_name", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.Column("opening", sa.JSON(), nullable=False),
        sa.Column("opened", sa.JSON(), nullable=False),
        sa.Column("deliberation", sa.JSON(), nullable=False),
        sa.Column("assignees", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_name", sa.Text(), nullable=True),
        sa.Column("claimed_at", aware, nullable=True),
        sa.Column("opened_at", aware, nullable=False),
        sa.Column("due_at", aware, nullable=True),
        sa.Column("reminded_at", aware, nullable=True),
        sa.Column("escalated_at", aware, nullable=True),
        sa.Column("closed_at", aware, nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_tasks_run_id_runs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workflow_id"], ["workflows.id"], name=op.f("fk_tasks_workflow_id_workflows"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("run_id", "scope", "node_id", "attempt", name=op.f("uq_tasks_run_id_scope_node_id_attempt")),
    )
    is_open = sa.text("status = 'open'")
    page = ["workspace_id", "opened_at", "id"]
    op.create_index(op.f("ix_tasks_workspace_id_opened_at_id"), "tasks", page)
    op.create_index("ix_tasks_open", "tasks", page, postgresql_where=is_open)
    op.create_index(
        "ix_tasks_assignees", "tasks", ["assignees"], postgresql_using="gin", postgresql_where=is_open
    )
    op.create_index(op.f("ix_tasks_workflow_id_opened_at_id"), "tasks", ["workflow_id", "opened_at", "id"])
    op.create_table(
        "task_decisions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", aware, nullable=False),
        sa.Column("decision", sa.JSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("tell_at", aware, nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_decisions_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_decisions")),
    )
    op.create_index(op.f("ix_task_decisions_task_id_at"), "task_decisions", ["task_id", "at"])
    op.create_index(op.f("ix_task_decisions_by_task_id"), "task_decisions", ["by", "task_id"])
    pending = sa.text("status = 'pending'")
    op.create_index(op.f("ix_task_decisions_tell_at"), "task_decisions", ["tell_at"], postgresql_where=pending)
    op.create_table(
        "task_comments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", aware, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_comments_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_comments")),
    )
    op.create_index(op.f("ix_task_comments_task_id_at"), "task_comments", ["task_id", "at"])


def downgrade() -> None:
    op.drop_table("task_comments")
    op.drop_table("task_decisions")
    op.drop_table("tasks")
