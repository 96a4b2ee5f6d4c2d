"""What Alembic runs, both from `workbench migrate` and from its own command line.

`workbench.db.migrate` hands over a connection; on the command line the URL is `WORKBENCH_DATABASE_URL`.
"""

from alembic import context
from sqlalchemy import Connection, create_engine

from workbench.db.tables import Table
from workbench.settings import get_settings


def run(connection: Connection) -> None:
    """Run the migrations on `connection`, all in one transaction."""
    context.configure(connection=connection, target_metadata=Table.metadata, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    url = get_settings().database_url
    if not url:
        raise SystemExit("Set WORKBENCH_DATABASE_URL to the database that Alembic shall work on.")
    engine = create_engine(url)
    with engine.connect() as connection:
        run(connection)
    engine.dispose()
