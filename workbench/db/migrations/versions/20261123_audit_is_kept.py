"""audit is kept

Revision: 0016, after: 0015. What is in the audit log is neither changed nor removed by an ordinary statement.
"""

from alembic import op


revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'The audit log is not changed: entries are only added.';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER keep_audit_log BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log()
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_audit_log ON audit_log")
    op.execute("DROP FUNCTION keep_audit_log()")
