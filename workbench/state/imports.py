"""Reads a document that a person hands in: all of its problems, or the document; nothing is run or stored."""

import asyncio

from engine import compiler
from engine.errors import Problem
from engine.graph import Document

MAX_BYTES = 9_000_000
"""What a file may have: the API's bound on bodies less what wraps it. 10,000 nodes have about 4 MB."""

TOO_LARGE = Problem(
    code="too-large",
    message=f"The file is larger than {MAX_BYTES / 1e6:.0f} MB.",
    hint="Keep large data in files or behind a URL, and fetch it in a step.",
)

ONE_AT_A_TIME = Problem(
    code="many-files", message="These are several files.", hint="Import one workflow at a time."
)


async def read_document(data: bytes) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return the document in JSON or YAML `data`, and everything that keeps it from being run."""
    return await asyncio.to_thread(compiler.examine, data)
