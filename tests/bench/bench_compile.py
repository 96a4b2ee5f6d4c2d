"""How long compiling and checking takes against the size of the document."""

import statistics
import time
from typing import Any

from engine import compiler
from engine.graph import Document
from tests.bench.figures import Figure


def document(size: int) -> Document:
    """Return a chain of `size` nodes, each reading the one before: a third ask HTTP, a third decide."""
    nodes: list[dict[str, Any]] = [{"id": "n0", "type": "input", "config": {}}]
    edges: list[dict[str, str]] = []
    for n in range(1, size):
        before, config = f"n{n - 1}", {}
        kind = ("transform", "http", "condition")[n % 3]
        if kind == "transform":
            config = {"value": {"total": f"{{{{ nodes.{before}.output | length }}}}", "n": n}}
        elif kind == "http":
            config = {"url": f"https://example.org/{n}/{{{{ nodes.{before}.output.total }}}}"}
        else:
            config = {"expression": f"{{{{ nodes.{before}.output.score > {n} }}}}"}
        nodes.append({"id": f"n{n}", "type": kind, "config": config})
        port = "true" if nodes[n - 1]["type"] == "condition" else "out"
        edges.append({"source": before, "source_port": port, "target": f"n{n}"})
    return Document.model_validate({"name": "Bench", "nodes": nodes, "edges": edges})


def compile_ms(size: int, *, repeats: int = 5) -> float:
    """Return the median of checking and compiling a fresh document of `size` nodes, in milliseconds."""
    samples = []
    for _ in range(repeats):
        subject = document(size)
        start = time.perf_counter()
        compiler.compile(subject)
        samples.append((time.perf_counter() - start) * 1000)
    return statistics.median(samples)


def measure() -> list[Figure]:
    """Measure 1,000 and 10,000 nodes."""
    return [
        Figure("compile and check, 1,000 nodes", compile_ms(1_000), 50, "ms"),
        Figure("compile and check, 10,000 nodes", compile_ms(10_000), 600, "ms"),
    ]
