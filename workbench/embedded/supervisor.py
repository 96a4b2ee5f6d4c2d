"""Keeps a data directory's processes: starts them, hears of their deaths, stops them in reverse order."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import structlog

from workbench.embedded import logs
from workbench.embedded.instance import Instance
from workbench.embedded.layout import DataDir
from workbench.embedded.leftovers import Register
from workbench.embedded.process import Child, ChildSpec

log = structlog.get_logger(__name__)

_CUT_LOGS_EVERY_S = 60.0


@dataclass(frozen=True)
class Change:
    """What happened to a process: `state` is starting, ready, died or stopped; `detail` says why."""

    name: str
    state: str
    detail: str = ""


Report = Callable[[Change], None]


def to_log(change: Change) -> None:
    """Report a change to the log and to nobody else."""
    log.info("process changed", process=change.name, state=change.state, detail=change.detail)


class Supervisor:
    """Holds a data directory for as long as the context is entered; on leaving, everything is stopped.

    Enter it in the main thread: the kernel ends the children when the *thread* that started them ends
    (prctl(2), PR_SET_PDEATHSIG).
    """

    def __init__(self, home: DataDir, *, report: Report = to_log) -> None:
        self.home = home
        self.instance = Instance(home)
        self._report = report
        self._children: list[Child] = []
        self._housekeeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Supervisor":
        """Take the data directory (AlreadyRunning if it is taken) and end what an earlier instance left."""
        self.instance.__enter__()
        self._register = Register(self.home)
        await asyncio.to_thread(self._register.sweep)
        self._housekeeping = asyncio.create_task(self._cut_logs(), name="cut logs")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, the last started first, then let go of the data directory."""
        if self._housekeeping:
            self._housekeeping.cancel()
        for child in self._children:
            child.let_end()
        try:
            for child in reversed(self._children):
                await child.stop()
        finally:
            self.instance.__exit__(kind, error, trace)

    async def start(self, spec: ChildSpec) -> Child:
        """Start a process, return when it is ready, and keep it running from then on. Raises StartFailed."""
        child = Child(
            spec, self._register, lambda state, detail: self._report(Change(spec.name, state, detail))
        )
        self._children.append(child)
        await child.start()
        return child

    def kill(self) -> None:
        """End everything at once: the person does not want to wait for an orderly stop."""
        for child in self._children:
            child.kill()

    def child(self, name: str) -> Child:
        """Return the child of that name; KeyError when there is none."""
        for child in self._children:
            if child.spec.name == name:
                return child
        raise KeyError(name)

    async def _cut_logs(self) -> None:
        while True:
            with contextlib.suppress(OSError):  # a full disk must not end the supervision
                logs.cut(child.spec.log for child in self._children)
            await asyncio.sleep(_CUT_LOGS_EVERY_S)
