"""One instance for each data directory: who holds it, and where its web page is."""

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from types import TracebackType

from workbench.embedded.errors import AlreadyRunning, EmbeddedError
from workbench.embedded.layout import DataDir, read_json, write_private

_TRIES = 5
_PAUSE_S = 0.02
"""A lock is tried several times, because `running_instance` holds it for a moment when it looks."""


@dataclass(frozen=True)
class InstanceInfo:
    """What an instance says about itself. `url` is None while it has no web page (yet)."""

    pid: int
    url: str | None = None


class Instance:
    """The lock on a data directory, held by the process that runs its services.

    The kernel lets go of the lock when the process ends, however it ends.
    """

    def __init__(self, home: DataDir) -> None:
        self._home = home
        self._held = contextlib.ExitStack()

    def __enter__(self) -> "Instance":
        """Take the lock; AlreadyRunning when another process has it, EmbeddedError when there can be none."""
        self._home.create()
        for _ in range(_TRIES):
            try:
                self._held.enter_context(_locked(self._home))
                break
            except BlockingIOError:
                time.sleep(_PAUSE_S)
        else:
            raise AlreadyRunning(f"A workbench is already running in {self._home.root}.")
        self.publish(url=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the lock."""
        self._home.instance.unlink(missing_ok=True)
        self._held.close()

    def publish(self, *, url: str | None) -> None:
        """Tell other processes where the web page is."""
        write_private(self._home.instance, json.dumps(asdict(InstanceInfo(pid=os.getpid(), url=url))))


def running_instance(home: DataDir) -> InstanceInfo | None:
    """Return who runs in this data directory now; None when nobody does. EmbeddedError if one cannot tell."""
    if not home.lock.exists():
        return None
    try:
        with _locked(home):
            return None
    except BlockingIOError:
        found = read_json(home.instance)
        return InstanceInfo(pid=found.get("pid", 0), url=found.get("url"))


@contextlib.contextmanager
def _locked(home: DataDir) -> Iterator[None]:
    """Hold the lock; BlockingIOError when somebody else does."""
    try:
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise EmbeddedError(
            f"{home.root} belongs to another user. Start the workbench as that user, "
            "or give another --data-dir."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
        raise EmbeddedError(
            f"{home.root} is on a file system without locks. Give another --data-dir."
        ) from error
    finally:
        os.close(descriptor)
