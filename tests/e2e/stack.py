"""A real workbench for tests: the command a person types, in a data directory of its own."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
from playwright.async_api import Page

ROOT = Path(__file__).parents[2]
WORKBENCH = str(Path(sys.executable).with_name("workbench"))
ENDED = {"succeeded", "failed", "cancelled"}
READY = re.compile(r"Workbench is ready at (http://\S+)")


def free_port() -> int:
    """Return a TCP port of the loopback interface that nothing listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """One data directory, and the process tree that serves it while it is up."""

    data_dir: Path
    port: int = field(default_factory=free_port)
    command: str = WORKBENCH
    home: Path | None = None
    variables: dict[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    url: str = ""

    async def start(self, *, timeout_s: float = 300) -> None:
        """Start the tree, return when it is ready; RuntimeError with its output if it ends first."""
        self.process = await asyncio.create_subprocess_exec(
            self.command, "--no-browser", "--port", str(self.port), "--data-dir", str(self.data_dir),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=self.environment(),
        )  # fmt: skip
        self.url = await asyncio.wait_for(self._ready(), timeout_s)

    def environment(self) -> dict[str, str]:
        """Return the environment of a person whose home is `home`, or of this process, and `variables`."""
        if self.home is None:
            return dict(os.environ) | self.variables
        self.home.mkdir(parents=True, exist_ok=True)
        inherited = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
        return inherited | {"HOME": str(self.home)} | self.variables

    async def _ready(self) -> str:
        assert self.process
        assert self.process.stdout
        seen = []
        async for raw in self.process.stdout:
            line = raw.decode(errors="replace")
            seen.append(line)
            if found := READY.search(line):
                return found[1]
        raise RuntimeError("workbench ended before it was ready:\n" + "".join(seen))

    def tree(self) -> list[psutil.Process]:
        """Return the supervisor and everything below it."""
        assert self.process
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    async def kill_tree(self) -> None:
        """End every process of the tree with SIGKILL, as a power cut would."""
        assert self.process
        for process in self.tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """Stop in order, as Ctrl-C does, and wait until nothing is left."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)
            await asyncio.wait_for(self.process.wait(), 60)

    def set_up_address(self) -> str:
        """Return the address in the web process's log at which a team's workbench is set up."""
        lines = (self.data_dir / "logs" / "web.log").read_text().splitlines()
        addresses = [json.loads(line).get("url", "") for line in lines]
        return str([address for address in addresses if "/set-up#token=" in address][-1])

    def api(self) -> httpx.AsyncClient:
        """Return a client whose paths are relative to /api/v1, which says where it comes from."""
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers={"Origin": self.url}, timeout=30)

    async def cli(self, *arguments: str) -> tuple[int, str, str]:
        """Run a workbench command against this data directory: exit code, stdout, stderr."""
        environment = self.environment() | {"WORKBENCH_DATA_DIR": str(self.data_dir)}
        process = await asyncio.create_subprocess_exec(
            self.command, *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


def alive(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return those that still run; one that has ended and only waits to be reaped by init does not."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
                found.append(process)
    return [process for process in found if process.is_running()]


async def finished(api: httpx.AsyncClient, run_id: str, *, timeout_s: float = 120) -> dict[str, Any]:
    """Poll a run until it has ended and return it."""

    async def poll() -> dict[str, Any]:
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await api.get(f"/runs/{run_id}")
                if answer.status_code == 200 and answer.json()["status"] in ENDED:
                    return dict(answer.json())
            await asyncio.sleep(0.1)

    return await asyncio.wait_for(poll(), timeout_s)


def own_origin(page: Page) -> dict[str, str]:
    """Return the header that a script of the page would send; requests beside the page do not."""
    parts = urlsplit(page.url)
    return {"Origin": f"{parts.scheme}://{parts.netloc}"}
