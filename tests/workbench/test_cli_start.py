"""`workbench` itself: one command brings everything up, keeps it up, and takes everything down again."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.e2e.stack import Stack, alive
from tests.workbench.embedded.conftest import eventually
from tests.workbench.test_cli import HELLO, stored, workbench


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("start") / "data")
    await stack.start()
    yield stack
    await stack.stop()


def part(stack: Stack, name: str) -> psutil.Process | None:
    """Return the running process of a part, by the command that supervises it."""
    for process in stack.tree():
        with contextlib.suppress(psutil.Error):  # it ends while we look
            if process.cmdline()[-1:] == [name]:
                return process
    return None


async def health(stack: Stack) -> dict[str, Any]:
    """Return what the API says of the services, once it answers."""
    async with stack.api() as api:
        while True:
            with contextlib.suppress(httpx.TransportError):
                return dict((await api.get("/health")).json())
            await asyncio.sleep(0.1)


async def test_every_service_is_well(stack: Stack) -> None:
    services = (await health(stack))["services"]
    assert {service["status"] for service in services.values()} == {"ok"}


@pytest.mark.parametrize(("origin", "status"), [("", 101), ("http://evil.example", 403), ("null", 403)])
async def test_no_foreign_page_opens_the_websocket(stack: Stack, origin: str, status: int) -> None:
    handshake = {
        **{"Connection": "Upgrade", "Upgrade": "websocket", "Origin": origin or stack.url},
        **{"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "d29ya2JlbmNoIGhhbmRzaA=="},
    }
    async with (
        httpx.AsyncClient(base_url=stack.url) as browser,
        browser.stream("GET", "/_event/?EIO=4&transport=websocket", headers=handshake) as answer,
    ):
        assert answer.status_code == status


@pytest.mark.parametrize("path", ["/", "/api/v1/health", "/_event/?EIO=4&transport=polling"])
async def test_nothing_is_served_under_a_foreign_name(stack: Stack, path: str) -> None:
    async with httpx.AsyncClient(base_url=stack.url) as browser:
        assert (await browser.get(path, headers={"Host": "evil.example"})).status_code == 403


async def test_a_second_one_names_the_first(stack: Stack) -> None:
    ended = await workbench("--no-browser", "--port", stack.port + 1, data_dir=stack.data_dir)
    assert ended.code == 0
    assert ended.out == f"Workbench is ready at {stack.url}\n"


async def test_a_run_uses_the_running_one(stack: Stack, tmp_path: Path) -> None:
    ended = await workbench(
        "run", stored(HELLO, tmp_path), "--input", '{"name": "Ada"}', data_dir=stack.data_dir
    )
    assert ended.code == 0, ended.err
    assert '"Hello, Ada!"' in ended.out
    assert "Postgres" not in ended.err, "nothing was started"


async def test_a_file_that_runs_again_makes_no_second_workflow(stack: Stack, tmp_path: Path) -> None:
    for greeting in ("Hello", "Good day"):
        document = {**HELLO, "name": "Once", "outputs": {"greeting": f"{greeting}, {{{{ inputs.name }}}}!"}}
        ended = await workbench(
            "run", stored(document, tmp_path), "--input", '{"name": "Ada"}', data_dir=stack.data_dir
        )
        assert f'"{greeting}, Ada!"' in ended.out
    async with stack.api() as api:
        names = [item["name"] for item in (await api.get("/workflows")).json()["items"]]
    assert names.count("Once") == 1


async def test_doctor_finds_nothing_wrong(stack: Stack) -> None:
    ended = await workbench("doctor", data_dir=stack.data_dir)
    assert ended.code == 0, ended.out
    assert stack.url in ended.out


@pytest.mark.parametrize("name", ["web", "worker"])
async def test_a_killed_process_is_started_again(stack: Stack, name: str) -> None:
    before = part(stack, name)
    assert before
    before.kill()
    await eventually(lambda: part(stack, name) not in (None, before))

    assert (await health(stack))["status"] == "ok"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_ends_everything(tmp_path: Path, number: signal.Signals) -> None:
    stack = Stack(tmp_path / "data")
    await stack.start()
    tree = stack.tree()
    os.kill(tree[0].pid, number)
    assert stack.process
    assert await asyncio.wait_for(stack.process.wait(), 60) == 0
    assert not alive(tree)


async def test_the_same_signal_from_terminal_and_wrapper_still_stops_in_order(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    await stack.start()
    tree = stack.tree()
    for _ in range(2):
        os.kill(tree[0].pid, signal.SIGINT)
    assert stack.process
    assert await asyncio.wait_for(stack.process.wait(), 60) == 0
    assert "database system is shut down" in (tmp_path / "data" / "logs" / "postgres.log").read_text()


async def test_an_interrupted_start_leaves_nothing_running(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    start = asyncio.create_task(stack.start())
    await eventually(lambda: (tmp_path / "data" / "logs" / "temporal.log").exists())
    tree = stack.tree()
    os.kill(tree[0].pid, signal.SIGINT)
    with pytest.raises(RuntimeError):
        await start
    assert not alive(tree)
