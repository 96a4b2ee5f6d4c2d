"""scopes

Revision: 0006, after: 0005. A node has a row for each pass of the containers around it.
"""

from alembic import op
import sqlalchemy as sa


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    scope = sa.Column("scope", sa.Text(collation="C"), server_default=sa.text("''"), nullable=False)
    op.add_column("node_runs", scope)
    op.alter_column("node_runs", "scope", server_default=None)
    op.add_column("node_runs", sa.Column("tally", sa.JSON(), nullable=True))
    op.drop_constraint("pk_node_runs", "node_runs")
    op.create_primary_key("pk_node_runs", "node_runs", ["run_id", "scope", "node_id"])


def downgrade() -> None:
    op.execute("DELETE FROM node_runs WHERE scope <> ''")
    op.drop_constraint("pk_node_runs", "node_runs")
    op.create_primary_key("pk_node_runs", "node_runs", ["run_id", "node_id"])
    op.drop_column("node_runs", "tally")
    op.drop_column("node_runs", "scope")
