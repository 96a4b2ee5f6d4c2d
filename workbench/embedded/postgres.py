"""The embedded Postgres: one cluster in the data directory, one role, loopback only, password required.

We supervise it ourselves instead of through the wrapper that its binaries come in: `postgres` stays in the
foreground as our child, and pg_ctl, which would let go of it, is not used.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from workbench.embedded import binaries, launch, probes
from workbench.embedded.errors import EmbeddedError, StartFailed
from workbench.embedded.layout import DataDir
from workbench.embedded.leftovers import MARK, runs_in
from workbench.embedded.logs import append_to, tail
from workbench.embedded.ports import LOOPBACK
from workbench.embedded.privileges import Account, account_for, can_reach, shared_home
from workbench.embedded.process import ChildSpec

log = structlog.get_logger(__name__)

NAME = "postgres"
ROLE = DATABASE = "workbench"

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "80",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "io_method": "sync",  # the default keeps three more processes for it
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
}


@dataclass(frozen=True)
class Cluster:
    """A database cluster: where it is, as whom it runs (None: as ourselves) and with which programs."""

    place: Path
    account: Account | None
    programs: Path
    env: Mapping[str, str]
    log: Path

    async def run(self, *command: str, given: str = "") -> None:
        """Run one of the programs to its end with `given` on its standard input; StartFailed unless it succeeds."""
        user = (str(self.account.uid), str(self.account.gid)) if self.account else ("-", "-")
        with append_to(self.log) as output:
            process = await asyncio.create_subprocess_exec(
                *(
                    sys.executable,
                    "-I",
                    "-S",
                    launch.__file__,
                    str(os.getpid()),
                    str(int(signal.SIGKILL)),
                    *user,
                ),
                *(str(self.programs / command[0]), *command[1:]),
                env=dict(self.env),
                cwd="/",
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            await process.communicate(given.encode())
        finally:
            if process.returncode is None:  # we were cancelled
                process.kill()
        if process.returncode != 0:
            reason = f"{command[0]} ended with exit code {process.returncode}"
            raise StartFailed(NAME, reason, log=self.log, tail=tail(self.log))


async def spec(home: DataDir, port: int) -> ChildSpec:
    """Return how to run this data directory's Postgres on `port`; makes the cluster at the first call."""
    cluster = _locate(home)
    if not cluster.place.exists():
        await _create(home, cluster)
    _require_version(cluster.place)
    options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]

    async def ready(pid: int) -> bool:
        return _is_ready(cluster.place, pid) and await probes.accepts(LOOPBACK, port)

    return ChildSpec(
        name=NAME,
        command=(str(cluster.programs / "postgres"), "-D", str(cluster.place), "-p", str(port), *options),
        env=cluster.env,
        cwd=Path("/"),
        log=cluster.log,
        probe=ready,
        prepare=lambda: _clear(cluster.place),
        account=cluster.account,
        stop_signal=signal.SIGINT,
        orphan_signal=signal.SIGINT,
    )


def url(home: DataDir, port: int) -> str:
    """Return the SQLAlchemy URL of the database."""
    return f"postgresql+psycopg://{ROLE}:{home.password(NAME)}@{LOOPBACK}:{port}/{DATABASE}"


def _locate(home: DataDir) -> Cluster:
    """Find the cluster, or decide where it will be: outside of the data directory if its user cannot go there."""
    place = Path(os.path.realpath(home.postgres))
    account = account_for(place)
    if account and not place.exists() and not can_reach(account, home.root):
        place = shared_home() / f"postgres-{os.urandom(6).hex()}" / "data"
        place.parent.mkdir(mode=0o711)
        place.parent.chmod(0o711)
        home.postgres.unlink(missing_ok=True)
        home.postgres.symlink_to(place)
    return Cluster(
        place=place,
        account=account,
        programs=binaries.postgres(account),
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", MARK: str(home.root)},
        log=home.log(NAME),
    )


async def _create(home: DataDir, cluster: Cluster) -> None:
    """Make the cluster beside its place and move it there when it is whole, so that a crash leaves no half of it."""
    draft = cluster.place.with_name(f"{cluster.place.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    password = draft / "password"
    password.touch(mode=0o600)
    password.write_text(home.password(NAME))
    if cluster.account:
        for path in (draft, password):
            os.chown(path, cluster.account.uid, cluster.account.gid)
    data = draft / "data"
    await cluster.run(
        *("initdb", "-D", str(data), "-U", ROLE, "-A", "scram-sha-256", f"--pwfile={password}"),
        *("-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C"),
    )
    await cluster.run(
        "postgres", "--single", "-D", str(data), "postgres", given=f"CREATE DATABASE {DATABASE};\n"
    )
    data.rename(cluster.place)
    shutil.rmtree(draft)


def _require_version(place: Path) -> None:
    found = (place / "PG_VERSION").read_text().strip()
    if found != binaries.POSTGRES_MAJOR:
        raise EmbeddedError(
            f"The database in {place} was made by Postgres {found}; this workbench brings Postgres "
            f"{binaries.POSTGRES_MAJOR}. Use the workbench's version that made it, or another --data-dir."
        )


def _is_ready(place: Path, pid: int) -> bool:
    """Read postmaster.pid as pg_ctl does: the first line is the pid, the eighth the state."""
    with contextlib.suppress(OSError):
        lines = (place / "postmaster.pid").read_text().splitlines()
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"
    return False


async def _clear(place: Path) -> None:
    """Remove the lock file of a postmaster that is gone, and end one that still runs on this cluster.

    We hold the data directory's lock, so no postmaster can be meant to run here. Its pid may meanwhile be
    another program's, which is why Postgres itself would refuse to start.
    """
    lock = place / "postmaster.pid"
    running = runs_in(place, NAME) if lock.exists() else None
    if running:
        log.warning("ending an earlier postgres", pid=running.pid)
        running.send_signal(signal.SIGQUIT)
        await asyncio.to_thread(running.wait, 10)
    lock.unlink(missing_ok=True)
