"""The embedded services as one thing: Postgres, Valkey and Temporal for a data directory.

    async with services.running(Settings(data_dir=directory)) as settings:
        settings.database_url, settings.redis_url, settings.temporal_address    # all set, all ready

`running` yields a copy of the settings in which every service has an address; a service that had one before
is an outside one and is not started. Leaving the context stops what was started. While it is entered, a
service that dies is started again on the same port. The data directory is locked: a second `running` on it
raises AlreadyRunning. Enter it in the main thread.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from workbench.embedded import ports, postgres, temporal, valkey
from workbench.embedded.concurrently import concurrently
from workbench.embedded.layout import DataDir
from workbench.embedded.ports import LOOPBACK
from workbench.embedded.supervisor import Report, Supervisor, to_log
from workbench.settings import Settings


@asynccontextmanager
async def running(settings: Settings, *, report: Report = to_log) -> AsyncIterator[Settings]:
    """Run what has no address in `settings`; yield the settings with every address."""
    async with Supervisor(DataDir(settings.data_dir), report=report) as supervisor:
        services = EmbeddedServices(supervisor, settings)
        await concurrently(start() for start in services.starters.values())
        yield services.settings


class EmbeddedServices:
    """What has to be started here because `asked` has no address for it.

    `settings` are the settings with every address, known before anything is started; `starters` start the
    services, each to be awaited once, in any order or at the same time. They raise StartFailed.
    """

    def __init__(self, supervisor: Supervisor, asked: Settings) -> None:
        self._supervisor = supervisor
        self._home = supervisor.home
        self.starters: dict[str, Callable[[], Awaitable[object]]] = {}
        found: dict[str, object] = {}
        if asked.database_url is None:
            found["database_url"] = self._add_postgres()
        if asked.redis_url is None:
            found["redis_url"] = self._add_valkey()
        if asked.temporal_address is None:
            address, *hidden = self._add_temporal(asked.temporal_namespace)
            found["temporal_address"] = address
            found["internal_endpoints"] = [*asked.internal_endpoints, *hidden]
        self.settings = asked.model_copy(update=found)

    def _add_postgres(self) -> str:
        port = ports.assign(self._home, (postgres.NAME,))[postgres.NAME]

        async def start() -> None:
            await self._supervisor.start(await postgres.spec(self._home, port))

        self.starters[postgres.NAME] = start
        return postgres.url(self._home, port)

    def _add_valkey(self) -> str:
        port = ports.assign(self._home, (valkey.NAME,))[valkey.NAME]
        self.starters[valkey.NAME] = lambda: self._supervisor.start(valkey.spec(self._home, port))
        return valkey.url(self._home, port)

    def _add_temporal(self, namespace: str) -> list[str]:
        chosen = list(ports.assign(self._home, ("temporal", "temporal_http", "temporal_metrics")).values())
        main, http, metrics = chosen
        self.starters[temporal.NAME] = lambda: self._supervisor.start(
            temporal.spec(self._home, port=main, http_port=http, metrics_port=metrics, namespace=namespace)
        )
        return [f"{LOOPBACK}:{port}" for port in chosen]
