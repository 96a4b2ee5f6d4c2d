"""Ends what an instance left running when it was killed, and nothing else.

The kernel ends the children of a killed supervisor (see launch.py); this is for what escaped it. A process
is ours when its pid and its birth are those that were written down at its start, or when it carries the
data directory's mark in its environment.
"""

import contextlib
import json
from pathlib import Path

import psutil
import structlog

from workbench.embedded.layout import DataDir, read_json, write_private

log = structlog.get_logger(__name__)

MARK = "WORKBENCH_INSTANCE"
"""Environment variable that holds the data directory in every process which is started for it."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Register:
    """The pids and births of this data directory's children, on disk."""

    def __init__(self, home: DataDir) -> None:
        self._home = home
        self._path = home.run / "processes.json"

    def add(self, name: str, pid: int) -> None:
        """Write down that `pid` now is process `name`."""
        with contextlib.suppress(psutil.NoSuchProcess):  # it has ended already: its watcher will say so
            self._write({**read_json(self._path), name: {"pid": pid, "birth": birth(pid)}})

    def remove(self, name: str) -> None:
        """Forget process `name`, which has ended."""
        self._write({key: value for key, value in read_json(self._path).items() if key != name})

    def pid(self, name: str) -> int | None:
        """Return the pid of process `name`; None when none is known that still runs."""
        entry = read_json(self._path).get(name)
        if not isinstance(entry, dict):
            return None
        with contextlib.suppress(psutil.NoSuchProcess):
            if birth(entry["pid"]) == entry["birth"]:
                return int(entry["pid"])
        return None

    def sweep(self, *, patience_s: float = 5.0) -> list[str]:
        """End what an earlier instance left running and return its names. Call it with the lock held."""
        found = self._recorded() | self._marked()
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        _, stubborn = psutil.wait_procs(found, timeout=patience_s)
        for process in stubborn:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(stubborn, timeout=patience_s)
        self._write({})
        names = sorted(found.values())
        if names:
            log.warning("ended what an earlier instance left running", processes=names)
        return names

    def _recorded(self) -> dict[psutil.Process, str]:
        found = {}
        for name, entry in read_json(self._path).items():
            with contextlib.suppress(psutil.NoSuchProcess):
                if birth(entry["pid"]) == entry["birth"]:
                    found[psutil.Process(entry["pid"])] = name
        return found

    def _marked(self) -> dict[psutil.Process, str]:
        wanted = str(self._home.root)
        found = {}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):  # another user's process is not ours
                if process.pid != psutil.Process().pid and process.environ().get(MARK) == wanted:
                    found[process] = process.name()
        return found

    def _write(self, entries: dict[str, object]) -> None:
        write_private(self._path, json.dumps(entries))


def birth(pid: int) -> str:
    """Return what tells a process from others that had its pid; psutil.NoSuchProcess if there is none.

    On Linux: the boot, and the clock ticks since then (proc(5)), which setting the clock does not change.
    """
    if not _BOOT_ID.exists():
        return str(psutil.Process(pid).create_time())
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(pid) from error
    return f"{_BOOT_ID.read_text().strip()}/{fields[19]}"


def runs_in(path: Path, executable: str) -> psutil.Process | None:
    """Return the process of that program name whose working directory is `path`, if there is one."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == executable and Path(process.cwd()) == path:
                return process
    return None
