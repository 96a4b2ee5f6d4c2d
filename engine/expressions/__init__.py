"""Expressions: MiniJinja in the strings of a document, rendered against what a run has produced so far.

A string that is exactly one `{{ … }}` gives the value itself; any other string with `{{` or `{%` in it gives
text; all others are literal. Everything is deterministic: no clock, no chance, no I/O.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from minijinja import Environment, TemplateError

from engine.errors import ExpressionError

__all__ = ["has_expression", "references", "render", "strings"]

_ENVIRONMENT = Environment(undefined_behavior="strict", fuel=200_000)
_OWN_NAMES = frozenset({"range", "dict", "loop"})


def has_expression(text: str) -> bool:
    """Return whether `text` is rendered rather than taken literally."""
    return "{{" in text or "{%" in text


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted path, string) for every string in a JSON value that holds an expression."""
    if isinstance(value, str):
        if has_expression(value):
            yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from strings(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from strings(item, f"{path}.{index}" if path else str(index))


def references(value: Any) -> frozenset[str]:
    """Return the dotted names that the expressions in a JSON value read, e.g. `nodes.fetch.output.title`."""
    found: set[str] = set()
    for _, text in strings(value):
        try:
            found |= _ENVIRONMENT.undeclared_variables_in_str(text, nested=True)
        except TemplateError as error:
            raise ExpressionError(error.message) from error
    return frozenset(found - _OWN_NAMES)


def render(value: Any, context: Mapping[str, Any]) -> Any:
    """Return `value`, a JSON value, with every expression in it replaced by what it evaluates to.

    `context` maps the names that expressions may use (`inputs`, `nodes`, `run`) to JSON values. Raises
    ExpressionError with a one-line message.
    """
    if isinstance(value, str):
        return _render_text(value, context) if has_expression(value) else value
    if isinstance(value, Mapping):
        return {key: render(item, context) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [render(item, context) for item in value]
    return value


def _render_text(text: str, context: Mapping[str, Any]) -> Any:
    stripped = text.strip()
    try:
        if stripped.startswith("{{") and stripped.endswith("}}") and stripped.count("{{") == 1:
            return _ENVIRONMENT.eval_expr(stripped[2:-2], **context)
        return _ENVIRONMENT.render_str(text, **context)
    except TemplateError as error:
        raise ExpressionError(error.message) from error
