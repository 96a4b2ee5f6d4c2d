"""What parked runs cost a worker: its memory and processor time beside 2,000, 10,000 and 20,000 of them.

The worker is the engine's, in a process of its own, beside the Temporal server that the workbench embeds; its
ports forget what they are told, so that what grows is the worker's own. What the workbench does beside its
waiting runs, such as looking after them every 30 s, is measured by `waiting`.
"""

import asyncio
import logging
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import structlog

from engine.client import EngineClient
from engine.contracts import (
    DelayStep,
    Event,
    EventWait,
    HumanStep,
    NodeRecord,
    Plan,
    RecordBatch,
    RunRequest,
    TaskOpened,
    TaskOpening,
    WaitStep,
)
from engine.outbound import OutboundPolicy
from engine.runtime import build_worker
from tests.bench.figures import Figure
from tests.engine.memory import (
    MemoryBlobs,
    MemoryInbox,
    MemoryOutbox,
    MemorySecrets,
    MemorySink,
    MemorySlots,
    MemoryStarter,
)
from workbench.embedded import services
from workbench.settings import Settings

MARKS = (2_000, 10_000, 20_000)
ASKING_MARKS = (100, 10_000)
AT_ONCE = 50
"""Runs that are started side by side."""
SETTLE_S = 15
WATCHED_S = 30
QUEUE = "parked"
PARKED = Plan(
    version_hash="0" * 64,
    name="Parked",
    steps=(
        WaitStep(id="paid", type="wait_for_event", event="paid", key="{{ run.id }}"),
        DelayStep(id="later", type="delay", seconds=36_000),
    ),
)
"""Both waits at once: for an event, and for ten hours to pass."""
ASKING = Plan(
    version_hash="0" * 64,
    name="Asking",
    steps=(HumanStep(id="ask", type="approval", title="Pay {{ run.id }}?", choices=("approve", "reject")),),
)
MIB = 2**20


@dataclass(frozen=True)
class Look:
    """A worker beside so many waiting runs: resident memory in MiB, and percent of a core."""

    memory: float
    busy: float


class _Sink(MemorySink):
    async def begin(self, batch: RecordBatch, node_id: str, scope: str = "") -> NodeRecord | None:
        return None

    async def record(self, batch: RecordBatch) -> None:
        pass


class _Count:
    """How many runs are parked, in a file that the bench reads."""

    def __init__(self, counted: Path) -> None:
        self._counted, self._count = counted, 0

    def add(self) -> None:
        self._count += 1
        self._counted.write_text(f"{self._count:9}")


class _Inbox(MemoryInbox):
    """Counts the tasks and forgets them."""

    def __init__(self, count: _Count) -> None:
        super().__init__()
        self._count = count

    async def open(self, opening: TaskOpening) -> TaskOpened:
        self._count.add()
        return TaskOpened()


class _Events:
    """Counts the waits and forgets them."""

    def __init__(self, count: _Count) -> None:
        self._count = count

    async def register(self, wait: EventWait) -> Event | None:
        self._count.add()
        return None

    async def withdraw(self, wait: EventWait) -> Event | None:
        return None

    async def send(self, run_id: str, event: Event) -> int:
        return 0


async def measure() -> list[Figure]:
    """Park runs up to each mark and look at their worker; then look at one that is started beside them."""
    began = time.monotonic()
    looks, restarted = await looked_at(PARKED, MARKS)
    return _figures(looks, restarted, time.monotonic() - began)


async def asking() -> list[Figure]:
    """Park human steps instead, and look at how much more their worker holds for them."""
    looks, restarted = await looked_at(ASKING, ASKING_MARKS)
    few, many = (looks[mark] for mark in ASKING_MARKS)
    name, count = "worker beside", f"{ASKING_MARKS[-1]:,} parked human steps"
    sizes = ", ".join(f"{mark:,}: {look.memory:.0f} MiB" for mark, look in looks.items())
    return [
        Figure(
            f"{name} {count}, memory for them",
            (many.memory - few.memory) * MIB / 1e6,
            50,
            "MB",
            note=f"{sizes}; {restarted.memory:.0f} MiB after a restart",
        ),
        Figure(
            f"{name} {count}, processor",
            max(many.busy, restarted.busy),
            0.5,
            "%",
            note=f"of a core; {restarted.busy:.2f} % after a restart",
        ),
    ]


