"""run options

Revision: 0003, after: 0002. What was asked of a run when it was started, and which run began it.
"""

from typing import Any

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

def columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("terminating", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("budget", sa.JSON(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("request_hash", sa.Text(), nullable=True),
        sa.Column("labels", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("trigger_type", sa.Text(), server_default=sa.text("'manual'"), nullable=False),
        sa.Column("trigger_id", sa.Text(), nullable=True),
        sa.Column("parent_run_id", sa.Text(), nullable=True),
        sa.Column("parent_place", sa.Text(), nullable=True),
    ]


def upgrade() -> None:
    for column in columns():
        op.add_column("runs", column)
    op.create_foreign_key(
        op.f("fk_runs_parent_run_id_runs"), "runs", "runs", ["parent_run_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(
        "uq_runs_started_by",
        "runs",
        ["started_by", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_runs_labels"),
        "runs",
        ["labels"],
        postgresql_using="gin",
        postgresql_ops={"labels": "jsonb_path_ops"},
    )
    op.create_index(
        op.f("ix_runs_parent_run_id"),
        "runs",
        ["parent_run_id"],
        postgresql_where=sa.text("parent_run_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_runs_terminating"), "runs", ["terminating"], postgresql_where=sa.text("terminating")
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_runs_parent_run_id_runs"), "runs", type_="foreignkey")
    for column in columns():
        op.drop_column("runs", column.name)
