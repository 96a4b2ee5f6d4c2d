"""Reads a document that a person hands in: all of its problems, or the document; nothing is run or stored."""

import asyncio

from engine import compiler
from engine.errors import Problem
from engine.graph import Document


async def read_document(data: bytes) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return the document in JSON or YAML `data`, and everything that keeps it from being run."""
    return await asyncio.to_thread(_read, data)


def _read(data: bytes) -> tuple[Document | None, tuple[Problem, ...]]:
    document, problems = compiler.parse(data)
    return document, problems or (compiler.check(document) if document else ())
