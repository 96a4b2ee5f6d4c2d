"""Executes code in a container: no network, no files, no privileges, limits on all it could use up.

The Docker library blocks, so each job has a thread. The container ends by itself when its stdin closes, which
Docker does when the worker is gone; what is left of it then is removed by the next worker, or by the next
execution of the same step.
"""

import asyncio
import contextlib
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TYPE_CHECKING, Any

import structlog

from engine.errors import Interrupted, NodeFailed
from engine.isolation._docker import connect, explained, no_python
from engine.isolation._jobs import MAX_OUTPUT, MAX_REPORT, Job, PythonPolicy, Report, command, reported

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

KEY = "workbench.python.key"
"""The label with the key of the step, which is the same for each execution of it."""

UNTIL = "workbench.python.until"
"""The label with the second (Unix time) at which the container should be gone."""

LATE_S = 60
STOP_S = 10.0
PROCESSES = 64
FILES = 256
TMP_MB = 64

NOT_FOUND = 127
"""The exit code of a container whose program is not there."""

REMOVED = "The container was removed from outside"

_log = structlog.get_logger(__name__)


class Containers:
    """Two containers at a time for each processor; other jobs wait, and their time runs."""

    def __init__(self, policy: PythonPolicy) -> None:
        self._policy = policy
        self._docker: DockerClient | None = None
        self._connecting = threading.Lock()
        self._threads = ThreadPoolExecutor(2 * (os.cpu_count() or 1), thread_name_prefix="python-steps")
        self._reaping: asyncio.Future[None] | None = None

    async def run(self, job: Job) -> Report:
        """Execute a job in a container of its own."""
        flight = _Flight(job, self._policy.image)
        work = self._threads.submit(lambda: flight.run(self._connected()))
        done = asyncio.wrap_future(work)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            flight.stop()
            if not work.cancel():  # it runs already
                await asyncio.wait([done], timeout=STOP_S)
            if done.done() and not done.cancelled() and (error := done.exception()):
                _log.info("python.stopped", error=repr(error))
            raise

    def _connected(self) -> "DockerClient":
        """Return the connection to Docker; NodeFailed when there is none."""
        with self._connecting:
            if self._docker is None:
                self._docker = connect(self._policy)
            return self._docker

    async def __aenter__(self) -> "Containers":
        self._reaping = asyncio.get_running_loop().run_in_executor(self._threads, self._reap)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reaping:
            await asyncio.wait([self._reaping], timeout=STOP_S)
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._docker:
            self._docker.close()

    def _reap(self) -> None:
        """Remove what workers that died left behind: what has ended, and what should have long since."""
        try:
            found = self._connected().containers.list(all=True, filters={"label": KEY}, ignore_removed=True)
        except Exception as error:  # the first step that needs Docker says it to a person
            _log.info("python.no-docker", error=str(error))
            return
        for container in found:
            late = float(container.labels.get(UNTIL, "0")) < time.time()
            if late or container.status in ("exited", "dead"):
                _remove(container)
                _log.info("python.leftover-removed", container=container.short_id)


class _Flight:
    """One job in its container, in a thread; `stop` may be called from any other."""

    def __init__(self, job: Job, image: str) -> None:
        self._job = job
        self._image = image
        self._stopped = threading.Event()
        self._stream: socket.socket | None = None

    def stop(self) -> None:
        """End the job soon: its container ends when its stdin does."""
        self._stopped.set()
        if self._stream:
            with contextlib.suppress(OSError):
                self._stream.shutdown(socket.SHUT_RDWR)

    def run(self, docker: "DockerClient") -> Report:
        """Execute the job and remove its container; NodeFailed or Interrupted when that cannot be done."""
        with explained(self._image):
            for leftover in docker.containers.list(
                all=True, filters={"label": f"{KEY}={self._job.key}"}, ignore_removed=True
            ):
                _remove(leftover)
            container = docker.containers.create(**_options(self._job, self._image))
        try:
            return self._executed(container)
        finally:
            _remove(container)

    def _executed(self, container: "Container") -> Report:
        with explained(self._image):
            held: Any = container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
            stream: socket.socket = getattr(held, "_sock", held)
            stream.settimeout(None)
            self._stream = stream
            if self._stopped.is_set():
                raise Interrupted("The step is not wanted any more")
            container.start()
        with contextlib.suppress(OSError):  # it ended before it had read everything
            stream.sendall(self._job.encoded({}))
        report = reported(_read(stream))
        told = report.end in ("returned", "timeout")
        return report if told else self._verdict(container, report)

    def _verdict(self, container: "Container", report: Report) -> Report:
        """Return the report, or that there was too little memory, which nothing inside can tell for sure."""
        from docker.errors import NotFound
        from requests.exceptions import RequestException

        with contextlib.suppress(RequestException):  # it still runs: then its state says what there is to say
            if report.end == "died":
                container.wait(timeout=STOP_S)
        try:
            container.reload()
        except NotFound:
            raise Interrupted(REMOVED) from None
        if container.status in ("removing", "dead"):
            raise Interrupted(REMOVED)
        if report.end == "died" and container.attrs["State"].get("ExitCode") == NOT_FOUND:
            raise NodeFailed(no_python(self._image))
        if container.attrs["State"].get("OOMKilled"):
            return report.model_copy(update={"end": "memory"})
        return report


def _options(job: Job, image: str) -> dict[str, Any]:
    """Return how a container is made; each of these options was seen to hold."""
    from docker.types import LogConfig, Ulimit

    memory = f"{job.memory_mb}m"
    until = time.time() + max(job.until - time.monotonic(), 0) + LATE_S
    return {
        "image": image,
        "entrypoint": ["python3"],
        "command": list(command()),
        "stdin_open": True,
        "working_dir": "/tmp",  # noqa: S108 - the container's own
        "environment": {},
        "labels": {KEY: job.key, UNTIL: f"{until:.0f}"},
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "user": "65534:65534",
        "mem_limit": memory,
        "memswap_limit": memory,
        "nano_cpus": 1_000_000_000,
        "pids_limit": PROCESSES,
        "ulimits": [Ulimit(name="nofile", soft=FILES, hard=FILES), Ulimit(name="core", soft=0, hard=0)],
        "tmpfs": {"/tmp": f"rw,noexec,nosuid,nodev,size={TMP_MB}m,mode=1777,uid=65534,gid=65534"},  # noqa: S108
        "ipc_mode": "none",
        "init": True,
        "log_config": LogConfig(type="none"),
    }


def _read(stream: socket.socket) -> bytes:
    """Return what the container writes to stdout until it ends; what is too much is left unread.

    The stream is Docker's: frames of eight bytes, of which the first names the stream and the last four
    give the length, and so much data.
    """
    buffered, data = stream.makefile("rb", buffering=262_144), bytearray()
    with buffered, contextlib.suppress(OSError):
        while len(data) <= MAX_REPORT + MAX_OUTPUT + 1:
            head = buffered.read(8)
            if len(head) < 8:
                break
            data += buffered.read(int.from_bytes(head[4:], "big"))
    return bytes(data)


def _remove(container: "Container") -> None:
    """Remove a container, running or not; one that is being removed already is none of ours."""
    from docker.errors import APIError
    from requests.exceptions import RequestException

    try:
        container.remove(force=True, v=True)
    except (APIError, RequestException) as error:
        if getattr(error, "status_code", 0) not in (404, 409):
            _log.warning("python.not-removed", container=container.short_id, error=str(error))
