"""Putting guards into an expression's source, so that no expression can take over the process.

MiniJinja counts the instructions it executes (fuel), not the bytes they copy: `{% set s = s ~ s %}` doubles
a text with every line, `[0] * n` and nested lists grow without a bound, and an undefined attribute inside a
list silently becomes null. Its operators cannot be hooked, but the source can be rewritten: the filters put
in here charge an allowance (`_work`) and refuse what must not be.

- `a ~ b`: `a|_text ~ b|_text`. Text is charged, and other values become JSON.
- `a + b`: `a|_term + b|_term`. The same for joining with a plus.
- `a * b`: `a|_factor * b|_factor`. Only numbers; the filter `repeat` repeats texts.
- `a in b`: `a in b|_members`. MiniJinja would take every name to be in an object that complains.
- `x[1:]`, where `x` is a variable: `(x|_part)[1:]`. Cutting a text takes time in its length.
- `{% set x = a %}`: `{% set x = (a)|_keep %}`. No variable grows without a bound. In `namespace(n=a)`, it
  is the values that are kept.
- `{% for x in a %}`: `{% for x in (a)|_each(n) %}`. A turn is charged for the n characters it writes.
- `a.b[c] | default(d)`: `_find(a, "b", (c)).value | default(d)`. Here a value may be missing.
- `a.b is defined`: `_find(a, "b").value is defined`. The same.
- `[a.b]`: `[a.b|default(_missing)]`. In a list, an object or a call, missing is an error, not null.
- `a.split(",")`: `(a|_split(","))`. Methods are filters, which charge for their work.
"""

from dataclasses import dataclass, field

from engine.expressions._names import ROOTS
from engine.expressions._scan import Chain, Scan
from engine.expressions._shadows import end_of_iterable
from engine.expressions._tokens import FLOAT, INTEGER, NAME, OPEN_STATEMENT, OPEN_VALUE, OPERATOR, RAW, STRING

_BINARY = {"~": "|_text", "+": "|_term", "*": "|_factor"}
_MISSING, _OPERAND, _WRAP, _OPEN_WRAP, _OPEN_METHOD, _OPEN_LOOKUP = 1, 2, 3, 7, 8, 9
"""Ranks at one offset: what closes stands before what opens, and the outermost is opened first."""


@dataclass
class _Edits:
    """Replacements at offsets of the text; of insertions at one offset the lower rank stands first."""

    made: list[tuple[int, int, int, str]] = field(default_factory=list)

    def insert(self, offset: int, text: str, rank: int = 0) -> None:
        self.made.append((offset, rank, offset, text))

    def replace(self, start: int, end: int, text: str) -> None:
        self.made.append((start, 5, end, text))

    def applied(self, text: str) -> str:
        pieces, position = [], 0
        for start, _, end, new in sorted(self.made, key=lambda edit: edit[:2]):
            pieces += [text[position:start], new]
            position = end
        return "".join([*pieces, text[position:]])


def guard(text: str, scan: Scan) -> str:
    """Return `text` with the guards of the list above put in; `scan` must be the scan of its tokens."""
    edits, tokens = _Edits(), scan.tokens
    for chain in scan.chains:
        _guard_chain(scan, chain, edits)
    loop_words = set(scan.bindings.values())
    for index, (kind, word) in enumerate(zip(tokens.kinds, tokens.texts, strict=False)):
        if kind == OPERATOR and word in _BINARY:
            _guard_operator(scan, index, edits)
        elif kind == NAME and word == "in" and index not in loop_words:
            _guard_membership(scan, index, edits)
    for tag, sign in scan.bindings.items():
        _guard_binding(scan, tag, sign, edits)
    return edits.applied(text)


