"""Expressions: MiniJinja in the strings of a document, rendered against what a run has produced so far.

A string that is exactly one `{{ … }}` gives the value itself; any other string with `{{` or `{%` in it
gives text; all others are literal. In text, values are written as JSON and texts as they are.

Everything here is deterministic (no clock, no chance, no I/O), so it may run in workflow code, and bounded:
whatever the expression, it ends within about a second with a value or an ExpressionError.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import ExpressionError
from engine.expressions import _values
from engine.expressions._bounds import bounded, size_of
from engine.expressions._catalogue import CATALOGUE, Entry, documentation
from engine.expressions._environment import evaluate, fill
from engine.expressions._names import PASS_NAMES, did_you_mean
from engine.expressions._renaming import with_names
from engine.expressions._scan import Fault, Path
from engine.expressions._source import Source, guarded, read
from engine.expressions._values import MISSING, NotThere, look_up, plain
from engine.expressions._work import allowance, charge_instructions, spent

__all__ = [
    "CATALOGUE",
    "PASS_NAMES",
    "Entry",
    "Fault",
    "Path",
    "Source",
    "bounded",
    "did_you_mean",
    "documentation",
    "faults",
    "has_expression",
    "read",
    "references",
    "render",
    "size_of",
    "spent",
    "strings",
    "text_of",
    "with_names",
]


def has_expression(text: str) -> bool:
    """Return whether `text` is rendered rather than taken literally."""
    return "{{" in text or "{%" in text


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, string) for every string in a JSON value that holds an expression."""
    waiting = [(path, value)]
    while waiting:
        at, item = waiting.pop()
        if isinstance(item, str):
            if has_expression(item):
                yield at, item
        elif isinstance(item, Mapping):
            waiting += [(f"{at}.{key}" if at else str(key), member) for key, member in item.items()]
        elif isinstance(item, list | tuple):
            waiting += [(f"{at}.{index}" if at else str(index), member) for index, member in enumerate(item)]


def references(value: Any) -> frozenset[Path]:
    """Return what the expressions in a JSON value read, e.g. `("nodes", "fetch", "output", "title")`.

    A path ends where it can no longer be told without evaluating. What cannot be parsed is left out.
    """
    return frozenset(path for _, text in strings(value) for path in read(text).paths)


def faults(text: str) -> tuple[Fault, ...]:
    """Return what is wrong with an expression string, as far as it can be told without evaluating it."""
    return read(text).faults


def render(value: Any, context: Mapping[str, Any]) -> Any:
    """Return `value`, a JSON value, with every expression in it replaced by what it evaluates to.

    `context` maps the names that expressions may use (`inputs`, `nodes`, `run`, `secrets`) to JSON values.
    Raises ExpressionError with a one-line message that says what is missing or wrong. The result may still
    be larger or deeper than a run can carry; see `bounded`.
    """
    with allowance():
        return _rendered(value, context)


def text_of(value: Any) -> str:
    """Return a JSON value as it stands in a text: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    with allowance():
        return _values.text_of(value)


def _rendered(value: Any, context: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _rendered_text(value, context) if has_expression(value) else value
    if isinstance(value, Mapping):
        return {key: _rendered(item, context) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rendered(item, context) for item in value]
    return value


def _rendered_text(text: str, context: Mapping[str, Any]) -> Any:
    source = read(text)
    if source.faults:
        raise ExpressionError(source.faults[0].message)
    if source.parts is not None:
        if source.native:
            return look_up(source.parts[0], context)
        return "".join(
            part if isinstance(part, str) else _values.text_of(look_up(part, context))
            for part in source.parts
        )
    charge_instructions(text)
    used = {root: look_up((root,), context) for root in sorted({str(path[0]) for path in source.paths})}
    try:
        return _evaluated(text, source, used)
    except NotThere:
        for path in sorted(source.paths, key=str):
            look_up(path, context)
        raise


def _evaluated(text: str, source: Source, context: Mapping[str, Any]) -> Any:
    if not source.native:
        return fill(guarded(text), context)
    result = evaluate(guarded(text), context)
    if result is MISSING:
        raise NotThere(
            "The expression gives nothing; if it has an “if”, say with “else” what it gives otherwise."
        )
    return plain(result)
