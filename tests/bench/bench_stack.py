"""How long the whole stack takes to start, and what it holds in memory when nothing happens."""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure
from tests.e2e.stack import ROOT, Stack

MIB = 2**20


async def first_start_s(workspace: Path) -> float:
    """Return the seconds from the command to the ready line in a just installed clone with an empty home."""
    clone = workspace / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    subprocess.run(["uv", "sync", "--quiet"], check=True, cwd=clone, env=environment)
    stack = Stack(workspace / "first", command=str(clone / ".venv/bin/workbench"), home=workspace / "home")
    begin = time.perf_counter()
    await stack.start()
    seconds = time.perf_counter() - begin
    await stack.stop()
    return seconds


async def warm_start_s(stack: Stack) -> float:
    """Return the seconds from the command to the ready line for a data directory that has been used."""
    begin = time.perf_counter()
    await stack.start()
    return time.perf_counter() - begin


def resident_mib(stack: Stack) -> tuple[float, float]:
    """Return the tree's proportional and plain resident memory in MiB; plain counts shared pages often."""
    memory = [process.memory_full_info() for process in stack.tree()]
    return sum(m.pss for m in memory) / MIB, sum(m.rss for m in memory) / MIB


async def measure() -> list[Figure]:
    """Start a first time, then warm, then look at the idle tree after twenty seconds."""
    workspace = Path(tempfile.mkdtemp(prefix="workbench-bench-"))
    try:
        first = await first_start_s(workspace)
        stack = Stack(workspace / "data")
        await stack.start()
        await stack.stop()
        warm = await warm_start_s(stack)
        await asyncio.sleep(20)
        proportional, plain = resident_mib(stack)
        await stack.stop()
    finally:
        shutil.rmtree(workspace)
    return [
        Figure("very first start", first, 60, "s", note="fresh clone, empty home, frontend built"),
        Figure("warm start", warm, 6, "s"),
        Figure("idle stack, resident", proportional, 700, "MiB", note=f"PSS; plain RSS sum {plain:.0f} MiB"),
    ]