def _guard_chain(scan: Scan, chain: Chain, edits: _Edits) -> None:
    tokens = scan.tokens
    for method in chain.methods:
        _as_filter(scan, chain, method, edits)
    if chain.end == chain.primary_end:
        return
    links = None if chain.methods else _links(scan, chain)
    if links is not None and _may_be_missing(scan, chain.end):
        _as_lookup(scan, chain, links, edits)
        return
    if chain.methods or tokens.texts[chain.start] not in ROOTS:
        _charge_parts(scan, chain, edits)
    if not chain.methods and _is_whole_element(scan, chain):
        edits.insert(tokens.end(chain.end - 1), "|default(_missing)", _MISSING)


def _as_filter(scan: Scan, chain: Chain, method: int, edits: _Edits) -> None:
    """Turn `x.method(…)` into `(x|_method(…))`; chains of methods nest from the left."""
    tokens = scan.tokens
    if tokens.texts[chain.start] == "loop":
        return
    edits.insert(tokens.starts[chain.start], "(", _OPEN_METHOD)
    edits.replace(tokens.starts[method - 1], tokens.end(method), f"|_{tokens.texts[method]}")
    edits.insert(tokens.end(tokens.closing[method + 1]), ")")


def _may_be_missing(scan: Scan, index: int) -> bool:
    """Return whether what ends before a token is asked whether it is there, or given a default."""
    texts = scan.tokens.texts
    if texts[index] == "|":
        return texts[index + 1] in ("default", "d")
    asked = texts[index + 2] if texts[index + 1] == "not" else texts[index + 1]
    return texts[index] == "is" and asked in ("defined", "undefined")


def _as_lookup(scan: Scan, chain: Chain, links: list[int], edits: _Edits) -> None:
    """Turn `a.b[c]` into `_find(a, "b", (c)).value`, which is undefined when any link is missing."""
    tokens = scan.tokens
    edits.insert(tokens.starts[chain.start], "_find(", _OPEN_LOOKUP)
    for link in links:
        closing = tokens.closing.get(link)
        if closing is None:
            key = tokens.texts[link + 1]
            written = key if tokens.kinds[link + 1] == INTEGER else f'"{key}"'
            edits.replace(tokens.starts[link], tokens.end(link + 1), f", {written}")
        else:
            edits.replace(tokens.starts[link], tokens.end(link), ", (")
            edits.replace(tokens.starts[closing], tokens.end(closing), ")")
    edits.insert(tokens.end(chain.end - 1), ").value")


def _links(scan: Scan, chain: Chain) -> list[int] | None:
    """Return the dots and brackets of a chain itself; None when it has a call or a slice."""
    tokens, found = scan.tokens, list[int]()
    index = chain.primary_end
    while index < chain.end:
        closing = tokens.closing.get(index)
        if closing is not None and (tokens.texts[index] == "(" or _is_slice(scan, index, closing)):
            return None
        found.append(index)
        index = index + 2 if closing is None else closing + 1
    return found


def _is_slice(scan: Scan, opening: int, closing: int) -> bool:
    index = opening + 1
    while index < closing:
        if scan.tokens.texts[index] == ":":
            return True
        index = scan.tokens.closing.get(index, index) + 1
    return False


def _charge_parts(scan: Scan, chain: Chain, edits: _Edits) -> None:
    """Turn `x[1:]` into `(x|_part)[1:]`; what is read from the context by name was charged for already."""
    tokens, index = scan.tokens, chain.primary_end
    while index < chain.end:
        if tokens.texts[index] == "[" and tokens.kinds[index + 1] != STRING:
            edits.insert(tokens.starts[chain.start], "(", _OPEN_METHOD)
            edits.insert(tokens.starts[index], "|_part)")
        index = tokens.closing.get(index, index) + 1


def _is_whole_element(scan: Scan, chain: Chain) -> bool:
    """Return whether a chain is a whole element of a list or object, or a whole argument."""
    texts = scan.tokens.texts
    starts = texts[chain.start - 1] in ("[", "{", ",", ":", "=", "(")
    return starts and texts[chain.end] in ("]", ")", "}", ",")


