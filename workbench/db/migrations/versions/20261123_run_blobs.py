"""run blobs

Revision: 0013, after: 0012. Which run put a file into the blob store.
"""

from alembic import op
import sqlalchemy as sa


revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_FILES = """
INSERT INTO run_blobs (hash, run_id)
SELECT DISTINCT b.hash, n.run_id FROM node_runs n
JOIN blobs b ON b.hash = substring(n.output::text from '"\\$artifact": ?"sha256:([0-9a-f]{64})"')
"""


def upgrade() -> None:
    op.create_table(
        "run_blobs",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["blobs.hash"], name=op.f("fk_run_blobs_hash_blobs")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_run_blobs_run_id_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hash", "run_id", name=op.f("pk_run_blobs")),
    )
    op.create_index(op.f("ix_run_blobs_run_id"), "run_blobs", ["run_id"])
    op.execute(_FILES)


def downgrade() -> None:
    op.drop_table("run_blobs")
