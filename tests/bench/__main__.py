"""Measure and write the table: python -m tests.bench [names]; the names are those of BENCHES."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import (
    bench_access,
    bench_canvas,
    bench_compile,
    bench_decisions,
    bench_engine,
    bench_inbox,
    bench_map,
    bench_parked,
    bench_scale,
    bench_stack,
    bench_waiting,
)
from tests.bench.figures import Figure, machine, table

PAGE = Path(__file__).with_name("README.md")


async def compile_figures() -> list[Figure]:
    """Measure the compiler."""
    return bench_compile.measure()


BENCHES: dict[str, Callable[[], Awaitable[list[Figure]]]] = {
    "compile": compile_figures,
    "engine": bench_engine.measure,
    "map": bench_map.measure,
    "scale": bench_scale.measure,
    "stack": bench_stack.measure,
    "access": bench_access.measure,
    "waiting": bench_waiting.measure,
    "parked": bench_parked.measure,
    "decisions": bench_decisions.measure,
    "canvas": bench_canvas.measure,
    "inbox": bench_inbox.measure,
}


async def main(names: list[str]) -> None:
    """Run the named benches, or all, and print their table; a run of all is also written to README.md."""
    figures = [figure for name in names or BENCHES for figure in await BENCHES[name]()]
    print(table(figures))
    if not names:
        PAGE.write_text(page(figures))


def page(figures: list[Figure]) -> str:
    """Return the page that keeps the figures."""
    today = datetime.now(UTC).date().isoformat()
    return (
        "# Benchmarks\n\n"
        f"Measured {today} on {machine()}, by `uv run python -m tests.bench`, which writes this page.\n"
        "Ratios compare with a hand-written equivalent in the same run.\n\n"
        f"{table(figures)}\n"
    )


if __name__ == "__main__":
    # A container's setting, for which every process would compile every module anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    asyncio.run(main(sys.argv[1:]))
