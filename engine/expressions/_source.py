"""One expression string, read once: what it reads, what is wrong with it, and its guarded form."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from minijinja import Environment, TemplateError

from engine.errors import ExpressionError
from engine.expressions._guards import guard
from engine.expressions._names import FILTERS, READABLE
from engine.expressions._scan import Fault, Path, Scan
from engine.expressions._tokens import OPEN_VALUE, RAW, Tokens, tokenize

MAX_SOURCE = 100_000
SHORT = 1_000
T = TypeVar("T")

_PLAIN = re.compile(r"\{\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}\}", re.ASCII)
_SIMPLE = re.compile(
    r"""\s*\{\{\s*(?P<path>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*(?P<filters>(?:\|\s*[a-z]\w*\s*)*)
        (?:(?:==|!=|<=|>=|<|>)\s*(?:-?\d+(?:\.\d+)?|"[^"\\]*"|'[^'\\]*')\s*)?\}\}\s*""",
    re.ASCII | re.VERBOSE,
)
"""One path, filters without arguments, perhaps compared with a literal: half of what people write."""

_SYNTAX = Environment()
"""Only asked whether it can parse; nothing is ever evaluated in it."""


@dataclass(frozen=True)
class Source:
    """An analysed expression string.

    `native` says that the text is exactly one `{{ … }}`, whose value is kept as it is. `parts` is set when
    the text is nothing but literal text and plain paths: then no template engine is needed, and otherwise
    MiniJinja evaluates what `guarded` gives. `paths` is what is read, `faults` what can be told to be wrong
    without evaluating.
    """

    native: bool = False
    parts: tuple[str | Path, ...] | None = None
    paths: frozenset[Path] = frozenset()
    faults: tuple[Fault, ...] = ()


def _remembered(function: Callable[[str], T]) -> Callable[[str], T]:
    """Return `function` with a memory for what it gave: many short texts, few long ones, none too long."""
    short, long = lru_cache(maxsize=20_000)(function), lru_cache(maxsize=200)(function)

    def remembered(text: str) -> T:
        return short(text) if len(text) <= SHORT else long(text)

    return remembered


def read(text: str) -> Source:
    """Return the analysis of an expression string. Never raises: what is wrong is in `faults`."""
    if len(text) > MAX_SOURCE:
        message = f"The expression has {len(text):,} characters; at most {MAX_SOURCE:,} are allowed."
        return Source(faults=(Fault("expression-too-long", message, "Split it over several steps."),))
    return _read(text)


@_remembered
def _read(text: str) -> Source:
    known = _plain(text) or _simple(text)
    if known is not None:
        return known
    try:
        return _analysed(text)
    except ExpressionError as error:
        return Source(faults=(Fault("expression-syntax", str(error)),))


def _plain(text: str) -> Source | None:
    """Return the analysis of literal text with plain paths in it, or None when there is more to it."""
    pieces = _PLAIN.split(text)
    literals, names = pieces[::2], pieces[1::2]
    if not names or any("{" in literal and re.search(r"\{[{%#]", literal) for literal in literals):
        return None
    paths: list[Path] = [tuple(name.split(".")) for name in names]
    if any(path[0] not in READABLE for path in paths):
        return None
    native = len(paths) == 1 and not literals[0].strip() and not literals[1].strip()
    parts: list[str | Path] = [literals[0]]
    for path, literal in zip(paths, literals[1:], strict=True):
        parts += [path, literal]
    return Source(
        native=native,
        parts=(paths[0],) if native else tuple(part for part in parts if part),
        paths=frozenset(paths),
    )


def _simple(text: str) -> Source | None:
    """Return the analysis of one path with filters and a comparison, or None when there is more to it."""
    match = _SIMPLE.fullmatch(text)
    if match is None:
        return None
    path: Path = tuple(match["path"].split("."))
    filters = [name.strip() for name in match["filters"].split("|")[1:]]
    if path[0] not in READABLE or any(name not in FILTERS for name in filters):
        return None
    return Source(native=True, paths=frozenset((path,)))


def _analysed(text: str) -> Source:
    tokens = tokenize(text)
    scan = Scan(tokens)
    _check_syntax(text)
    return Source(native=_is_one_value(tokens), paths=frozenset(scan.paths), faults=tuple(scan.faults))


@_remembered
def guarded(text: str) -> str:
    """Return what MiniJinja evaluates for a string without faults; for a native one, without its braces."""
    tokens = tokenize(text)
    rewritten = guard(text, Scan(tokens))
    if not _is_one_value(tokens):
        return rewritten
    opening, closing = tokens.tags[0], tokens.closes[tokens.tags[0]]
    return rewritten[tokens.end(opening) : len(rewritten) - (len(text) - tokens.starts[closing])]


def _check_syntax(text: str) -> None:
    try:
        _SYNTAX.undeclared_variables_in_str(text)
    except TemplateError as error:
        where = f" at line {error.line}" if text.count("\n") and error.line else ""
        message = (error.detail or error.message).rstrip(".")
        raise ExpressionError(f"{message[:1].upper()}{message[1:]}{where}.") from error


def _is_one_value(tokens: Tokens) -> bool:
    """Return whether the tokens are one `{{ … }}` with nothing but white space around it."""
    if len(tokens.tags) != 1 or tokens.kinds[tokens.tags[0]] != OPEN_VALUE:
        return False
    return not any(
        kind == RAW and text.strip() for kind, text in zip(tokens.kinds, tokens.texts, strict=False)
    )
