"""run ends

Revision: 0008, after: 0007. Whether what follows from the end of a run has been done; ends of before are done.
"""

from alembic import op
import sqlalchemy as sa


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("trigger_waiter", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("trigger_run_id", sa.Text(), nullable=True))
    op.add_column("runs", sa.Column("followed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE runs SET followed_at = now() WHERE finished_at IS NOT NULL")
    op.create_index(
        op.f("ix_runs_followed_at"),
        "runs",
        ["followed_at"],
        postgresql_where=sa.text("followed_at IS NULL AND finished_at IS NOT NULL"),
    )


def downgrade() -> None:
    for column in ("followed_at", "trigger_run_id", "trigger_waiter"):
        op.drop_column("runs", column)
