"""what happens to tasks beside decisions

Revision: 0019, after: 0018. Events, snoozes, absences; mentions and files of comments.
"""

from alembic import op
import sqlalchemy as sa


revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    aware = sa.DateTime(timezone=True)
    op.add_column("task_comments", sa.Column("edited_at", aware, nullable=True))
    op.add_column(
        "task_comments", sa.Column("mentions", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column("task_comments", sa.Column("files", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    op.create_table(
        "task_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", aware, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_events_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_events")),
    )
    op.create_index(op.f("ix_task_events_task_id_at"), "task_events", ["task_id", "at"])
    op.create_table(
        "task_snoozes",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("until", aware, nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_snoozes_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "by", name=op.f("pk_task_snoozes")),
    )
    op.create_table(
        "absences",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("begins_at", aware, nullable=False),
        sa.Column("ends_at", aware, nullable=False),
        sa.Column("stand_in", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_absences_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["stand_in"], ["users.id"], name=op.f("fk_absences_stand_in_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_absences")),
    )


def downgrade() -> None:
    op.drop_table("absences")
    op.drop_table("task_snoozes")
    op.drop_table("task_events")
    for name in ("files", "mentions", "edited_at"):
        op.drop_column("task_comments", name)
