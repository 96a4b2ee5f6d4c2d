"""What a measurement is, and how a table of them is printed."""

import math
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Figure:
    """One measured number beside what was asked for; `at_most` False means that more is better."""

    name: str
    measured: float
    target: float
    unit: str
    at_most: bool = True
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the target was met."""
        return self.measured <= self.target if self.at_most else self.measured >= self.target


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return the given percentile (1–99) of at least two samples."""
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]


def exponent(costs: Mapping[int, float]) -> float:
    """Return k of the power law `cost = c * size ** k` that fits costs by size best."""
    sizes = [math.log(size) for size in costs]
    return statistics.linear_regression(sizes, [math.log(cost) for cost in costs.values()]).slope


def machine() -> str:
    """Describe this machine in one line: processor, cores, memory, system, Python."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "?")
    memory = psutil.virtual_memory().total / 2**30
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    python = platform.python_version()
    return f"{model}, {psutil.cpu_count()} cores, {memory:.0f} GiB, {system}, Python {python}"


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table, the missed ones marked."""
    rows = ["| figure | measured | target | met | note |", "|---|---:|---:|---|---|"]
    for figure in figures:
        sign = "≤" if figure.at_most else "≥"
        met = "yes" if figure.met else "**no**"
        rows.append(
            f"| {figure.name} | {figure.measured:.3g} {figure.unit} | {sign} {figure.target:g} {figure.unit} "
            f"| {met} | {figure.note} |"
        )
    return "\n".join(rows)
