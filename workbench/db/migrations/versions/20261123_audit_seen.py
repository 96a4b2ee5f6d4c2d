"""audit seen

Revision: 0021, after: 0020. Who signs in does it in no workspace: it is seen in those to which they belong.
"""

from alembic import op
import sqlalchemy as sa


revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "audit_log", sa.Column("seen_in", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.create_index(op.f("ix_audit_log_seen_in"), "audit_log", ["seen_in"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index(op.f("ix_audit_log_seen_in"), table_name="audit_log", postgresql_using="gin")
    op.drop_column("audit_log", "seen_in")
