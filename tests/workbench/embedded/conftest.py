"""What the tests of the embedded services share: a host process to kill, and patience."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

ROOT = Path(__file__).parents[3]


@dataclass
class Host:
    """A running `host.py`: the process, the URL of its Postgres, its children by name."""

    process: asyncio.subprocess.Process
    url: str
    pids: dict[str, int]

    def family(self) -> list[psutil.Process]:
        """Return every process below the host."""
        return psutil.Process(self.process.pid).children(recursive=True)

    async def kill_tree(self) -> None:
        """End the host and everything below it with SIGKILL, as a power cut would."""
        for process in (psutil.Process(self.process.pid), *self.family()):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        await self.process.wait()


StartHost = Callable[..., Awaitable[Host]]


@pytest.fixture
async def start_host() -> AsyncIterator[StartHost]:
    """Start host processes; whatever still runs at the end of the test is stopped."""
    started: list[Host] = []

    async def start(data_dir: Path, *, python: Path = Path(sys.executable), **options: Any) -> Host:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = await asyncio.create_subprocess_exec(
            python, "-m", "tests.workbench.embedded.host", data_dir,
            cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, **options,
        )  # fmt: skip
        assert process.stdout
        ready = await asyncio.wait_for(_line_with("{", process.stdout), 120)
        host = Host(process, **json.loads(ready))
        started.append(host)
        return host

    yield start
    for host in started:
        if host.process.returncode is None:
            host.process.terminate()
            await asyncio.wait_for(host.process.wait(), 60)


async def _line_with(start: str, output: asyncio.StreamReader) -> str:
    async for line in output:
        if line.decode().startswith(start):
            return line.decode()
    raise AssertionError("the host ended before its services were ready")


async def eventually(holds: Callable[[], bool], *, timeout_s: float = 60) -> None:
    """Wait until `holds()`; fail when it never does."""
    async with asyncio.timeout(timeout_s):
        while not holds():
            await asyncio.sleep(0.05)
