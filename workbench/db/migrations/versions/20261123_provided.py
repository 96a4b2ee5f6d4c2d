"""provided

Revision: 0017, after: 0016. What a provider says of somebody: whether they administer, and are a program.
"""

from alembic import op
import sqlalchemy as sa


revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("identities", sa.Column("kind", sa.Text(), nullable=False, server_default="person"))
    op.add_column(
        "identities", sa.Column("administrator", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("identities", "administrator")
    op.drop_column("identities", "kind")
