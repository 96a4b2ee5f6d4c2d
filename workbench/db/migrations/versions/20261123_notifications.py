"""notifications

Revision: 0024, after: 0023. Where people are reached, what they are told, and the outbox of messages.
"""

from alembic import op
import sqlalchemy as sa


revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    aware = sa.DateTime(timezone=True)
    op.create_table(
        "channels",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("workspace_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("occasions", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("pace", sa.Text(), nullable=False),
        sa.Column("daily_at", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", aware, nullable=False),
        sa.Column("next_at", aware, nullable=True),
        sa.Column("sent_at", aware, nullable=True),
        sa.Column("failed_at", aware, nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
    )
    op.create_index(op.f("ix_channels_user_id"), "channels", ["user_id"])
    op.create_index(
        "uq_channels_email",
        "channels",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'email' AND user_id IS NOT NULL"),
    )
    op.create_index("uq_channels_name", "channels", ["workspace_id", "name"], unique=True)
    op.create_table(
        "quiet_hours",
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("begins", sa.Text(), nullable=True),
        sa.Column("ends", sa.Text(), nullable=True),
        sa.Column("weekends", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_quiet_hours")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("at", aware, nullable=False),
        sa.Column("read_at", aware, nullable=True),
        sa.Column("followed_at", aware, nullable=True),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_notices_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_notices_run_id_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("subject_id", "key", name=op.f("uq_notices_subject_id_key")),
    )
    op.create_index(
        op.f("ix_notices_workspace_id_subject_id_id"), "notices", ["workspace_id", "subject_id", "id"]
    )
    op.create_index(
        "ix_notices_unread",
        "notices",
        ["workspace_id", "subject_id"],
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index(op.f("ix_notices_task_id"), "notices", ["task_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_at", aware, nullable=False),
        sa.Column("batch_id", sa.Text(), nullable=True),
        sa.Column("told_at", aware, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("ended_at", aware, nullable=True),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.id"], name=op.f("fk_deliveries_notice_id_notices"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channels.id"],
            name=op.f("fk_deliveries_channel_id_channels"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "notice_id", "channel_id", name=op.f("uq_deliveries_notice_id_channel_id")
        ),
    )
    op.create_index(
        "ix_deliveries_due", "deliveries", ["due_at"], postgresql_where=sa.text("status = 'waiting'")
    )
    op.create_index(
        "ix_deliveries_sending",
        "deliveries",
        ["channel_id", "told_at"],
        postgresql_where=sa.text("status = 'sending'"),
    )
    op.create_index(op.f("ix_deliveries_batch_id"), "deliveries", ["batch_id"])
    op.create_index(op.f("ix_deliveries_channel_id"), "deliveries", ["channel_id"])


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("notices")
    op.drop_table("quiet_hours")
    op.drop_table("channels")
