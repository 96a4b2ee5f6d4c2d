"""The logs of processes that print instead of logging: appended to, cut before they fill the disk."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 10 * 1024 * 1024
_TAIL_BYTES = 8_192


def append_to(path: Path) -> BinaryIO:
    """Open a log for a child's output: private, and in append mode, so that it can be cut while in use."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0)


def start_anew(path: Path) -> None:
    """Forget what an earlier run of a command has printed."""
    path.unlink(missing_ok=True)


def tail(path: Path, *, lines: int = 12) -> str:
    """Return the last lines of a log; empty when there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def cut(paths: Iterable[Path], *, max_bytes: int = MAX_BYTES) -> None:
    """Move the content of each log that has grown too long to `<log>.1`, replacing what was there.

    The file itself stays, because the process that writes to it keeps it open (logrotate's copytruncate).
    """
    for path in paths:
        if path.exists() and path.stat().st_size > max_bytes:
            shutil.copyfile(path, path.with_name(path.name + ".1"))
            os.truncate(path, 0)
