"""Migrations: they make the tables of the code, and a database from the future is left alone."""

import asyncio
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, make_url, text

from workbench.db.ids import new_id
from workbench.db.migrate import MIGRATIONS, DatabaseTooNew, head, upgrade
from workbench.db.tables import Table
from workbench.settings import Settings

OLD_ROW = """INSERT INTO node_runs
  (run_id, node_id, status, attempt, change, port, media_type, preview, output_bytes)
  VALUES ('r', :node, 'succeeded', 1, 1, :port, 'application/json', '', 0)"""

PAUSED_RUN = """INSERT INTO runs
  (id, workspace_id, workflow_name, version_id, version_hash, status, change, inputs, started_by, created_at)
  VALUES ('r', 'w', 'Flow', 'v', 'h', 'waiting', 1, '{}', 'ada', now())"""
PAUSED_NODE = """INSERT INTO node_runs
  (run_id, scope, node_id, status, attempt, change, ports, media_type, preview, output_bytes, error)
  VALUES ('r', '', 'fetch', 'waiting', 3, 1, '{}', '', '', 0, '{"kind": "http.status", "message": "500"}')"""


@pytest.fixture
def empty_database(settings: Settings) -> Iterator[str]:
    """The URL of a database of its own with nothing in it."""
    assert settings.database_url
    name = f"test_{new_id().replace('-', '')}"
    server = create_engine(settings.database_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(settings.database_url).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def test_an_empty_database_gets_exactly_the_tables_of_the_code(empty_database: str) -> None:
    assert upgrade(empty_database) == (None, head())
    engine = create_engine(empty_database)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
        assert connection.execute(text("SELECT nextval('run_changes')")).scalar_one() == 1
    engine.dispose()


def _upgraded_to(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, revision)


def test_a_step_that_waits_for_a_decision_already_becomes_a_task(empty_database: str) -> None:
    engine = create_engine(empty_database)
    _upgraded_to(engine, "0021")
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # no workflow is needed
        connection.execute(text(PAUSED_RUN))
        connection.execute(text(PAUSED_NODE))
    upgrade(empty_database)
    with engine.connect() as connection:
        found = "SELECT kind, node_id, attempt, status, pause, opening ->> 'type' FROM tasks"
        rows = connection.execute(text(found)).all()
    pause = {"failure": {"kind": "http.status", "message": "500"}, "attempts": 3}
    assert [tuple(row) for row in rows] == [("pause", "fetch", 3, "open", pause, "pause")]
    engine.dispose()


def test_the_one_port_of_older_runs_is_kept(empty_database: str) -> None:
    engine = create_engine(empty_database)
    _upgraded_to(engine, "0001")
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # no run of that id is needed
        connection.execute(text(OLD_ROW), [{"node": "a", "port": "true"}, {"node": "b", "port": None}])
    upgrade(empty_database)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT ports, scope FROM node_runs ORDER BY node_id")).all()
    assert [tuple(row) for row in rows] == [(["true"], ""), ([], "")]
    engine.dispose()


def test_migrating_again_changes_nothing(empty_database: str) -> None:
    upgrade(empty_database)
    assert upgrade(empty_database) == (head(), head())


async def test_processes_that_start_at_once_wait_for_each_other(empty_database: str) -> None:
    found = await asyncio.gather(*(asyncio.to_thread(upgrade, empty_database) for _ in range(4)))
    assert sorted(before or "" for before, _ in found) == ["", head(), head(), head()]


def test_a_database_newer_than_the_code_is_refused_and_left_alone(empty_database: str) -> None:
    upgrade(empty_database)
    engine = create_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_from_the_future'"))

    with pytest.raises(DatabaseTooNew, match="9999_from_the_future"):
        upgrade(empty_database)

    with engine.connect() as connection:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    assert found == "9999_from_the_future"
    engine.dispose()
