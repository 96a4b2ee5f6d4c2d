"""workspaces

Revision: 0014, after: 0013. What belonged to a person belongs to a workspace; what was there, to the first one.
"""

from alembic import op
import sqlalchemy as sa


revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OWNED = ("workflows", "triggers", "events", "event_waits", "slots")


def upgrade() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
    )
    op.execute("INSERT INTO workspaces (id, name, created_at) VALUES ('default', 'Workspace', now())")
    op.add_column("workflows", sa.Column("created_by", sa.Text(), nullable=True))
    op.execute("UPDATE workflows SET created_by = owner")
    op.alter_column("workflows", "created_by", nullable=False)
    op.add_column(
        "workflows", sa.Column("narrowed", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    for table in OWNED:
        op.alter_column(table, "owner", new_column_name="workspace_id")
        op.execute(f"UPDATE {table} SET workspace_id = 'default'")
    for old, new in _INDEXES:
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")
    for table in ("runs", "secrets"):
        op.add_column(
            table, sa.Column("workspace_id", sa.Text(), server_default=sa.text("'default'"), nullable=False)
        )
        op.alter_column(table, "workspace_id", server_default=None)
    op.drop_constraint("pk_secrets", "secrets")
    op.create_primary_key("pk_secrets", "secrets", ["workspace_id", "name"])
    op.drop_index("ix_runs_started_by_created_at_id", table_name="runs")
    op.drop_index("uq_runs_started_by", table_name="runs")
    op.create_index("ix_runs_workspace_id_created_at_id", "runs", ["workspace_id", "created_at", "id"])
    op.create_index(
        "uq_runs_workspace_id",
        "runs",
        ["workspace_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_runs_workspace_id", table_name="runs")
    op.drop_index("ix_runs_workspace_id_created_at_id", table_name="runs")
    op.create_index(
        "uq_runs_started_by",
        "runs",
        ["started_by", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index("ix_runs_started_by_created_at_id", "runs", ["started_by", "created_at", "id"])
    op.drop_constraint("pk_secrets", "secrets")
    op.create_primary_key("pk_secrets", "secrets", ["name"])
    for table in ("runs", "secrets"):
        op.drop_column(table, "workspace_id")
    for old, new in _INDEXES:
        op.execute(f"ALTER INDEX {new} RENAME TO {old}")
    for table in OWNED:
        op.alter_column(table, "workspace_id", new_column_name="owner")
        op.execute(f"UPDATE {table} SET owner = 'owner'")
    op.drop_column("workflows", "narrowed")
    op.drop_column("workflows", "created_by")
    op.drop_table("workspaces")


_INDEXES = (
    ("ix_workflows_owner_created_at_id", "ix_workflows_workspace_id_created_at_id"),
    ("ix_events_owner_name_key_received_at", "ix_events_workspace_id_name_key_received_at"),
    ("ix_event_waits_owner_name_key", "ix_event_waits_workspace_id_name_key"),
)
