"""A Docker daemon of the tests' own, and an image made of this machine's Python: nothing is fetched."""

import asyncio
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import docker

IMAGE = "workbench-tests:python"


@asynccontextmanager
async def docker_daemon(home: Path) -> AsyncIterator[str]:
    """Start a daemon that keeps everything below `home`; yield the address of its socket."""
    address = f"unix://{home}/docker.sock"
    command = [
        "dockerd", "--host", address, "--data-root", home / "data", "--exec-root", home / "run",
        "--pidfile", home / "pid", "--bridge=none", "--iptables=false", "--ip6tables=false",
        "--ip-masq=false", "--storage-driver=overlay2", "--exec-opt", "native.cgroupdriver=cgroupfs",
    ]  # fmt: skip
    with (home / "log").open("wb") as log:
        daemon = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        await _answers(daemon, address, home / "log")
        yield address
    finally:
        if daemon.returncode is None:
            daemon.terminate()
        await asyncio.wait_for(daemon.wait(), 60)
        await asyncio.to_thread(shutil.rmtree, home / "data", ignore_errors=True)  # the image has 100 MB


async def _answers(daemon: asyncio.subprocess.Process, address: str, log: Path) -> None:
    async with asyncio.timeout(60):
        while True:
            assert daemon.returncode is None, f"dockerd ended; see {log}"
            try:
                docker.DockerClient(base_url=address).close()
                return
            except docker.errors.DockerException:
                await asyncio.sleep(0.1)


def import_image(address: str) -> None:
    """Make IMAGE of this Python, its standard library and the shared libraries that they need."""
    client = docker.APIClient(base_url=address)
    client.import_image_from_data(_archive(), repository=IMAGE.partition(":")[0], tag=IMAGE.partition(":")[2])
    client.close()


def _archive() -> bytes:
    python = Path(os.path.realpath(sys.executable))
    library = Path(sysconfig.get_path("stdlib"))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path in (python, *_shared([python, *library.glob("lib-dynload/*.so")])):
            tar.add(os.path.realpath(path), arcname=str(path))
        tar.add(library, filter=_needed)
        link = tarfile.TarInfo("usr/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, str(python)
        tar.addfile(link)
    return archive.getvalue()


def _needed(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = Path(entry.name).parts
    dropped = {"site-packages", "dist-packages", "test", "tests", "idlelib", "ensurepip", "lib2to3"}
    return None if dropped & set(parts) or parts[-1].startswith(("config-", "libpython")) else entry


def _shared(programs: list[Path]) -> Iterator[Path]:
    """Yield the shared libraries, and the loader, that programs need."""
    said = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    yield from sorted({Path(found) for found in re.findall(r"(/\S+) \(0x", said)})
