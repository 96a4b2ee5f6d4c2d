"""The embedded Postgres: one cluster in the data directory, one role, loopback only, password required.

We supervise it ourselves instead of through the wrapper that its binaries come in: `postgres` stays in the
foreground as our child, and pg_ctl, which would let go of it, is not used.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import structlog

from workbench.embedded import binaries, probes
from workbench.embedded.errors import EmbeddedError, StartFailed
from workbench.embedded.layout import DataDir
from workbench.embedded.leftovers import MARK, runs_in
from workbench.embedded.logs import tail
from workbench.embedded.ports import LOOPBACK
from workbench.embedded.privileges import Account, account_for, can_reach
from workbench.embedded.process import ChildSpec, describe_exit, run_to_end

log = structlog.get_logger(__name__)

NAME = "postgres"
ROLE = DATABASE = "workbench"
_HERE = "/proc/self/cwd"

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "80",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "io_method": "sync",  # the default keeps three more processes for it
    "jit": "off",
    "max_logical_replication_workers": "0",
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

    @property
    def directory(self) -> str:
        """What `-D` is given: the path, or the working directory where the account may not walk to the path.

        A closed home directory is no obstacle this way: the working directory was entered before root was
        dropped, and the link in /proc leads to it without passing its parents (proc(5)).
        """
        return str(self.place) if self.account is None or can_reach(self.account, self.place) else _HERE

    async def run(self, *command: str, given: str) -> None:
        """Run one of the programs with `given` on its standard input; StartFailed unless it succeeds."""
        program = str(self.programs / command[0])
        with self._file(given) as stdin:
            code = await run_to_end(
                *(program, *command[1:]),
                env=self.env, cwd=self.place, log=self.log, account=self.account, stdin=stdin,
            )  # fmt: skip
        if code != 0:
            raise StartFailed(NAME, f"{command[0]}: {describe_exit(code)}", log=self.log, tail=tail(self.log))

    @contextlib.contextmanager
    def _file(self, content: str) -> Iterator[IO[bytes]]:
        """Give a nameless file that the account can open again as /dev/stdin; a pipe of ours it could not."""
        with tempfile.TemporaryFile() as file:
            file.write(content.encode())
            file.seek(0)
            if self.account:
                os.fchown(file.fileno(), self.account.uid, self.account.gid)
            yield file


async def spec(home: DataDir, port: int) -> ChildSpec:
    """Return how to run this data directory's Postgres on `port`; makes the cluster at the first call."""
    cluster = _cluster(home)
    if not cluster.place.exists():
        await _create(cluster, home.password(NAME))
    _require_version(cluster.place)
    options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]

    async def ready(pid: int) -> bool:
        return _is_ready(cluster.place, pid) and await probes.accepts(LOOPBACK, port)

    return ChildSpec(
        name=NAME,
        command=(str(cluster.programs / "postgres"), "-D", cluster.directory, "-p", str(port), *options),
        env=cluster.env,
        cwd=cluster.place,
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


def _cluster(home: DataDir) -> Cluster:
    place = Path(os.path.realpath(home.postgres))
    account = account_for(place)
    return Cluster(
        place=place,
        account=account,
        programs=binaries.postgres(account),
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", MARK: str(home.root)},
        log=home.log(NAME),
    )


async def _create(cluster: Cluster, password: str) -> None:
    """Make the cluster beside its place and move it there when whole, so that a crash leaves no half."""
    draft = replace(cluster, place=cluster.place.with_name(f"{cluster.place.name}.part"))
    shutil.rmtree(draft.place, ignore_errors=True)
    draft.place.mkdir(mode=0o700)
    if draft.account:
        os.chown(draft.place, draft.account.uid, draft.account.gid)
    await draft.run(
        *("initdb", "-D", draft.directory, "-U", ROLE, "-A", "scram-sha-256", "--pwfile=/dev/stdin"),
        *("-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C"),
        given=password,
    )
    create = f"CREATE DATABASE {DATABASE};\n"
    await draft.run("postgres", "--single", "-D", draft.directory, "postgres", given=create)
    draft.place.rename(cluster.place)


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
