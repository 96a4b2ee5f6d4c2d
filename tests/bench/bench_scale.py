"""How cost grows with size: the exponent of a power law fitted to it; 1 is linear."""

import asyncio
import logging
from collections.abc import Mapping

import structlog

from engine.contracts import Incoming, Plan, TransformStep
from tests.bench import services
from tests.bench.bench_compile import compile_ms
from tests.bench.bench_engine import Engine, engine, pure_plan, timed
from tests.bench.figures import Figure, exponent
from workbench.services.blobs import PostgresBlobStore
from workbench.services.records import PostgresRunSink

NODES = (10, 100, 1_000, 10_000)
RUNS = (1, 10, 100)
TURNS = 3


def chain(size: int) -> Plan:
    """Return a chain of pure steps, each of which reads the one before."""
    steps = [TransformStep(id="s0", type="transform", value=0)]
    for n in range(1, size):
        value, before = f"{{{{ nodes.s{n - 1}.output + 1 }}}}", (Incoming(source=f"s{n - 1}"),)
        steps.append(TransformStep(id=f"s{n}", type="transform", value=value, incoming=before))
    return Plan(version_hash="bench", name="chain", steps=tuple(steps))


async def by_nodes(engine: Engine) -> dict[int, float]:
    """Return the seconds of a run by the number of its nodes, best of three."""
    found = {}
    for size in NODES:
        runner = engine.runner(chain(size), {})
        found[size] = min([await timed(runner) for _ in range(TURNS)])
    return found


async def by_runs(engine: Engine) -> dict[int, float]:
    """Return the seconds until all of so many concurrent runs have ended, best of three."""
    runner, found = engine.runner(pure_plan(), {"n": 1}), {}

    async def together(count: int) -> None:
        await asyncio.gather(*(runner() for _ in range(count)))

    for count in RUNS:
        found[count] = min([await timed(lambda count=count: together(count)) for _ in range(TURNS)])  # type: ignore[misc]
    return found


def grows(name: str, seconds: Mapping[int, float]) -> Figure:
    """Return the exponent with which a cost grows; the note has the costs themselves."""
    note = ", ".join(f"{size:,}: {cost * 1_000:,.3g} ms" for size, cost in seconds.items())
    return Figure(name, exponent(seconds), 1.1, "", note=note)


async def measure() -> list[Figure]:
    """Return the exponents of compiling, of runs by their nodes, and of runs at once."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    compiled = {size: compile_ms(size) / 1_000 for size in NODES}
    async with services.running(TURNS * (len(NODES) + sum(RUNS))) as stack:
        address, real = str(stack.resources.settings.temporal_address), stack.resources
        sink, blobs = PostgresRunSink(real), PostgresBlobStore(real)
        async with engine(address, "scale", sink, blobs, stack.run_ids) as recorded:
            return [
                grows("exponent: compile and check, by nodes", compiled),
                grows("exponent: a run of pure steps, by nodes", await by_nodes(recorded)),
                grows("exponent: runs at once", await by_runs(recorded)),
            ]
