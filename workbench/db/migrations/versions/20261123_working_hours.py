"""working hours

Revision: 0020, after: 0019. When the people of a workspace are at work.
"""

from alembic import op
import sqlalchemy as sa


revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("working_hours", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("workspaces", "working_hours")
