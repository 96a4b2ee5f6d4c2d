"""Becomes a child process: drops root, asks the kernel to end it with its parent, then execs the command.

Run as a script by a bare interpreter (`python -I -S`), so that nothing has to happen between fork and exec
of a process that may have threads. Dropping comes first, because a change of user clears the request
(prctl(2), PR_SET_PDEATHSIG).
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def become(*, uid: int, gid: int) -> None:
    """Give up root for good: groups, group, user."""
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with_parent(parent: int, signal_number: int) -> None:
    """Have the kernel send `signal_number` when the parent ends; exit at once if it already has."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        raise SystemExit("The parent ended before its child could start.")


def main(arguments: list[str]) -> None:
    """Expect: parent pid, signal, uid or -, gid or -, then the command and its arguments."""
    parent, signal_number, uid, gid, *command = arguments
    if uid != "-":
        become(uid=int(uid), gid=int(gid))
    die_with_parent(int(parent), int(signal_number))
    os.umask(0o077)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted, becoming the command is the point


if __name__ == "__main__":
    main(sys.argv[1:])
