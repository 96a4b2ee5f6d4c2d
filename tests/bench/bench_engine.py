"""What a run costs beside a workflow written by hand: same server, same process, the same minute.

The hand-written workflows use the SDK's default converter and its sandbox, as a sensible engineer would
write them; they record nothing. The engine's runs are measured twice: recorded in Postgres and published in
Valkey, as they always are, and with records in memory, to see what the interpreter costs by itself.
"""

import asyncio
import contextlib
import json
import logging
import statistics
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.worker import Worker

from engine.client import EngineClient
from engine.contracts import (
    ActivityStep,
    Incoming,
    InputStep,
    OutputStep,
    Plan,
    RunRequest,
    Step,
    TransformStep,
)
from engine.outbound import OutboundPolicy
from engine.ports import BlobStore, RunSink
from engine.runtime import build_worker
from tests.bench import services
from tests.bench.figures import Figure
from tests.bench.handwritten import STEPS, HandwrittenHttp, HandwrittenMap, HandwrittenPure, fetch, write
from tests.engine.memory import (
    MemoryBlobs,
    MemoryEvents,
    MemoryInbox,
    MemoryOutbox,
    MemorySecrets,
    MemorySink,
    MemorySlots,
    MemoryStarter,
)
from workbench.services.blobs import PostgresBlobStore
from workbench.services.records import PostgresRunSink

ROUNDS = 40
WARM_UP = 3
AT_ONCE = 100
TURNS = 3
FREE = "recorded in memory"


def pure_plan() -> Plan:
    """Return ten pure steps in a row, of which eight add one."""
    steps: list[Step] = [InputStep(id="s0", type="input")]
    for n in range(1, STEPS - 1):
        source = "inputs.n" if n == 1 else f"nodes.s{n - 1}.output"
        before = (Incoming(source=f"s{n - 1}"),)
        steps.append(
            TransformStep(id=f"s{n}", type="transform", value=f"{{{{ {source} + 1 }}}}", incoming=before)
        )
    last = f"s{STEPS - 2}"
    value = f"{{{{ nodes.{last}.output }}}}"
    steps.append(
        OutputStep(id="out", type="output", name="n", value=value, incoming=(Incoming(source=last),))
    )
    return Plan(version_hash="bench", name="pure", steps=tuple(steps))


def http_plan() -> Plan:
    """Return ten requests in a row."""
    steps = [
        ActivityStep(
            id=f"s{n}",
            type="http",
            config={"url": "{{ inputs.url }}"},
            timeout_s=5,
            incoming=(Incoming(source=f"s{n - 1}"),) if n else (),
        )
        for n in range(STEPS)
    ]
    return Plan(version_hash="bench", name="http", steps=tuple(steps))


