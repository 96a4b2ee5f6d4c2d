"""Web processes on services that run already."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.stack import ROOT, Stack
from workbench.embedded import probes
from workbench.settings import Settings

START_S = 300


@asynccontextmanager
async def web(settings: Settings, data_dir: Path, *, mode: str) -> AsyncIterator[Stack]:
    """Serve the pages and the API on a port of its own while it is entered; yield where.

    The frontend is built if it is not yet. Raises TimeoutError, or RuntimeError when the process ends.
    """
    place = Stack(data_dir)
    own = {"mode": mode, "host": "127.0.0.1", "port": place.port, "data_dir": data_dir}
    environment = settings.model_copy(update=own).environment()
    place.process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workbench", "web", cwd=ROOT, env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await asyncio.wait_for(_serves(place), START_S)
        place.url = f"http://127.0.0.1:{place.port}"
        yield place
    finally:
        if place.process.returncode is None:
            place.process.terminate()
        await place.process.wait()


async def _serves(place: Stack) -> None:
    assert place.process
    while not await probes.http_ok("127.0.0.1", place.port, "/ping"):
        if place.process.returncode is not None:
            raise RuntimeError(f"The web process ended with {place.process.returncode}.")
        await asyncio.sleep(0.1)
