"""What maps cost: a thousand requests beside a workflow written by hand, and twenty thousand pure items."""

import gc
import itertools
import logging
import uuid
from typing import Any

import psutil
import structlog

from engine.contracts import ActivityStep, Body, LoopStep, MapStep, Plan, Step, TransformStep
from tests.bench import services
from tests.bench.bench_engine import (
    FREE,
    Runner,
    engine,
    handwritten,
    handwritten_run,
    json_server,
    timed,
)
from tests.bench.figures import Figure
from tests.bench.handwritten import HandwrittenMap
from tests.engine.memory import MemoryBlobs, MemorySink
from workbench.services.blobs import PostgresBlobStore
from workbench.services.records import PostgresRunSink

REQUESTS = 1_000
AT_ONCE = 50
ITEMS = 20_000
PASSES = 5_000
TURNS = 3
MIB = 2**20


def map_plan(inside: Step, *, at_once: int) -> Plan:
    """Return a map over `inputs.items` whose body is one step."""
    body = Body(steps=(inside,), result=f"{{{{ nodes.{inside.id}.output }}}}")
    each = MapStep(id="each", type="map", items="{{ inputs.items }}", concurrency=at_once, body=body)
    return Plan(version_hash="bench", name="map", steps=(each,))


def requests_plan(url: str) -> Plan:
    """Return a map that sends a request for each item."""
    request = ActivityStep(id="fetch", type="http", config={"url": url}, timeout_s=5)
    return map_plan(request, at_once=AT_ONCE)


def pure_plan() -> Plan:
    """Return a map that adds one to each item."""
    return map_plan(TransformStep(id="plus", type="transform", value="{{ item + 1 }}"), at_once=10)


def loop_plan(url: str) -> Plan:
    """Return a loop that sends a request in each pass; its history is longer than one execution may have."""
    request = ActivityStep(id="fetch", type="http", config={"url": url}, timeout_s=5)
    body = Body(steps=(request,), result="{{ index }}")
    return Plan(
        version_hash="bench",
        name="loop",
        steps=(LoopStep(id="again", type="loop", maximum=PASSES, body=body),),
    )


async def measure() -> list[Figure]:
    """Return the figures of both maps."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    async with services.running(TURNS + 3) as stack, json_server() as url:
        address, real = str(stack.resources.settings.temporal_address), stack.resources
        sink, ids = PostgresRunSink(real), (str(uuid.uuid4()) for _ in itertools.count())
        async with (
            engine(address, "recorded", sink, PostgresBlobStore(real), stack.run_ids) as kept,
            engine(address, "memory", MemorySink(), MemoryBlobs(), ids) as free,
            handwritten(address) as by_hand,
        ):
            items: dict[str, Any] = {"items": list(range(REQUESTS))}
            runners = [one.runner(requests_plan(url), items) for one in (kept, free)]
            runners.append(handwritten_run(by_hand, HandwrittenMap.run, url, REQUESTS, AT_ONCE))
            seconds = await best(runners)
            pure = kept.runner(pure_plan(), {"items": list(range(ITEMS))})
            return [*ratios(*seconds), *await many(pure), await long(kept.runner(loop_plan(url), {}))]


async def best(runners: list[Runner]) -> list[float]:
    """Return each runner's shortest time in seconds, the runners taking turns."""
    rounds = [[await timed(runner) for runner in runners] for _ in range(TURNS)]
    return [min(samples) for samples in zip(*rounds, strict=True)]


def ratios(recorded: float, memory: float, by_hand: float) -> list[Figure]:
    """Return how fast the engine is beside the hand-written workflow: 1 is as fast."""
    name, note = f"map of {REQUESTS:,} requests, {AT_ONCE} at once, rate", "{:.2f} s against {:.2f} s by hand"
    return [
        Figure(name, by_hand / recorded, 0.8, "×", at_most=False, note=note.format(recorded, by_hand)),
        Figure(
            f"{name}, {FREE}", by_hand / memory, 0.8, "×", at_most=False, note=note.format(memory, by_hand)
        ),
    ]


async def many(runner: Runner) -> list[Figure]:
    """Return the time of the long map, and by how much the process, which is the worker too, has grown."""
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    seconds = await timed(runner)
    grown = (process.memory_info().rss - before) / MIB
    return [
        Figure(f"map of {ITEMS:,} pure items", seconds, 20, "s", note=f"{ITEMS / seconds:,.0f} a second"),
        Figure(f"map of {ITEMS:,} pure items, memory", grown, 200, "MiB", note="worker and client together"),
    ]


async def long(runner: Runner) -> Figure:
    """Return the time of the long loop."""
    seconds = await timed(runner)
    note = f"{seconds / PASSES * 1_000:.1f} ms a pass, continued as new"
    return Figure(f"loop of {PASSES:,} requests, one after the other", seconds, 60, "s", note=note)