async def looked_at(plan: Plan, marks: Sequence[int]) -> tuple[dict[int, Look], Look]:
    """Park runs of a plan up to each mark; return the looks at their worker, and at a restarted one."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    began, looks, started = time.monotonic(), dict[int, Look](), 0
    async with _server() as (address, counted):
        client = await EngineClient.connect(address, blobs=MemoryBlobs(), task_queue=QUEUE)
        async with _worker(address, counted) as worker:
            for mark in marks:
                await _park(client, plan, mark - started)
                while int(counted.read_text() or 0) < mark:
                    await asyncio.sleep(1)
                started, looks[mark] = mark, await _look(worker)
                print(f"{mark:,} after {time.monotonic() - began:.0f} s: {looks[mark]}", flush=True)
        async with _worker(address, counted) as worker:
            restarted = await _look(worker)
    return looks, restarted


def _figures(looks: dict[int, Look], restarted: Look, took_s: float) -> list[Figure]:
    few, many = looks[MARKS[0]], looks[MARKS[-1]]
    sizes = ", ".join(f"{mark:,}: {look.memory:.0f} MiB" for mark, look in looks.items())
    shares = ", ".join(f"{mark:,}: {look.busy:.2f} %" for mark, look in looks.items())
    name = f"worker beside {MARKS[-1]:,} parked runs"
    return [
        Figure(
            f"{name}, memory",
            max(many.memory, restarted.memory) / few.memory,
            1.1,
            "×",
            note=f"of that beside {MARKS[0]:,}; {sizes}; {restarted.memory:.0f} MiB after a restart",
        ),
        Figure(
            f"{name}, processor",
            max(many.busy, restarted.busy),
            0.5,
            "%",
            note=f"of a core; {shares}; {restarted.busy:.2f} % after a restart; all in {took_s / 60:.0f} min",
        ),
    ]


@asynccontextmanager
async def _server() -> AsyncIterator[tuple[str, Path]]:
    """Lend the address of a Temporal server as the workbench embeds it, and a file for the worker's count."""
    home = Path(tempfile.mkdtemp(prefix="workbench-bench-"))
    try:
        async with services.running(Settings(data_dir=home / "data")) as settings:
            assert settings.temporal_address
            counted = home / "counted"
            counted.touch()
            yield settings.temporal_address, counted
    finally:
        shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def _worker(address: str, counted: Path) -> AsyncIterator[psutil.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bench_parked", address, str(counted)
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


async def _park(client: EngineClient, plan: Plan, count: int) -> None:
    limit = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with limit:
            await client.start(RunRequest(run_id=str(uuid.uuid4()), plan=plan, inputs={}))

    await asyncio.gather(*(one() for _ in range(count)))


async def _look(worker: psutil.Process) -> Look:
    """Wait until the worker has nothing left to do, then watch it."""
    while await _busy(worker, 5) > 5:
        pass
    await asyncio.sleep(SETTLE_S)
    busy = await _busy(worker, WATCHED_S)
    return Look(worker.memory_info().rss / MIB, busy)


async def _busy(worker: psutil.Process, seconds: float) -> float:
    """Return percent of a core."""
    before = _used_s(worker)
    await asyncio.sleep(seconds)
    return (_used_s(worker) - before) / seconds * 100


def _used_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return round(times.user + times.system, 2)


async def work(address: str, counted: Path) -> None:
    """Be the worker, until ended."""
    blobs, count = MemoryBlobs(), _Count(counted)
    client = await EngineClient.connect(address, blobs=blobs, task_queue=QUEUE)
    async with build_worker(
        client.temporal,
        sink=_Sink(),
        blobs=blobs,
        secrets=MemorySecrets(),
        slots=MemorySlots(),
        events=_Events(count),
        inbox=_Inbox(count),
        outbox=MemoryOutbox(),
        starter=MemoryStarter(),
        outbound=OutboundPolicy(),
        task_queue=QUEUE,
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asyncio.run(work(sys.argv[1], Path(sys.argv[2])))
