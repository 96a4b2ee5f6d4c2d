"""One instance for each data directory: who holds it, and where its web page is."""

import errno
import fcntl
import json
import os
from dataclasses import asdict, dataclass
from types import TracebackType

import psutil

from workbench.embedded.errors import AlreadyRunning, EmbeddedError
from workbench.embedded.layout import DataDir, read_json, write_private
from workbench.embedded.leftovers import is_running


@dataclass(frozen=True)
class InstanceInfo:
    """What an instance says about itself. `url` is None while it has no web page (yet)."""

    pid: int
    started: float
    url: str | None = None


class Instance:
    """The lock on a data directory, held by the process that runs its services.

    The kernel lets go of the lock when the process ends, however it ends.
    """

    def __init__(self, home: DataDir) -> None:
        self._home = home
        self._descriptor: int | None = None

    def __enter__(self) -> "Instance":
        """Take the lock; AlreadyRunning when another process has it."""
        self._home.create()
        try:
            descriptor = os.open(self._home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except PermissionError as error:
            raise EmbeddedError(
                f"{self._home.root} belongs to another user. Start the workbench as that user, "
                "or give another --data-dir."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise EmbeddedError(
                    f"{self._home.root} stands on a file system without locks. Give another --data-dir."
                ) from error
            raise AlreadyRunning(f"A workbench is already running in {self._home.root}.") from error
        self._descriptor = descriptor
        self.publish(url=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the lock."""
        if self._descriptor is not None:
            self._home.instance.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def publish(self, *, url: str | None) -> None:
        """Tell other processes where the web page is."""
        info = InstanceInfo(pid=os.getpid(), started=psutil.Process().create_time(), url=url)
        write_private(self._home.instance, json.dumps(asdict(info)))


def running_instance(home: DataDir) -> InstanceInfo | None:
    """Return who runs in this data directory now; None when nobody does."""
    found = read_json(home.instance)
    if not {"pid", "started", "url"} <= found.keys():
        return None
    info = InstanceInfo(pid=found["pid"], started=found["started"], url=found["url"])
    return info if is_running(info.pid, info.started) else None
