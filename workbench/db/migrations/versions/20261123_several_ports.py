"""several ports

Revision: 0002, after: 0001. A node can be left through several ports.
"""

from alembic import op
import sqlalchemy as sa


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "node_runs", sa.Column("ports", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.execute("UPDATE node_runs SET ports = ARRAY[port] WHERE port IS NOT NULL")
    op.alter_column("node_runs", "ports", server_default=None)
    op.drop_column("node_runs", "port")


def downgrade() -> None:
    op.add_column("node_runs", sa.Column("port", sa.Text(), nullable=True))
    op.execute("UPDATE node_runs SET port = ports[1]")
    op.drop_column("node_runs", "ports")
