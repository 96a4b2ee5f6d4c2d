"""Cutting an expression string into tokens, the way MiniJinja does.

MiniJinja's Python binding tells neither which names an expression reads in every case (`x[:3]` and
`x["y"]` escape it) nor which filters it uses, and offers no hook for its operators. Both can be had from
the tokens. Only the lexical grammar is repeated here; what a template means is left to MiniJinja.
"""

import re
from dataclasses import dataclass, field

from engine.errors import ExpressionError

MAX_TAG_TOKENS = 1_500
MAX_BRANCHES = 200
"""MiniJinja's parser recurses along chains; some ten thousand links overflow the process's stack."""

RAW, OPEN_VALUE, OPEN_STATEMENT, CLOSE = "raw", "{{", "{%", "close"
NAME, STRING, INTEGER, FLOAT, OPERATOR = "name", "string", "integer", "float", "operator"

_TAG = re.compile(r"\{[{%#]")
_RAW = re.compile(r"\{%[-+]?[ \t\n\r\f]*raw[ \t\n\r\f]*[-+]?%\}")
_END_RAW = re.compile(r"\{%[-+]?[ \t\n\r\f]*endraw[ \t\n\r\f]*[-+]?%\}")
_CLOSING = {OPEN_VALUE: re.compile(r"[-+]?\}\}"), OPEN_STATEMENT: re.compile(r"[-+]?%\}")}
_CODE = re.compile(
    r"""[ \t\n\r\f]*(?:
        (?P<name>[^\W\d]\w*)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<float>\d[\d_]*(?:
            \.(?![^\W\d])[\d_]*(?:[eE][-+]?\d[\d_]*)?
          | \.?[eE][-+]?\d[\d_]*))
      | (?P<integer>0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*)
      | (?P<operator>//|\*\*|==|!=|>=|<=|[-+*/%.,:~|=<>()\[\]{}]))""",
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"[ \t\n\r\f]*")
_CLOSERS = {"(": ")", "[": "]", "{": "}"}


@dataclass(slots=True)
class Tokens:
    """The tokens of a string as parallel lists: kind, text and the offsets where each begins and ends.

    `closing` maps opening brackets to their closing ones; `tags` are the tokens that open a tag, `closes`
    maps them to the tokens that close it. Kinds and texts have empty strings beyond their ends, so that a
    neighbour can be looked at without asking whether there is one.
    """

    kinds: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    closing: dict[int, int] = field(default_factory=dict)
    tags: list[int] = field(default_factory=list)
    closes: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.starts)

    def add(self, kind: str, text: str, start: int) -> None:
        """Append a token."""
        self.kinds.append(kind)
        self.texts.append(text)
        self.starts.append(start)

    def end(self, index: int) -> int:
        """Return the offset behind a token."""
        return self.starts[index] + len(self.texts[index])


def tokenize(source: str) -> Tokens:
    """Return the tokens of a template; ExpressionError when it cannot be cut, or not be parsed safely."""
    tokens = Tokens()
    position = 0
    while (tag := _TAG.search(source, position)) is not None:
        if tag.start() > position:
            tokens.add(RAW, source[position : tag.start()], position)
        if tag.group() == "{#":
            position = _comment(source, tag.end())
        elif (raw := _RAW.match(source, tag.start())) is not None:
            position = _raw_block(source, raw.end(), tokens)
        else:
            position = _tag(source, tag, tokens)
    if position < len(source):
        tokens.add(RAW, source[position:], position)
    if tokens.texts.count("elif") > MAX_BRANCHES:
        raise ExpressionError("The expression has too many branches; build it in several steps.")
    tokens.kinds += ("", "", "")
    tokens.texts += ("", "", "")
    return tokens


def _comment(source: str, start: int) -> int:
    end = source.find("#}", start)
    if end < 0:
        raise ExpressionError(f"The comment at character {start - 1} misses its “#}}”.")
    return end + 2


def _raw_block(source: str, start: int, tokens: Tokens) -> int:
    end = _END_RAW.search(source, start)
    if end is None:
        raise ExpressionError("A “{% raw %}” misses its “{% endraw %}”.")
    if end.start() > start:
        tokens.add(RAW, source[start : end.start()], start)
    return end.end()


def _tag(source: str, opening: re.Match[str], tokens: Tokens) -> int:
    """Append the tokens of one tag and return the offset behind it."""
    kind, closing = opening.group(), _CLOSING[opening.group()]
    position = opening.end() + (source[opening.end() : opening.end() + 1] in ("-", "+"))
    first, open_brackets = len(tokens), list[int]()
    tokens.tags.append(first)
    tokens.add(kind, source[opening.start() : position], opening.start())
    while True:
        if not open_brackets:
            space = _SPACE.match(source, position)
            close = closing.match(source, space.end() if space else position)
            if close is not None:
                tokens.closes[first] = len(tokens)
                tokens.add(CLOSE, close.group(), close.start())
                return close.end()
        match = _CODE.match(source, position)
        if match is None or len(tokens) - first > MAX_TAG_TOKENS:
            raise ExpressionError(_broken(source, position, opening, tokens, open_brackets, match))
        group = str(match.lastgroup)
        text = match[group]
        if text in "()[]{}":
            _balance(text, match.start(group), tokens, open_brackets)
        tokens.add(group, text, match.start(group))
        position = match.end()


def _balance(text: str, start: int, tokens: Tokens, open_brackets: list[int]) -> None:
    """Note a bracket that is about to be appended."""
    if text in _CLOSERS:
        open_brackets.append(len(tokens))
        return
    if not open_brackets or _CLOSERS[tokens.texts[open_brackets[-1]]] != text:
        raise ExpressionError(f"Unexpected “{text}” at character {start + 1}.")
    tokens.closing[open_brackets.pop()] = len(tokens)


def _broken(
    source: str,
    position: int,
    opening: re.Match[str],
    tokens: Tokens,
    open_brackets: list[int],
    match: re.Match[str] | None,
) -> str:
    """Return why the text cannot be cut further at a position."""
    if match is not None:
        return "The expression is too intricate; build it in several steps."
    rest = source[position:].lstrip()
    if rest:
        return f"Unexpected character {rest[0]!r} at character {len(source) - len(rest) + 1}."
    missing = (
        _CLOSERS[tokens.texts[open_brackets[-1]]] if open_brackets else ("}}" if opening[0] == "{{" else "%}")
    )
    return f"The expression at character {opening.start() + 1} misses its “{missing}”."
