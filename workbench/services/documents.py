"""Documents between engine and services: checked, compiled and stored, large ones off the event loop."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from engine import compiler
from engine.compiler import NO_RETURNS, Returns
from engine.contracts import Plan
from engine.errors import Problem
from engine.graph import Document
from workbench.errors import Invalid

T = TypeVar("T")
LARGE = 300
"""From this many nodes on, work on a document leaves the event loop: that long it would be noticed."""


async def off_loop(size: int, work: Callable[[], T]) -> T:
    """Return `work()`, done in a thread when `size` (in nodes) says that it takes long."""
    return await asyncio.to_thread(work) if size >= LARGE else work()


async def check(document: Document, returns: Returns = NO_RETURNS) -> tuple[Problem, ...]:
    """Return everything that keeps `document` from being run. `returns`: what its sub-workflows give back."""
    return await off_loop(len(document.nodes), lambda: compiler.check(document, returns))


async def compile_plan(document: Document, returns: Returns = NO_RETURNS) -> Plan:
    """Return the plan. Raises engine.errors.DocumentInvalid with all problems; `returns` as for `check`."""
    return await off_loop(len(document.nodes), lambda: compiler.compile(document, returns))


async def load(stored: dict[str, Any]) -> Document:
    """Return the document of a row. Rows hold only what was a document when it was written."""
    return await off_loop(len(stored.get("nodes", ())), lambda: Document.model_validate(stored))


def dump(document: Document) -> dict[str, Any]:
    """Return what a row keeps of `document`."""
    return document.model_dump(mode="json")


def require_none(problems: tuple[Problem, ...], message: str) -> None:
    """Raise Invalid with `message` when there are problems."""
    if problems:
        raise Invalid(f"{message} {_count(len(problems))}{problems[0].message}", problems)


def unfinished(problem: Problem) -> bool:
    """Return whether a draft may have this problem: it is inside a setting or an expression, to be filled in.

    Anything else (a cycle, an unknown type or version, an edge to nowhere, an id twice) makes the document
    one that no workbench can show or run, and so one that nobody should be able to send in.
    """
    if problem.code == "more-problems":
        return True
    part = (problem.field or "").partition(".")[0]
    setting = part in ("config", "inputs", "outputs", "output_schema", "policy", "title", "triggers")
    return setting and "cycle" not in problem.code


def _count(number: int) -> str:
    return "" if number == 1 else f"There are {number} problems, the first: "
