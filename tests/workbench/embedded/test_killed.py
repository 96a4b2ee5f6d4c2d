"""The supervisor is killed with SIGKILL: nothing is left running, and the next start finds its way."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg

from tests.e2e.stack import alive
from tests.workbench.embedded.conftest import StartHost, eventually
from workbench.db.session import plain_url
from workbench.embedded.layout import DataDir
from workbench.embedded.leftovers import MARK, Register


async def test_nothing_is_left_running(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host(tmp_path / "data")
    family = host.family()
    host.process.kill()
    await host.process.wait()
    await eventually(lambda: not alive(family))
    assert len(family) > 3


async def test_the_next_start_keeps_the_data(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host(tmp_path / "data")
    with psycopg.connect(plain_url(host.url), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    await host.kill_tree()

    again = await start_host(tmp_path / "data")
    with psycopg.connect(plain_url(again.url)) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]


async def test_a_stale_pid_file_with_the_pid_of_a_stranger_is_no_obstacle(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = await start_host(tmp_path / "data")
    await host.kill_tree()
    stale = tmp_path / "data" / "postgres" / "postmaster.pid"
    stale.write_text(stale.read_text().replace(str(host.pids["postgres"]), str(os.getpid()), 1))

    again = await start_host(tmp_path / "data")
    assert again.pids["postgres"] != os.getpid()


def sleeper(**environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    return subprocess.Popen(command, env={**os.environ, **environment})


def test_what_carries_the_mark_is_ended_and_a_stranger_is_not(tmp_path: Path) -> None:
    home = DataDir(tmp_path / "data")
    home.create()
    ours, other = sleeper(**{MARK: str(home.root)}), sleeper(**{MARK: "/some/other/directory"})
    try:
        Register(home).sweep()
        assert not psutil.pid_exists(ours.pid)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_recorded_pid_that_now_is_a_stranger_is_left_alone(tmp_path: Path) -> None:
    home = DataDir(tmp_path / "data")
    home.create()
    stranger = sleeper()
    try:
        (home.run / "processes.json").write_text(
            f'{{"worker": {{"pid": {stranger.pid}, "birth": "earlier"}}}}'
        )
        assert Register(home).sweep() == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_recorded_process_that_still_runs_is_ended(tmp_path: Path) -> None:
    home = DataDir(tmp_path / "data")
    home.create()
    left = sleeper()
    Register(home).add("worker", left.pid)
    assert Register(home).sweep() == ["worker"]
    assert not psutil.pid_exists(left.pid)
