"""Bring the database to the tables of this code, or say why that cannot be.

Several processes may start at once: an advisory lock lets one migrate while the others wait.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from workbench.errors import WorkbenchError

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x776F726B  # "work": one number, known to every process that migrates


class DatabaseTooNew(WorkbenchError):
    """The database was migrated by a newer workbench than this one."""

    code = "database-too-new"

    def __init__(self, found: str, known: str) -> None:
        super().__init__(
            f"The database is at migration {found}, which this version of the workbench does not know "
            f"(its newest is {known}). Start the newer workbench that migrated it, or restore a backup "
            "from before; nothing was changed."
        )
        self.found = found
        self.known = known


def upgrade(url: str) -> tuple[str | None, str]:
    """Migrate the database at `url` to the newest migration; return where it was and where it is now.

    Raises DatabaseTooNew, having changed nothing, when the database is ahead of this code.
    """
    engine = create_engine(url, connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
            try:
                return _upgrade(connection)
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                connection.commit()
    finally:
        engine.dispose()


def head() -> str:
    """Return the newest migration of this code."""
    newest = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if newest is None:
        raise RuntimeError(f"There are no migrations in {MIGRATIONS}")
    return newest


def check(current: str | None) -> None:
    """Raise DatabaseTooNew when `current` is a migration that this code does not know."""
    known = {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseTooNew(current, head())


def _upgrade(connection: Connection) -> tuple[str | None, str]:
    current = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    check(current)
    if current != head():
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, "head")
        connection.commit()
    return current, head()
