"""What a run costs beside a workflow written by hand: same server, same process, the same minute.

The hand-written workflows use the SDK's default converter and its sandbox, as a sensible engineer would
write them. Records go to memory unless `measure` is given another sink, so that the engine is measured and
not a database.
"""

import asyncio
import contextlib
import json
import logging
import shutil
import socket
import statistics
import tempfile
import time
import uuid
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
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
from engine.ports import RunSink
from engine.runtime import build_worker
from tests.bench.figures import Figure
from tests.bench.handwritten import STEPS, HandwrittenHttp, HandwrittenPure, fetch, write
from tests.engine.memory import MemoryBlobs, MemorySecrets, MemorySink

ROUNDS = 40
AT_ONCE = 100
TEMPORAL = Path(__file__).parents[2] / ".venv/bin/temporal"


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
async def temporal_server() -> AsyncIterator[str]:
    """Run the server as the workbench does, on a fresh database; yields its address."""
    directory = tempfile.mkdtemp(prefix="workbench-bench-")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(TEMPORAL),
        "server",
        "start-dev",
        "--headless",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    command += ["--db-filename", f"{directory}/temporal.db", "--sqlite-pragma", "journal_mode=wal"]
    command += ["--sqlite-pragma", "synchronous=normal"]
    command += ["--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000"]
    process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)
    try:
        await _until_it_answers(f"127.0.0.1:{port}")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(directory, ignore_errors=True)


async def _until_it_answers(address: str) -> None:
    for _ in range(200):
        with contextlib.suppress(RuntimeError):
            client = await Client.connect(address)
            if await client.service_client.check_health():
                return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"Temporal does not answer at {address}")


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
    for runner in runners * 3:
        await runner()
    rounds = [[await timed(runner) for runner in runners] for _ in range(ROUNDS)]
    return [statistics.median(samples) for samples in zip(*rounds, strict=True)]


async def all_at_once(runners: list[Runner]) -> list[float]:
    """Return each runner's rate in runs a second, best of three turns."""
    rates: list[list[float]] = [[] for _ in runners]
    for _ in range(3):
        for runner, found in zip(runners, rates, strict=True):
            begin = time.perf_counter()
            await asyncio.gather(*(runner() for _ in range(AT_ONCE)))
            found.append(AT_ONCE / (time.perf_counter() - begin))
    return [max(found) for found in rates]


def engine_run(client: EngineClient, plan: Plan, inputs: dict[str, Any]) -> Runner:
    """Return what starts a run of `plan` and waits for its end."""

    async def run() -> None:
        run_id = str(uuid.uuid4())
        await client.start(RunRequest(run_id=run_id, plan=plan, inputs=inputs))
        record = await client.result(run_id)
        if record.status != "succeeded":
            raise RuntimeError(f"the run ended as {record}")

    return run


def handwritten_run(client: Client, definition: Any, argument: Any) -> Runner:
    """Return what starts a hand-written workflow and waits for its end."""

    async def run() -> None:
        await client.execute_workflow(definition, argument, id=str(uuid.uuid4()), task_queue="handwritten")

    return run


async def measure(sink: RunSink | None = None) -> list[Figure]:
    """Return the engine's figures; `sink` replaces the one in memory."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    blobs = MemoryBlobs()
    async with temporal_server() as address, json_server() as url:
        plain = await Client.connect(address)
        engine = await EngineClient.connect(address, blobs=blobs, task_queue="engine")
        ours = build_worker(
            engine.temporal,
            sink=sink or MemorySink(),
            blobs=blobs,
            secrets=MemorySecrets(),
            outbound=OutboundPolicy(),
            task_queue="engine",
        )
        theirs = Worker(
            plain,
            task_queue="handwritten",
            workflows=[HandwrittenPure, HandwrittenHttp],
            activities=[write, fetch],
        )
        async with ours, theirs:
            pure = engine_run(engine, pure_plan(), {"n": 1})
            by_hand = handwritten_run(plain, HandwrittenPure.run, {"n": 1})
            http = engine_run(engine, http_plan(), {"url": url})
            http_by_hand = handwritten_run(plain, HandwrittenHttp.run, url)
            one, one_by_hand = await one_by_one([pure, by_hand])
            many, many_by_hand = await all_at_once([pure, by_hand])
            ten, ten_by_hand = await one_by_one([http, http_by_hand])
    return [
        ratio("one run of ten pure steps", one / one_by_hand, 1.3, f"{ms(one)} against {ms(one_by_hand)}"),
        Figure(
            "100 such runs at once, rate",
            many / many_by_hand,
            0.8,
            "×",
            at_most=False,
            note=f"{many:.0f} against {many_by_hand:.0f} a second",
        ),
        ratio("ten http steps", ten / ten_by_hand, 1.3, f"{ms(ten)} against {ms(ten_by_hand)}"),
    ]


def ratio(name: str, measured: float, target: float, note: str) -> Figure:
    """Return a figure that is a multiple of the hand-written workflow's time."""
    return Figure(name, measured, target, "×", note=f"{note} by hand")


def ms(seconds: float) -> str:
    """Return seconds as milliseconds to read."""
    return f"{seconds * 1000:.1f} ms"