@asynccontextmanager
async def json_server() -> AsyncIterator[str]:
    """Answer every request with a small JSON object and keep the connection open; yields the URL."""
    body = json.dumps({"n": 1, "text": "x" * 200}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(head.encode() + body)
                await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()


Runner = Callable[[], Awaitable[Any]]


async def timed(runner: Runner) -> float:
    """Return the seconds of one run."""
    begin = time.perf_counter()
    await runner()
    return time.perf_counter() - begin


async def one_by_one(runners: list[Runner]) -> list[float]:
    """Return each runner's median seconds, the runners taking turns."""
    for runner in runners * WARM_UP:
        await runner()
    rounds = [[await timed(runner) for runner in runners] for _ in range(ROUNDS)]
    return [statistics.median(samples) for samples in zip(*rounds, strict=True)]


async def all_at_once(runners: list[Runner]) -> list[float]:
    """Return each runner's rate in runs a second, best of three turns."""
    rates: list[list[float]] = [[] for _ in runners]
    for _ in range(TURNS):
        for runner, found in zip(runners, rates, strict=True):
            begin = time.perf_counter()
            await asyncio.gather(*(runner() for _ in range(AT_ONCE)))
            found.append(AT_ONCE / (time.perf_counter() - begin))
    return [max(found) for found in rates]


@dataclass(frozen=True)
class Engine:
    """A client and the ids that its runs get."""

    client: EngineClient
    run_ids: Iterator[str]

    def runner(self, plan: Plan, inputs: dict[str, Any]) -> Runner:
        """Return what starts a run of `plan` and waits for its end."""

        async def run() -> None:
            run_id = next(self.run_ids)
            await self.client.start(RunRequest(run_id=run_id, plan=plan, inputs=inputs))
            record = await self.client.result(run_id)
            if record.status != "succeeded":
                raise RuntimeError(f"the run ended as {record}")

        return run


def handwritten_run(client: Client, definition: Any, *arguments: Any) -> Runner:
    """Return what starts a hand-written workflow and waits for its end."""

    async def run() -> None:
        await client.execute_workflow(
            definition, args=arguments, id=str(uuid.uuid4()), task_queue="handwritten"
        )

    return run


@asynccontextmanager
async def engine(
    address: str, name: str, sink: RunSink, blobs: BlobStore, run_ids: Iterator[str]
) -> AsyncIterator[Engine]:
    """Run a worker with these records on a task queue of its own."""
    client = await EngineClient.connect(address, blobs=blobs, task_queue=name)
    worker = build_worker(
        client.temporal,
        sink=sink,
        blobs=blobs,
        secrets=MemorySecrets(),
        slots=MemorySlots(),
        events=MemoryEvents(),
        inbox=MemoryInbox(),
        outbox=MemoryOutbox(),
        starter=MemoryStarter(),
        outbound=OutboundPolicy(),
        task_queue=name,
    )
    async with worker:
        yield Engine(client, run_ids)


@asynccontextmanager
async def handwritten(address: str) -> AsyncIterator[Client]:
    """Run a worker with the hand-written workflows."""
    client = await Client.connect(address)
    worker = Worker(
        client,
        task_queue="handwritten",
        workflows=[HandwrittenPure, HandwrittenHttp, HandwrittenMap],
        activities=[write, fetch],
    )
    async with worker:
        yield client


async def measure() -> list[Figure]:
    """Return the engine's figures: as a run is in earnest, and with records that cost nothing."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    runs = 2 * (ROUNDS + WARM_UP) + TURNS * AT_ONCE
    async with services.running(runs) as stack, json_server() as url:
        address, real, kept = str(stack.resources.settings.temporal_address), stack.resources, MemoryBlobs()
        sink, blobs = PostgresRunSink(real), PostgresBlobStore(real)
        async with (
            engine(address, "recorded", sink, blobs, stack.run_ids) as recorded,
            engine(address, "memory", MemorySink(), kept, map(str, iter(uuid.uuid4, None))) as memory,
            handwritten(address) as by_hand,
        ):
            pure = [one.runner(pure_plan(), {"n": 1}) for one in (recorded, memory)]
            pure.append(handwritten_run(by_hand, HandwrittenPure.run, {"n": 1}))
            http = [one.runner(http_plan(), {"url": url}) for one in (recorded, memory)]
            http.append(handwritten_run(by_hand, HandwrittenHttp.run, url))
            return [
                *ratios("one run of ten pure steps", await one_by_one(pure)),
                *rates("100 such runs at once, rate", await all_at_once(pure)),
                *ratios("ten http steps", await one_by_one(http)),
            ]


def ratios(name: str, seconds: list[float]) -> list[Figure]:
    """Return the figures of a time: with records, and with none, as multiples of the hand-written one."""
    recorded, memory, by_hand = seconds
    note = "{:.1f} ms against {:.1f} ms by hand"
    return [
        Figure(name, recorded / by_hand, 1.3, "×", note=note.format(recorded * 1000, by_hand * 1000)),
        Figure(
            f"{name}, {FREE}", memory / by_hand, 1.3, "×", note=note.format(memory * 1000, by_hand * 1000)
        ),
    ]


def rates(name: str, rate: list[float]) -> list[Figure]:
    """Return the figures of a rate: with records, and with none, as multiples of the hand-written one."""
    recorded, memory, by_hand = rate
    note = "{:.0f} against {:.0f} a second by hand"
    return [
        Figure(name, recorded / by_hand, 0.8, "×", at_most=False, note=note.format(recorded, by_hand)),
        Figure(
            f"{name}, {FREE}", memory / by_hand, 0.8, "×", at_most=False, note=note.format(memory, by_hand)
        ),
    ]
