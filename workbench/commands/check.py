"""`workbench check FILE`: every problem of a document, with nothing executed and no service needed."""

import json
from pathlib import Path

from engine import compiler
from engine.errors import Problem
from engine.graph import Document
from workbench.commands.terminal import emit, out, show_problems

INVALID = 2


def check(file: Path, *, as_json: bool) -> int:
    """Write the problems of the document in `file`; return 0 when there are none, else 2."""
    document, problems = read(file)
    if as_json:
        emit_problems(problems)
    elif problems or document is None:
        show_problems(problems, out)
        emit(f"{file} has {len(problems)} problem{'s' if len(problems) != 1 else ''}.")
    else:
        emit(f"{file} is valid: {document.name}, {len(document.nodes)} nodes.")
    return INVALID if problems else 0


def emit_problems(problems: tuple[Problem, ...]) -> None:
    """Write problems as JSON, for programs."""
    found = {"problems": [problem.model_dump() for problem in problems]}
    emit(json.dumps(found, indent=2, ensure_ascii=False))


def read(file: Path) -> tuple[Document | None, tuple[Problem, ...]]:
    """Return the document in `file` and all its problems; a file that cannot be read is a problem, too."""
    try:
        with file.open("rb") as source:
            content = source.read(compiler.MAX_BYTES + 1)
    except OSError as error:
        hint = "Give the path of a workflow document, JSON or YAML."
        message = f"{file} cannot be read: {error.strerror}"
        return None, (Problem(code="unreadable-file", message=message, hint=hint),)
    return compiler.examine(content)
