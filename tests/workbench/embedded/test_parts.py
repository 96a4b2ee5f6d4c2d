"""The small parts: ports, logs, words for exits, waiting for several things."""

import asyncio
import socket
from pathlib import Path

import pytest

from workbench.embedded import ports
from workbench.embedded.concurrently import concurrently
from workbench.embedded.layout import DataDir
from workbench.embedded.logs import append_to, cut, tail
from workbench.embedded.process import describe_exit


@pytest.fixture
def home(tmp_path: Path) -> DataDir:
    home = DataDir(tmp_path / "data")
    home.create()
    return home


def test_ports_are_remembered(home: DataDir) -> None:
    first = ports.assign(home, ("postgres", "valkey"))
    assert ports.assign(home, ("valkey", "postgres")) == first
    assert first["postgres"] != first["valkey"]


def test_a_port_that_another_program_took_is_replaced(home: DataDir) -> None:
    before = ports.assign(home, ("postgres",))
    with socket.socket() as other:
        other.bind((ports.LOOPBACK, before["postgres"]))
        other.listen()
        assert ports.assign(home, ("postgres",)) != before


def test_a_long_log_is_cut_while_it_is_being_written(tmp_path: Path) -> None:
    path = tmp_path / "service.log"
    with append_to(path) as log:
        log.write(b"old\n" * 100)
        cut([path], max_bytes=100)
        log.write(b"new\n")
    assert path.read_text() == "new\n"
    assert (tmp_path / "service.log.1").read_text() == "old\n" * 100


def test_the_end_of_a_log_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "service.log"
    path.write_text("".join(f"line {n}\n" for n in range(5000)))
    assert tail(path, lines=2) == "line 4998\nline 4999"
    assert tail(tmp_path / "none.log") == ""


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "it ended with exit code 0"), (3, "it ended with exit code 3"), (-9, "it was ended by SIGKILL")],
)
def test_an_exit_is_described(code: int, words: str) -> None:
    assert describe_exit(code) == words


async def test_the_first_error_of_several_is_raised_and_the_others_are_cancelled() -> None:
    cancelled = asyncio.Event()

    async def fails() -> None:
        raise KeyError("first")

    async def waits() -> None:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(KeyError, match="first"):
        await concurrently([waits(), fails()])
    assert cancelled.is_set()
