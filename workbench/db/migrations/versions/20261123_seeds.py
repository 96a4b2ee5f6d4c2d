"""seeds

Revision: 0007, after: 0006. Test runs reuse outputs, and take pinned values in their place.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pins",
        sa.Column("workflow_id", sa.Text(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("ports", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("preview", sa.Text(), nullable=False),
        sa.Column("output", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("output_blob", sa.Text(), nullable=True),
        sa.Column("output_bytes", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("pinned_by", sa.Text(), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workflow_id"], ["workflows.id"], name=op.f("fk_pins_workflow_id_workflows"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workflow_id", "node_id", name=op.f("pk_pins")),
    )
    op.create_table(
        "run_seeds",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("fingerprints", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("steps", sa.ARRAY(sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_run_seeds_run_id_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_seeds")),
    )
    op.add_column("node_runs", sa.Column("origin", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("runs", sa.Column("test", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("UPDATE runs SET test = true WHERE version_number IS NULL")
    op.create_index(
        "ix_runs_forked_from",
        "runs",
        ["trigger_id"],
        postgresql_where=sa.text("trigger_type = 'fork'"),
    )


def downgrade() -> None:
    op.drop_index("ix_runs_forked_from", table_name="runs")
    op.drop_column("runs", "test")
    op.drop_column("node_runs", "origin")
    op.drop_table("run_seeds")
    op.drop_table("pins")
