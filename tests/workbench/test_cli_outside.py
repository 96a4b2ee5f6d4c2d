"""`workbench worker`, `workbench web` and `workbench migrate` against services that run elsewhere."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.stack import finished, free_port
from tests.workbench.test_cli import HELLO, workbench
from workbench.embedded.services import running
from workbench.settings import Settings


@pytest.fixture
async def outside(tmp_path: Path) -> AsyncIterator[Settings]:
    """Services that another process group runs, as far as the commands can tell."""
    async with running(Settings(data_dir=tmp_path / "services")) as settings:
        yield settings.model_copy(update={"data_dir": tmp_path / "ours", "port": free_port()})


@asynccontextmanager
async def process(name: str, settings: Settings) -> AsyncIterator[None]:
    """Run `workbench NAME` while the context is entered; it must stop when told to."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "workbench", name, env={**os.environ, **settings.environment()},
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        started.terminate()
        assert await asyncio.wait_for(started.wait(), 30) == 0


async def test_a_run_by_separate_processes(outside: Settings) -> None:
    assert (await workbench("migrate", **outside.environment())).code == 0
    async with (
        process("worker", outside),
        process("web", outside),
        httpx.AsyncClient(base_url=f"{outside.url}/api/v1") as api,
    ):
        await answering(api)
        workflow = (await api.post("/workflows", json={"document": HELLO})).json()["id"]
        started = await api.post("/runs", json={"workflow_id": workflow, "inputs": {"name": "Ada"}})
        run = await finished(api, started.json()["id"])
    assert run["outputs"] == {"greeting": "Hello, Ada!"}


async def answering(api: httpx.AsyncClient) -> None:
    """Wait until the web process answers."""
    async with asyncio.timeout(300):
        while True:
            with contextlib.suppress(httpx.TransportError):
                await api.get("/health")
                return
            await asyncio.sleep(0.1)


async def test_the_web_process_by_itself_listens_on_this_machine_only(outside: Settings) -> None:
    everywhere = outside.model_copy(update={"host": "0.0.0.0"})
    ended = await workbench("web", **everywhere.environment())
    assert ended.code == 2
    assert "WORKBENCH_MODE=team" in ended.err


@pytest.mark.parametrize("name", ["worker", "web"])
async def test_a_process_names_the_settings_that_it_needs(name: str, tmp_path: Path) -> None:
    ended = await workbench(name, data_dir=tmp_path / "data")
    assert ended.code == 1
    assert "WORKBENCH_DATABASE_URL" in ended.err
    assert "Traceback" not in ended.err
