"""The real Postgres, Valkey and Temporal, started once for all tests and only if one asks for them.

Tests share them and so must not assume that they are alone: `principal` is a new person for each test, in a
workspace of their own, who sees only what that test made.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.outbound import OutboundPolicy
from engine.runtime import build_worker
from tests.people import somebody
from workbench.auth.principal import Principal
from workbench.db.migrate import upgrade
from workbench.db.scoping import reach_everything
from workbench.embedded.concurrently import concurrently
from workbench.embedded.layout import DataDir
from workbench.embedded.services import EmbeddedServices
from workbench.embedded.supervisor import Supervisor
from workbench.services import resources as process
from workbench.services.blobs import PostgresBlobStore
from workbench.services.event_inbox import PostgresEventInbox
from workbench.services.notifications.outbox import PostgresOutbox
from workbench.services.records import PostgresRunSink
from workbench.services.resources import Resources
from workbench.services.secrets import StoredSecrets
from workbench.services.slots import PostgresSlots
from workbench.services.task_inbox import PostgresInbox
from workbench.services.triggers.starter import StoredSchedules
from workbench.settings import Settings


@pytest.fixture(scope="session")
async def supervisor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Supervisor]:
    """A data directory of the tests' own; its children can be killed and come back."""
    home = tmp_path_factory.mktemp("services") / "data"
    async with Supervisor(DataDir(home)) as supervisor:
        yield supervisor


@pytest.fixture(scope="session")
async def settings(supervisor: Supervisor) -> Settings:
    """Settings with the address of every service, all ready and migrated."""
    services = EmbeddedServices(supervisor, Settings(data_dir=Path(supervisor.home.root)))
    await concurrently(start() for start in services.starters.values())
    assert services.settings.database_url
    upgrade(services.settings.database_url)
    return services.settings


@pytest.fixture(scope="session")
async def resources(settings: Settings) -> AsyncIterator[Resources]:
    """The process's connections, pointed at the tests' services."""
    reach_everything()  # what tests ask for themselves; services reach what their principal does
    yield process.configure(settings)
    await process.close()


@pytest.fixture(scope="session")
async def worker(resources: Resources) -> AsyncIterator[None]:
    """A worker that executes runs in this process while it is entered."""
    settings = resources.settings
    client = await resources.temporal()
    worker = build_worker(
        client.temporal,
        sink=PostgresRunSink(resources),
        blobs=PostgresBlobStore(resources),
        secrets=StoredSecrets(resources),
        slots=PostgresSlots(resources),
        events=PostgresEventInbox(resources),
        inbox=PostgresInbox(resources),
        outbox=PostgresOutbox(resources),
        starter=StoredSchedules(),
        outbound=OutboundPolicy(services=settings.own_endpoints),
        task_queue=settings.task_queue,
    )
    async with worker:
        yield


@pytest.fixture
def principal() -> Principal:
    """Someone in a workspace of their own who may do everything and has nothing yet."""
    return somebody()
