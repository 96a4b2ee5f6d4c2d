"""One supervised process: started through launch.py, watched, started again when it dies, stopped."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

from workbench.embedded import launch
from workbench.embedded.errors import StartFailed
from workbench.embedded.leftovers import Register
from workbench.embedded.logs import append_to, tail
from workbench.embedded.privileges import Account

log = structlog.get_logger(__name__)

Probe = Callable[[int], Awaitable[bool]]
"""Says whether the process with that pid does its work yet."""

_POLL_S = 0.03
_FIRST_DELAY_S = 0.2
_LONGEST_DELAY_S = 30.0
_STEADY_S = 60.0


async def _nothing() -> None:
    return None


@dataclass(frozen=True)
class ChildSpec:
    """How a process is started, known to be ready, and stopped.

    `prepare` runs before each start (stale files, generated configuration). `stop_signal` asks for an
    orderly end; `orphan_signal` is what the kernel sends when the supervisor is killed. Times are seconds.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    probe: Probe
    prepare: Callable[[], Awaitable[None]] = _nothing
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    ready_s: float = 600.0
    stop_s: float = 15.0


@dataclass
class Child:
    """A ChildSpec at work. `on_change(state, detail)` hears of `starting`, `ready`, `died` and `stopped`."""

    spec: ChildSpec
    register: Register
    on_change: Callable[[str, str], None]
    restarts: int = 0
    _process: asyncio.subprocess.Process | None = None
    _watcher: asyncio.Task[None] | None = None
    _ready_at: float = 0.0
    _ending: bool = False

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start the process and return when it is ready; from then on it is started again whenever it dies.

        Raises StartFailed when it ends or stays unready.
        """
        await self._launch()
        self._watcher = asyncio.create_task(self._watch(), name=f"watch {self.spec.name}")

    async def stop(self) -> None:
        """Ask the process to end, insist after `stop_s`, and leave nothing of its group behind."""
        if self._watcher:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        await self._end()
        self.on_change("stopped", "")

    def let_end(self) -> None:
        """Do not start the process again: everything is about to be stopped."""
        self._ending = True

    def kill(self) -> None:
        """End the process and its group at once, for good."""
        self.let_end()
        if self.pid is not None:
            _end_group(self.pid)

    async def _launch(self) -> None:
        self.on_change("starting", "")
        await self.spec.prepare()
        self._process = await spawn(self.spec)
        self.register.add(self.spec.name, self._process.pid)
        await self._become_ready(self._process)
        self._ready_at = time.monotonic()
        self.on_change("ready", "")

    async def _become_ready(self, process: asyncio.subprocess.Process) -> None:
        deadline = time.monotonic() + self.spec.ready_s
        while process.returncode is None and time.monotonic() < deadline:
            if await self.spec.probe(process.pid):
                return
            await asyncio.sleep(_POLL_S)
        reason = "it is not ready yet" if process.returncode is None else describe_exit(process.returncode)
        await self._end()
        raise StartFailed(self.spec.name, reason, log=self.spec.log, tail=tail(self.spec.log))

    async def _watch(self) -> None:
        delay = _FIRST_DELAY_S
        while self._process is not None:
            code = await self._process.wait()
            _end_group(self._process.pid)
            if self._ending:
                return
            steady = time.monotonic() - self._ready_at > _STEADY_S
            delay = _FIRST_DELAY_S if steady else delay
            self.on_change("died", describe_exit(code))
            log.warning("process died", process=self.spec.name, exit=describe_exit(code), restart_in_s=delay)
            await self._revive(delay)
            delay = min(delay * 2, _LONGEST_DELAY_S)

    async def _revive(self, delay: float) -> None:
        while True:
            await asyncio.sleep(delay)
            self.restarts += 1
            try:
                return await self._launch()
            except StartFailed as failure:
                delay = min(delay * 2, _LONGEST_DELAY_S)
                log.error("restart failed", process=self.spec.name, error=str(failure), again_in_s=delay)
                self.on_change("died", str(failure))

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(self.spec.stop_signal)
            try:
                await asyncio.wait_for(process.wait(), self.spec.stop_s)
            except TimeoutError:
                log.warning("process had to be killed", process=self.spec.name, after_s=self.spec.stop_s)
        _end_group(process.pid)
        await process.wait()
        self.register.remove(self.spec.name)


async def spawn(spec: ChildSpec) -> asyncio.subprocess.Process:
    """Start the command of `spec` in its own session, its output appended to its log."""
    command = launched(*spec.command, account=spec.account, orphan_signal=spec.orphan_signal)
    with append_to(spec.log) as output:
        return await _spawn(
            command, env=spec.env, cwd=spec.cwd, output=output, stdin=asyncio.subprocess.DEVNULL
        )


async def run_to_end(
    *command: str,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    account: Account | None = None,
    stdin: IO[bytes] | int = asyncio.subprocess.DEVNULL,
) -> int:
    """Run a command that ends by itself, its output appended to `log`; return its exit code.

    It does not outlive us, nor the task that awaits it.
    """
    with append_to(log) as output:
        process = await _spawn(
            launched(*command, account=account), env=env, cwd=cwd, output=output, stdin=stdin
        )
    try:
        return await process.wait()
    finally:
        _end_group(process.pid)


async def _spawn(
    command: tuple[str, ...], *, env: Mapping[str, str], cwd: Path, output: IO[bytes], stdin: IO[bytes] | int
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command, env=dict(env), cwd=cwd, stdin=stdin, stdout=output, stderr=output, start_new_session=True
    )


def launched(
    *command: str, account: Account | None = None, orphan_signal: signal.Signals = signal.SIGKILL
) -> tuple[str, ...]:
    """Return `command` as launch.py starts it: as `account`, and ended by `orphan_signal` when we end."""
    user = (str(account.uid), str(account.gid)) if account else ("-", "-")
    arguments = (str(os.getpid()), str(int(orphan_signal)), *user)
    return (sys.executable, "-I", "-S", launch.__file__, *arguments, *command)


def _end_group(leader: int) -> None:
    """Kill what is left of the process group of `leader` (each child leads its own)."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def describe_exit(code: int) -> str:
    """Say in words how a process ended."""
    if code >= 0:
        return f"it ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"it was ended by {name}"
