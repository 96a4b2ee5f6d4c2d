"""containers

Revision: 0009, after: 0008. A run may begin with what an older one knew of a map or a loop.
"""

from alembic import op
import sqlalchemy as sa


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run_seeds", sa.Column("containers", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("run_seeds", "containers")
