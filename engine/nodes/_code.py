"""What can be told of Python code without executing it: whether it can be read and fits its inputs."""

import ast
from collections.abc import Collection, Iterator
from functools import lru_cache

MAX_CODE = 100_000
"""Characters; longer code belongs into a package of the image."""


def check(code: str, inputs: Collection[str]) -> tuple[str, ...]:
    """Return what is wrong with code whose `main` is to be called with these inputs, each a sentence.

    The code is parsed and looked at; nothing of it is executed.
    """
    return _check(code, frozenset(inputs))


@lru_cache(maxsize=500)
def _check(code: str, inputs: frozenset[str]) -> tuple[str, ...]:
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        return (f"Line {error.lineno or 1}: {error.msg}.",)
    except (ValueError, RecursionError, MemoryError):
        return ("The code cannot be read: it is nested too deeply, or holds characters that no text has.",)
    found = [part for part in tree.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
    main = next((part for part in reversed(found) if part.name == "main"), None)
    if main is None:
        return (
            f"There is no function main; write def main({', '.join(sorted(inputs))}): and return a value.",
        )
    if isinstance(main, ast.AsyncFunctionDef):
        return (f"Line {main.lineno}: main must be a plain function: def instead of async def.",)
    return (*_parameters(main, inputs), *_result(main))


def _parameters(main: ast.FunctionDef, inputs: frozenset[str]) -> Iterator[str]:
    given = main.args
    if given.posonlyargs:
        yield f"Line {main.lineno}: main gets its inputs by name; leave out the / among its parameters."
        return
    named = [*given.args, *given.kwonlyargs]
    optional = {one.arg for one in given.args[len(given.args) - len(given.defaults) :]} | {
        one.arg for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default
    }
    for one in named:
        if one.arg not in inputs and one.arg not in optional:
            yield f"Line {one.lineno}: there is no input {one.arg} for this parameter of main."
    if given.kwarg is None:
        for name in sorted(inputs - {one.arg for one in named}):
            yield f"Line {main.lineno}: the input {name} is no parameter of main."


def _result(main: ast.FunctionDef) -> Iterator[str]:
    if not any(isinstance(part, ast.Return) and part.value for part in _own(main)):
        yield f"Line {main.lineno}: main returns nothing; what it returns is the step's output."


def _own(main: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield the parts of a function, without those of functions and classes inside it."""
    waiting: list[ast.AST] = list(main.body)
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(part))
