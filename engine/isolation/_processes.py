"""Executes code in a process of this machine: for a single person who switched it on. It is no sandbox.

What it does guarantee: nothing of the worker's environment, a directory of its own that is removed, limits
of memory, processor time, file sizes and processes as far as the system has them (Linux knows no limit of
processes for root), and an end of the whole process group when the code has ended, takes too long, is not
wanted any more, or the worker dies. What it does not: the code can read the person's files and reach the
network.
"""

import asyncio
import contextlib
import math
import os
import signal
import sys
import tempfile
from types import TracebackType

from engine.isolation._jobs import MAX_OUTPUT, MAX_REPORT, Job, Report, command, reported

PROCESSES = 64
FILES = 256
FILE_BYTES = 64 * 1024 * 1024


class Processes:
    """Two jobs at a time for each processor; the others wait, and their time runs."""

    def __init__(self, python: str = sys.executable) -> None:
        self._python = python
        self._places = asyncio.Semaphore(2 * (os.cpu_count() or 1))

    async def run(self, job: Job) -> Report:
        """Execute a job in a process group and a directory of its own."""
        async with self._places:
            with tempfile.TemporaryDirectory(prefix="workbench-python-", ignore_cleanup_errors=True) as home:
                return await self._run(job, home)

    async def _run(self, job: Job, home: str) -> Report:
        process = await asyncio.create_subprocess_exec(
            self._python, *command(), cwd=home, env={}, start_new_session=True,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        try:
            with contextlib.suppress(ConnectionError):  # it ended before it had read everything
                process.stdin.write(job.encoded(_limits(job)))
                await process.stdin.drain()
            return reported(await _read(process.stdout))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def __aenter__(self) -> "Processes":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


def _limits(job: Job) -> dict[str, int]:
    """Return the resource limits of a job by their names in the `resource` module."""
    return {
        "AS": job.memory_mb * 2**20,
        "CPU": math.ceil(job.seconds) + 1,
        "FSIZE": FILE_BYTES,
        "NOFILE": FILES,
        "NPROC": PROCESSES,
        "CORE": 0,
    }


async def _read(stream: asyncio.StreamReader) -> bytes:
    """Return what the runner writes until it ends; what is too much is left unread."""
    most = MAX_REPORT + MAX_OUTPUT + 1
    data = bytearray()
    while len(data) <= most and (chunk := await stream.read(262_144)):
        data += chunk
    return bytes(data)
