"""decisions

Revision: 0011, after: 0010. What somebody decided about a node that had failed.
"""

from alembic import op
import sqlalchemy as sa


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("node_runs", sa.Column("decision", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("node_runs", "decision")
