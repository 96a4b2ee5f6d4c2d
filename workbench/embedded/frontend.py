"""The frontend, built once for each state of the sources, kept in the user's cache, shared by all instances.

A finished build is never changed, nor removed while somebody serves it, so an instance can serve one while
others build the next. It works on every port, because the pages take host and port from their own address.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import structlog

from workbench.embedded import binaries, fingerprint
from workbench.embedded.errors import StartFailed
from workbench.embedded.leftovers import MARK
from workbench.embedded.logs import start_anew, tail
from workbench.embedded.process import describe_exit, run_to_end
from workbench.settings import PREFIX

log = structlog.get_logger(__name__)

NAME = "frontend"
_KEPT_BUILDS = 4
_LOCK_POLL_S = 0.2
_held: dict[Path, int] = {}
"""Builds that this process uses, with the descriptors that say so until it ends, however it ends."""

_NOT_SERVED = shutil.ignore_patterns(
    "node_modules", ".react-router", "app", "app_components", "utils", "server"
)
_WITHOUT_TELEMETRY = {
    "REFLEX_TELEMETRY_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "NEXT_TELEMETRY_DISABLED": "1",
}


def current(root: Path, cache: Path) -> Path:
    """Return where the build of the present sources is, or would be (see `is_built`)."""
    name = fingerprint.combined(fingerprint.of_sources(root), fingerprint.of_lock(root))
    return cache / NAME / "builds" / name


def is_built(build: Path) -> bool:
    """Say whether there is a finished build."""
    return (build / "build" / "client" / "index.html").is_file()


async def ensure(root: Path, cache: Path, log_file: Path, *, mark: str) -> Path:
    """Return the directory of a build that fits the sources (for REFLEX_WEB_WORKDIR); builds it if need be.

    The build's processes carry `mark`, the data directory, so that a later start finds what a killed one
    left. Raises StartFailed with the end of the build's log.
    """
    build = await asyncio.to_thread(current, root, cache)
    if not _hold(build):
        (cache / NAME).mkdir(parents=True, exist_ok=True)
        async with _alone(cache / NAME / "build.lock"):
            build = await asyncio.to_thread(current, root, cache)
            if not _hold(build):
                build = await _build(root, cache, log_file, mark)
                _hold(build)
    os.utime(build)
    return build


def _hold(build: Path) -> bool:
    """Keep others from removing a build for as long as this process lives; say whether it is there."""
    if build not in _held and is_built(build):
        descriptor = os.open(build, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        _held[build] = descriptor
    return is_built(build)


def _remove_unused(build: Path) -> None:
    """Remove a build, unless an instance serves it: its web process may have to start again."""
    descriptor = os.open(build, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(build, ignore_errors=True)
    except BlockingIOError:
        log.info("build kept: an instance serves it", build=str(build))
    finally:
        os.close(descriptor)


async def _build(root: Path, cache: Path, log_file: Path, mark: str) -> Path:
    sources = await asyncio.to_thread(fingerprint.of_sources, root)
    workspace = cache / NAME / "workspace"
    shutil.rmtree(workspace / "build", ignore_errors=True)
    with as_written(root / "reflex.lock" / "package.json"):
        await _export(root, workspace, log_file, mark)
    if not is_built(workspace):
        raise _failed("the build ended without pages", log_file)
    name = fingerprint.combined(sources, fingerprint.of_lock(root))
    build = cache / NAME / "builds" / name
    await asyncio.to_thread(_keep, workspace, build)
    return build


@contextlib.contextmanager
def as_written(file: Path) -> Iterator[None]:
    """Put a JSON file back as it was if what the block did to it means the same, however the block ends.

    The build lays the lock's package.json out anew; in a checkout that would look like somebody's change.
    """
    before = file.read_bytes() if file.is_file() else b"null"
    try:
        yield
    finally:
        if file.is_file() and json.loads(file.read_bytes()) == json.loads(before):
            file.write_bytes(before)


async def _export(root: Path, workspace: Path, log_file: Path, mark: str) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment = {
        **inherited,  # proxies and certificates among it, but nothing that is only the workbench's to know
        MARK: mark,
        **_WITHOUT_TELEMETRY,
        "PATH": os.pathsep.join((str(binaries.bun().parent), os.environ.get("PATH", os.defpath))),
        "REFLEX_WEB_WORKDIR": str(workspace),
        "REFLEX_UPLOADED_FILES_DIR": str(workspace.with_name("uploads")),  # made, though nothing goes there
        "REFLEX_USE_SYSTEM_BUN": "true",
        "TERM": "dumb",
    }
    start_anew(log_file)
    code = await run_to_end(
        *(sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip", "--env", "prod"),
        env=environment, cwd=root, log=log_file,
    )  # fmt: skip
    if code != 0:
        raise _failed(describe_exit(code), log_file)


def _failed(reason: str, log_file: Path) -> StartFailed:
    return StartFailed("The build of the web pages", reason, log=log_file, tail=tail(log_file, lines=30))


def _keep(workspace: Path, build: Path) -> None:
    """Copy what is served into `build` in one step, and forget all but the newest builds."""
    draft = build.with_name(f".{build.name}")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(workspace, draft, ignore=_NOT_SERVED, symlinks=False)
    shutil.rmtree(build, ignore_errors=True)
    draft.rename(build)
    others = sorted(build.parent.glob("[0-9a-f]*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in others[_KEPT_BUILDS:]:
        _remove_unused(old)


@contextlib.asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    """Hold the lock of all builds of this user; wait for it without holding up the other services."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_LOCK_POLL_S)
        yield
    finally:
        os.close(descriptor)
