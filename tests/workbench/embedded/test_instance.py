"""One instance for each data directory."""

from pathlib import Path

import pytest

from tests.workbench.embedded.conftest import StartHost
from workbench.embedded.errors import AlreadyRunning, EmbeddedError
from workbench.embedded.instance import Instance, running_instance
from workbench.embedded.layout import DataDir
from workbench.embedded.services import running
from workbench.settings import Settings


async def test_a_second_one_is_refused_and_disturbs_nothing(start_host: StartHost, tmp_path: Path) -> None:
    host = await start_host(tmp_path / "data")
    with pytest.raises(AlreadyRunning):
        async with running(Settings(data_dir=tmp_path / "data")):
            pass
    assert len(host.family()) >= 3


async def test_the_directory_is_free_when_its_holder_was_killed(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = await start_host(tmp_path / "data")
    host.process.kill()
    await host.process.wait()
    assert running_instance(DataDir(tmp_path / "data")) is None
    with Instance(DataDir(tmp_path / "data")):
        pass


def test_others_learn_where_the_web_page_is(tmp_path: Path) -> None:
    home = DataDir(tmp_path / "data")
    with Instance(home) as instance:
        instance.publish(url="http://127.0.0.1:8420")
        found = running_instance(home)
    assert found
    assert found.url == "http://127.0.0.1:8420"
    assert running_instance(home) is None


def test_a_data_directory_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(EmbeddedError, match="--data-dir"), Instance(DataDir(tmp_path / "data")):
        pass


def test_keys_are_for_the_owner_only(tmp_path: Path) -> None:
    home = DataDir(tmp_path / "data")
    home.create()
    password = home.password("postgres")
    assert len(password) >= 32
    assert home.password("postgres") == password
    assert (home.keys / "postgres").stat().st_mode & 0o777 == 0o600
