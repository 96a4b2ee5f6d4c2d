"""The web process: serves the built frontend, the API and the websocket on one port, with one granian worker.

The application (`workbench.workbench`) is loaded by name, after the environment is set that tells Reflex to
compile nothing and to serve the finished build.
"""

import asyncio
import logging
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog

from workbench import telemetry
from workbench.embedded import frontend, ports
from workbench.embedded.errors import PortTaken
from workbench.embedded.layout import DataDir
from workbench.embedded.leftovers import MARK
from workbench.embedded.programs import MIGRATED_FILE
from workbench.outside import read_settings, require_loopback, require_services
from workbench.project import project_root
from workbench.settings import Settings

log = structlog.get_logger(__name__)

_BUILD = "REFLEX_WEB_WORKDIR"
_PAUSE_S = 0.05
TARGET = "workbench.workbench"
_SERVE_THE_BUILD = {
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_TELEMETRY_ENABLED": "false",
}


def main() -> None:
    """Serve until SIGINT or SIGTERM."""
    settings = read_settings()
    require_loopback(settings)
    require_services(settings)
    telemetry.configure(
        "web", data_dir=settings.data_dir, level=settings.log_level, console=MARK not in os.environ
    )
    if not ports.is_free(settings.host, settings.port):
        raise PortTaken(settings.host, settings.port)
    if _BUILD not in os.environ:
        os.environ[_BUILD] = str(asyncio.run(_build(settings)))
    application = load(settings)
    _wait_for_migration()
    asyncio.run(serve(application, settings))
    # Threads of the server may still be about to call Python, and abort the process while it is finalised.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


async def _build(settings: Settings) -> Path:
    """Return the frontend's build, made now if need be; the supervisor would have done that for us."""
    log_file = DataDir(settings.data_dir).log(frontend.NAME)
    return await frontend.ensure(project_root(), settings.cache_dir, log_file, mark=str(settings.data_dir))


def load(settings: Settings) -> Any:
    """Return Reflex's application, told by the environment what to do; changes the working directory."""
    os.environ.update(_SERVE_THE_BUILD)
    # Reflex makes this folder, else beside the sources; nothing of ours is kept in it.
    os.environ["REFLEX_UPLOADED_FILES_DIR"] = str(settings.data_dir / "run" / "uploads")
    if settings.redis_url:
        os.environ["REFLEX_REDIS_URL"] = settings.redis_url
    root = project_root()
    os.chdir(root)
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return import_module(TARGET).app


def _wait_for_migration() -> None:
    """Return when the supervisor's worker has migrated the database; at once if there is no supervisor."""
    migrated = os.environ.get(MIGRATED_FILE)
    while migrated and not os.path.exists(migrated):
        time.sleep(_PAUSE_S)


async def serve(application: Any, settings: Settings) -> None:
    """Serve the application on the settings' host and port until a signal says to stop."""
    from granian.constants import Interfaces
    from granian.server.embed import Server

    from workbench.api.app import end_streams

    server = Server(
        application,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()

    def stop() -> None:
        end_streams()  # or the server would wait until every watcher of a run has gone
        loop.call_soon(server.stop)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    log.info("web process serves", url=settings.url)
    await server.serve()
    log.info("web process stopped")
