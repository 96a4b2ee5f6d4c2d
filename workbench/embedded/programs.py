"""The workbench's own processes as children: worker and web, and the migration that comes before them."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from workbench.embedded import probes
from workbench.embedded.errors import StartFailed
from workbench.embedded.layout import DataDir
from workbench.embedded.leftovers import MARK
from workbench.embedded.logs import start_anew, tail
from workbench.embedded.process import ChildSpec, describe_exit, run_to_end
from workbench.project import project_root
from workbench.settings import Settings

WORKER = "worker"
WEB = "web"
MIGRATE = "migrate"
READY_FILE = "WORKBENCH_READY_FILE"
"""Environment variable: the file to which a worker writes its pid once it takes work."""


def worker(home: DataDir, settings: Settings) -> ChildSpec:
    """Return how to run a worker; ready is when it has said so."""
    ready_file = home.run / "worker.ready"

    async def ready(pid: int) -> bool:
        return ready_file.exists() and ready_file.read_text() == str(pid)

    return ChildSpec(
        name=WORKER,
        command=_command(WORKER),
        env={**environment(home, settings), READY_FILE: str(ready_file)},
        cwd=home.root,
        log=_printed(home, WORKER),
        probe=ready,
    )


def web(home: DataDir, settings: Settings, frontend: Path) -> ChildSpec:
    """Return how to run the web process with the built `frontend`; ready is when it answers."""

    async def ready(_pid: int) -> bool:
        return await probes.http_ok(settings.host, settings.port, "/ping")

    return ChildSpec(
        name=WEB,
        command=_command(WEB),
        env={**environment(home, settings), "REFLEX_WEB_WORKDIR": str(frontend)},
        cwd=project_root(),
        log=_printed(home, WEB),
        probe=ready,
        stop_s=8.0,
    )


async def migrate(home: DataDir, settings: Settings) -> None:
    """Bring the database to this code's tables, in a process of its own: SQLAlchemy stays out of this one.

    Raises StartFailed with what it said.
    """
    printed = _printed(home, MIGRATE)
    start_anew(printed)
    code = await run_to_end(*_command(MIGRATE), env=environment(home, settings), cwd=home.root, log=printed)
    if code != 0:
        raise StartFailed(
            "The migration of the database", describe_exit(code), log=printed, tail=tail(printed)
        )


def environment(home: DataDir, settings: Settings) -> Mapping[str, str]:
    """Return the environment of our own children: ours, the settings, the mark, and a thrifty allocator."""
    return {**os.environ, "MALLOC_ARENA_MAX": "2", **settings.environment(), MARK: str(home.root)}


def _command(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "workbench", name)


def _printed(home: DataDir, name: str) -> Path:
    """Return where a process's prints go; its log proper is `<name>.log`, which it rotates by itself."""
    return home.log(f"{name}.out")
