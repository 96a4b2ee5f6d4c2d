"""The workbench's own processes as children: the worker, which migrates, and the web process.

Both load their code, which takes seconds, while other things still start: the web process then waits for the
file that the worker makes when the database has this code's tables.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from workbench.embedded import probes
from workbench.embedded.layout import DataDir
from workbench.embedded.leftovers import MARK
from workbench.embedded.process import ChildSpec
from workbench.project import project_root
from workbench.settings import CONFIDENTIAL_PREFIX, PREFIX, Settings

WORKER = "worker"
WEB = "web"
READY_FILE = "WORKBENCH_READY_FILE"
"""Environment variable: the file to which a worker writes its pid once it takes work."""
MIGRATED_FILE = "WORKBENCH_MIGRATED_FILE"
"""Environment variable: the file that says that the database has been migrated."""


def forget_migration(home: DataDir) -> None:
    """Have the next worker migrate; call it before anything is started."""
    _migrated_file(home).unlink(missing_ok=True)


def worker(home: DataDir, settings: Settings) -> ChildSpec:
    """Return how to run a worker; ready is when it has said so."""
    ready_file = home.run / "worker.ready"

    async def ready(pid: int) -> bool:
        return ready_file.exists() and ready_file.read_text() == str(pid)

    return ChildSpec(
        name=WORKER,
        command=_command(WORKER),
        env={**_environment(home, settings), READY_FILE: str(ready_file)},
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
        env={**_without_secrets(_environment(home, settings)), "REFLEX_WEB_WORKDIR": str(frontend)},
        cwd=project_root(),
        log=_printed(home, WEB),
        probe=ready,
        stop_s=8.0,
    )


def _environment(home: DataDir, settings: Settings) -> Mapping[str, str]:
    """Return the environment of our own children: ours, the settings, the mark, and a thrifty allocator."""
    ours = {MARK: str(home.root), MIGRATED_FILE: str(_migrated_file(home)), "MALLOC_ARENA_MAX": "2"}
    inherited = {name: value for name, value in os.environ.items() if name != f"{PREFIX}API_KEY"}
    return {**inherited, **settings.environment(), **ours}


def _without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what only the worker reads."""
    return {name: value for name, value in environment.items() if not name.startswith(CONFIDENTIAL_PREFIX)}


def _migrated_file(home: DataDir) -> Path:
    return home.run / "migrated"


def _command(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "workbench", name)


def _printed(home: DataDir, name: str) -> Path:
    """Return where a process's prints go; its log proper is `<name>.log`, which it rotates by itself."""
    return home.log(f"{name}.out")
