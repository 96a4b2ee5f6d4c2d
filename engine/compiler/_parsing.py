"""Reading a document that nobody vouches for: bounded, nothing in it executed, all problems at once."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine.compiler._analysis import analyse
from engine.compiler._decoding import Unreadable, decode
from engine.compiler._foreign import refuse_foreign
from engine.compiler._problems import Problems
from engine.compiler._pydantic import Detail, details
from engine.errors import Problem
from engine.graph import Document

_CODES = {"missing": "missing-field", "unknown": "unknown-field", "bad": "bad-field"}
MOST = 1_000
"""Problems of form that are listed; a document with more is not repaired by hand."""


def parse(data: Mapping[str, Any] | str | bytes) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return the document in `data`, or None and everything that is wrong with it.

    `data` is JSON or YAML text, or what such text decodes to. Nothing in it is executed or fetched. A
    document comes without problems: whether it makes sense is said by `check`. When there is no document,
    the problems are those of its form and those that `check` finds in the parts that have one.
    """
    problems = Problems()
    try:
        decoded = decode(data)
        refuse_foreign(decoded)
    except Unreadable as error:
        problems.add(error.code, str(error), field=error.field, hint=error.hint)
        return None, tuple(problems.found)
    try:
        return Document.model_validate(decoded), ()
    except ValidationError as error:
        found = tuple(details(error, decoded, most=MOST))
        for detail in found:
            _add(detail, decoded, problems)
        if error.error_count() > MOST:
            message = f"There are {error.error_count() - MOST} more problems of form."
            problems.add("more-problems", message)
        return None, (*problems.found, *_of_the_rest(decoded, found))


def _add(detail: Detail, decoded: Mapping[str, Any], problems: Problems) -> None:
    """Add one problem of form, with the id of the node that it is in."""
    path, node = detail.path, None
    if len(path) >= 2 and path[0] == "nodes":
        node = _id_of(decoded["nodes"][path[1]])
        path = path[2:] if node is not None else path
    message = detail.message
    if path[-1:] == ("id",) and detail.kind == "bad":
        message = "An id is a slug: a small letter, then small letters, digits and _, at most 63 in all."
    field = ".".join(map(str, path)) or None
    problems.add(_CODES[detail.kind], message, node=node, field=field)


def _id_of(node: Any) -> str | None:
    """Return the id that a raw node has, as far as it is text."""
    name = node.get("id") if isinstance(node, Mapping) else None
    return name[:100] if isinstance(name, str) and name else None


def _of_the_rest(decoded: Mapping[str, Any], found: tuple[Detail, ...]) -> tuple[Problem, ...]:
    """Return what `check` says about the parts of a document whose form is right.

    Problems that come only from leaving the other parts out are left out as well.
    """
    broken = {detail.path[:2] for detail in found}
    rest: dict[str, Any] = {"name": "Untitled"}
    for key in ("inputs", "outputs", "output_schema", "nodes", "edges", "triggers"):
        value = decoded.get(key)
        if isinstance(value, list) and (key,) not in broken:
            rest[key] = [item for index, item in enumerate(value) if (key, index) not in broken]
        elif isinstance(value, Mapping) and not any(path[:1] == (key,) for path in broken):
            rest[key] = value
    try:
        document = Document.model_validate(rest)
    except ValidationError:
        return ()
    missing = [_id_of(decoded["nodes"][path[1]]) for path in broken if path[0] == "nodes" and len(path) == 2]
    return tuple(
        problem
        for problem in analyse(document).problems
        if not _comes_from_leaving_out(
            problem, missing, edges="edges" in {path[0] for path in broken if path}
        )
    )


def _comes_from_leaving_out(problem: Problem, missing: list[str | None], *, edges: bool) -> bool:
    if problem.code in ("unknown-reference", "edge-to-nowhere", "unknown-parent") and None in missing:
        return True
    if edges and (problem.field or "").startswith("edges."):
        return True
    return any(f"“{name}”" in problem.message for name in missing)
