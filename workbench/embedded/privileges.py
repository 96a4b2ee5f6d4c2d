"""As whom Postgres runs, which refuses to run as root, and where that account finds its programs.

Where the account cannot walk to the installed programs (root's home is closed), they are copied below
/var/lib/workbench, in which only root can make entries.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from workbench.embedded.errors import EmbeddedError

_PREFERRED = ("workbench", "nobody")
_SHARED = Path("/var/lib/workbench")


@dataclass(frozen=True)
class Account:
    """An unprivileged user of this machine."""

    name: str
    uid: int
    gid: int


def account_for(cluster: Path) -> Account | None:
    """Return whom a database cluster runs as: its owner, else an unprivileged user; None for ourselves.

    Raises EmbeddedError when the cluster belongs to somebody whom we cannot become.
    """
    owner = cluster.stat().st_uid if cluster.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise EmbeddedError(
                f"The database in {cluster} belongs to another user (uid {owner}), probably because the "
                "workbench was started as root before. Start it as root again, or give another --data-dir."
            )
        return None
    if owner:
        return _account(pwd.getpwuid(owner))
    for name in _PREFERRED:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    raise EmbeddedError(
        "Postgres does not run as root, and there is neither a user 'workbench' nor 'nobody' to run it as. "
        "Make one: useradd --system workbench"
    )


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def can_reach(account: Account, path: Path) -> bool:
    """Say whether `account` may walk to `path` (its parents, and itself if it is a directory that exists)."""
    real = Path(os.path.realpath(path))
    places = [place for place in (real, *real.parents) if place.is_dir()]
    return all(_may_search(account, place.stat()) for place in places)


def _may_search(account: Account, found: os.stat_result) -> bool:
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def shared_home() -> Path:
    """Return the directory below which root keeps programs that an unprivileged account must reach.

    Raises EmbeddedError when somebody other than root could have put something there.
    """
    _SHARED.mkdir(parents=True, exist_ok=True)
    for place in (_SHARED, *_SHARED.parents):
        found = place.lstat()
        foreign = found.st_uid != 0 or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if foreign or not stat.S_ISDIR(found.st_mode):
            raise EmbeddedError(
                f"{place} must be a directory that only root can write to. Mend that (chmod 755), "
                "or install the workbench where every user can reach it."
            )
    _SHARED.chmod(0o711)
    return _SHARED
