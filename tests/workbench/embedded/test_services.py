"""The services of a data directory: they answer, keep their data, come back, and leave nothing behind."""

from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests.workbench.embedded.conftest import eventually
from workbench.db.session import plain_url
from workbench.embedded import probes
from workbench.embedded.concurrently import concurrently
from workbench.embedded.hidden_ports import HiddenPorts
from workbench.embedded.layout import DataDir
from workbench.embedded.services import EmbeddedServices, running
from workbench.embedded.supervisor import Supervisor
from workbench.settings import Settings


@pytest.fixture(scope="module")
async def supervisor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Supervisor]:
    async with Supervisor(DataDir(tmp_path_factory.mktemp("embedded") / "data")) as supervisor:
        yield supervisor


@pytest.fixture(scope="module")
async def settings(supervisor: Supervisor) -> Settings:
    services = EmbeddedServices(supervisor, Settings(data_dir=supervisor.home.root))
    await concurrently(start() for start in services.starters.values())
    return services.settings


def query(settings: Settings, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(plain_url(settings.database_url or ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def valkey(settings: Settings) -> "redis.Redis":
    return redis.Redis.from_url(settings.redis_url or "", decode_responses=True)


def answers(settings: Settings) -> bool:
    """Say whether Postgres and Valkey both take a request right now."""
    try:
        return query(settings, "SELECT 1") == [(1,)] and bool(valkey(settings).ping())
    except (psycopg.Error, redis.RedisError):
        return False


def test_postgres_asks_for_the_password(settings: Settings) -> None:
    url = plain_url(settings.database_url or "")
    password = url.split(":")[2].partition("@")[0]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(password, "guess"))


def test_no_port_that_temporal_listens_on_is_unknown(supervisor: Supervisor, settings: Settings) -> None:
    pid = supervisor.child("temporal").pid
    sockets = psutil.Process(pid).net_connections("tcp")
    listening = {(found.laddr.ip, found.laddr.port) for found in sockets if found.status == "LISTEN"}
    assert len(listening - settings.own_endpoints) > 0, "Temporal chooses no ports any more: drop HiddenPorts"
    assert listening <= settings.own_endpoints | HiddenPorts(supervisor.home)()


def test_postgres_brings_pgvector(settings: Settings) -> None:
    assert query(settings, "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'") == [(1,)]


def test_valkey_asks_for_the_password(settings: Settings) -> None:
    port = int((settings.redis_url or "").rpartition(":")[2].partition("/")[0])
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=port).ping()


def test_no_password_is_on_a_command_line(supervisor: Supervisor, settings: Settings) -> None:
    passwords = {path.read_text() for path in supervisor.home.keys.iterdir()}
    lines = [" ".join(process.cmdline()) for process in psutil.Process().children(recursive=True)]
    assert len(passwords) == 2
    assert not [line for line in lines for password in passwords if password in line]


def test_services_listen_on_this_machine_only(supervisor: Supervisor, settings: Settings) -> None:
    pids = [supervisor.child(name).pid for name in ("postgres", "valkey", "temporal")]
    listening = [
        connection.laddr.ip
        for pid in pids
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(listening) == {"127.0.0.1"}


def test_every_port_with_http_behind_it_is_refused_to_documents(
    supervisor: Supervisor, settings: Settings
) -> None:
    remembered = (supervisor.home.run / "ports.json").read_text()
    assert all(str(port) in remembered or port == settings.port for _, port in settings.own_endpoints)
    assert len(settings.own_endpoints) == 6


async def test_postgres_comes_back_with_its_rows(supervisor: Supervisor, settings: Settings) -> None:
    query(settings, "CREATE TABLE kept AS SELECT 42 AS answer")
    await killed(supervisor, "postgres")
    await eventually(lambda: answers(settings))
    assert query(settings, "SELECT answer FROM kept") == [(42,)]


async def test_valkey_comes_back(supervisor: Supervisor, settings: Settings) -> None:
    await killed(supervisor, "valkey")
    await eventually(lambda: answers(settings))


async def test_temporal_comes_back(supervisor: Supervisor, settings: Settings) -> None:
    await killed(supervisor, "temporal")
    host, _, port = (settings.temporal_address or "").partition(":")
    await eventually(lambda: supervisor.child("temporal").restarts > 0)
    assert await answering(host, int(port))


async def killed(supervisor: Supervisor, name: str) -> None:
    """Kill a child with SIGKILL and wait until the supervisor has noticed."""
    child = supervisor.child(name)
    before = child.restarts
    assert child.pid
    psutil.Process(child.pid).kill()
    await eventually(lambda: child.restarts > before)


async def answering(host: str, port: int) -> bool:
    """Wait until something listens there."""
    while not await probes.accepts(host, port):
        pass
    return True


async def test_an_outside_service_is_not_started(tmp_path: Path) -> None:
    outside = {
        "database_url": "postgresql+psycopg://db.example/x",
        "temporal_address": "temporal.example:7233",
    }
    async with running(Settings(data_dir=tmp_path / "data", **outside)) as settings:
        assert settings.database_url == outside["database_url"]
        assert valkey(settings).ping()
        assert not (tmp_path / "data" / "postgres").exists()


async def test_data_and_ports_outlive_a_stop(tmp_path: Path) -> None:
    only_valkey = Settings(
        data_dir=tmp_path / "data", database_url="postgresql://x/x", temporal_address="x:1"
    )
    async with running(only_valkey) as first:
        valkey(first).set("kept", "yes")
    async with running(only_valkey) as second:
        assert second.redis_url == first.redis_url
        assert valkey(second).get("kept") == "yes"
