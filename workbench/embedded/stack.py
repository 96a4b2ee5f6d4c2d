"""The whole workbench as one thing: services, worker, frontend and web process, in the right order.

Whatever does not wait for another thing starts at once; `up` returns when everything is ready.
"""

import asyncio
from collections.abc import Awaitable, Callable

from workbench.embedded import frontend, ports, programs, valkey
from workbench.embedded.concurrently import concurrently
from workbench.embedded.errors import PortTaken
from workbench.embedded.services import EmbeddedServices
from workbench.embedded.supervisor import Change, Report, Supervisor
from workbench.project import project_root
from workbench.settings import Settings


async def up(supervisor: Supervisor, settings: Settings, *, report: Report, web: bool = True) -> Settings:
    """Start everything that `settings` do not place elsewhere; return them with every address filled in.

    Without `web`, neither the frontend nor the web process is started. Raises PortTaken before anything is
    started, StartFailed when something does not become ready; the supervisor's context then stops the rest.
    """
    if web and not ports.is_free(settings.host, settings.port):
        raise PortTaken(settings.host, settings.port)
    services = EmbeddedServices(supervisor, settings)
    await _Start(supervisor, services, report).run(web=web)
    return services.settings


class _Start:
    """One start of the stack: each step is a task that first awaits the steps it needs."""

    def __init__(self, supervisor: Supervisor, services: EmbeddedServices, report: Report) -> None:
        self._supervisor = supervisor
        self._services = services
        self._settings = services.settings
        self._report = report
        self._steps: dict[str, asyncio.Task[None]] = {}

    async def run(self, *, web: bool) -> None:
        """Start the services, then what needs them."""
        programs.forget_migration(self._supervisor.home)
        services = self._services.starters
        for name, start in services.items():
            self._step(name, start)
        self._step(programs.WORKER, self._worker, *services)
        if web:
            self._step(frontend.NAME, self._build)
            self._step(programs.WEB, self._web, valkey.NAME, frontend.NAME)
        await concurrently(self._steps.values())

    def _step(self, name: str, do: Callable[[], Awaitable[object]], *needed: str) -> None:
        earlier = [self._steps[other] for other in needed if other in self._steps]

        async def when_possible() -> None:
            await asyncio.gather(*earlier)
            await do()

        self._steps[name] = asyncio.create_task(when_possible(), name=f"start {name}")

    async def _worker(self) -> None:
        await self._supervisor.start(programs.worker(self._supervisor.home, self._settings))

    async def _build(self) -> None:
        self._report(Change(frontend.NAME, "starting"))
        home, cache = self._supervisor.home, self._settings.cache_dir
        log_file = home.log(frontend.NAME)
        self._frontend = await frontend.ensure(project_root(), cache, log_file, mark=str(home.root))
        self._report(Change(frontend.NAME, "ready"))

    async def _web(self) -> None:
        await self._supervisor.start(programs.web(self._supervisor.home, self._settings, self._frontend))
