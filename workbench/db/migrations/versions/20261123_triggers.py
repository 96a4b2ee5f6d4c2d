"""triggers

Revision: 0005, after: 0004. What starts runs of a published version by itself.
"""

from alembic import op
import sqlalchemy as sa


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "triggers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workflow_id", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("armed", sa.Boolean(), nullable=False),
        sa.Column("armed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("scheduled", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            ["workflows.id"],
            name=op.f("fk_triggers_workflow_id_workflows"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triggers")),
        sa.UniqueConstraint("address", name=op.f("uq_triggers_address")),
        sa.UniqueConstraint("workflow_id", "name", name=op.f("uq_triggers_workflow_id_name")),
    )
    op.create_index(
        op.f("ix_triggers_scheduled"), "triggers", ["scheduled"], postgresql_where=sa.text("scheduled")
    )
    op.create_index(
        op.f("ix_triggers_source_id"), "triggers", ["source_id"], postgresql_where=sa.text("armed")
    )
    op.create_index(
        op.f("ix_runs_workflow_id_trigger_id_created_at"),
        "runs",
        ["workflow_id", "trigger_id", "created_at"],
        postgresql_where=sa.text("trigger_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_runs_workflow_id_trigger_id_created_at"), "runs")
    op.drop_table("triggers")
