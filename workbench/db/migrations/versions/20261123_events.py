"""events

Revision: 0004, after: 0003. Events, and the nodes that wait for them.
"""

from alembic import op
import sqlalchemy as sa


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_expires_at"), "events", ["expires_at"])
    op.create_index(
        op.f("ix_events_owner_name_key_received_at"),
        "events",
        ["owner", "name", "key", "received_at"],
        postgresql_where=sa.text("given_at IS NULL"),
    )
    op.create_table(
        "event_waits",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("data_schema", sa.JSON(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("tell_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_event_waits_run_id_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "scope", "node_id", name=op.f("pk_event_waits")),
    )
    op.create_index(
        op.f("ix_event_waits_owner_name_key"),
        "event_waits",
        ["owner", "name", "key"],
        postgresql_where=sa.text("event_id IS NULL"),
    )
    op.create_index(
        op.f("ix_event_waits_tell_at"),
        "event_waits",
        ["tell_at"],
        postgresql_where=sa.text("event_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("event_waits")
    op.drop_table("events")