def _guard_operator(scan: Scan, index: int, edits: _Edits) -> None:
    tokens = scan.tokens
    if tokens.kinds[index - 1] in (OPEN_VALUE, OPEN_STATEMENT) or tokens.texts[index - 1] in ("(", ","):
        return
    sign, end = tokens.texts[index], _operand_end(scan, index + 1)
    left = "" if tokens.texts[index - 2] == "." else tokens.kinds[index - 1]
    right = tokens.kinds[index + 1] if end == index + 2 else ""
    numbers = (INTEGER, FLOAT)
    if sign == "+" and (left in numbers or right in numbers):
        return
    exempt = numbers if sign == "*" else (*numbers, STRING)
    if left not in exempt:
        edits.insert(tokens.end(index - 1), _BINARY[sign], _OPERAND)
    if right not in exempt:
        edits.insert(tokens.end(end - 1), _BINARY[sign], _OPERAND)


def _guard_membership(scan: Scan, index: int, edits: _Edits) -> None:
    tokens = scan.tokens
    if tokens.texts[index - 1] in (".", "|", "is"):
        return
    end = _operand_end(scan, index + 1)
    literal_end = tokens.closing.get(index + 1, index + 1) + 1
    is_literal = tokens.kinds[index + 1] == STRING or tokens.texts[index + 1] == "["
    if not (is_literal and end == literal_end):
        edits.insert(tokens.end(end - 1), "|_members", _OPERAND)


def _operand_end(scan: Scan, index: int) -> int:
    """Return the index behind the operand that begins at a token: signs, primary, chain and filters."""
    tokens = scan.tokens
    while tokens.texts[index] == "-":
        index += 1
    index = tokens.closing.get(index, index) + 1
    while tokens.kinds[index] == STRING:
        index += 1
    while True:
        if tokens.texts[index] in (".", "|"):
            index += 2
        elif tokens.texts[index] in ("[", "(") and index in tokens.closing:
            index = tokens.closing[index] + 1
        else:
            return index


def _guard_binding(scan: Scan, tag: int, sign: int, edits: _Edits) -> None:
    """Wrap what a `for` runs over or a `set` assigns."""
    tokens, end = scan.tokens, scan.tokens.closes[tag]
    is_loop = tokens.texts[tag + 1] == "for"
    if sign + 1 >= end:
        return
    stop = end_of_iterable(tokens, tag, sign)
    if tokens.texts[sign + 1] == "namespace" and tokens.closing.get(sign + 2) == end - 1:
        _keep_arguments(scan, sign + 2, edits)
        return
    wrap = f")|_each({_text_per_turn(scan, end)})" if is_loop else ")|_keep"
    edits.insert(tokens.starts[sign + 1], "(", _OPEN_WRAP)
    edits.insert(tokens.end(stop - 1), wrap, _WRAP)


def _keep_arguments(scan: Scan, opening: int, edits: _Edits) -> None:
    """Wrap each value in `namespace(name=value, …)`; the namespace itself must stay what it is."""
    tokens, index, start = scan.tokens, opening + 1, opening + 1
    while index <= tokens.closing[opening]:
        if tokens.texts[index] == "=":
            start = index + 1
        elif tokens.texts[index] == "," or index == tokens.closing[opening]:
            if start < index:
                edits.insert(tokens.starts[start], "(", _OPEN_WRAP)
                edits.insert(tokens.end(index - 1), ")|_keep", _WRAP)
            start = index + 1
        index = tokens.closing.get(index, index) + 1


def _text_per_turn(scan: Scan, index: int) -> int:
    """Return how many characters of literal text one turn of the loop behind a tag writes by itself."""
    tokens, total, depth = scan.tokens, 0, 1
    for at in range(index + 1, len(tokens)):
        word = tokens.texts[at + 1] if tokens.kinds[at] == OPEN_STATEMENT else ""
        depth += (word == "for") - (word == "endfor")
        if depth == 0:
            break
        if tokens.kinds[at] == RAW and depth == 1:
            total += len(tokens.texts[at])
    return total
