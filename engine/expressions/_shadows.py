"""Where a text's own variables hide a name: `{% for item in item.parts %}` reads the item once."""

from collections import Counter
from functools import cached_property

from engine.expressions._names import PLACED
from engine.expressions._tokens import OPEN_STATEMENT, Tokens


class Shadows:
    """What is hidden at a token, while a text is read from its beginning to its end.

    The variable of a loop is there from the loop's condition to its end, one that is set from behind its tag
    to the end of the loop that it stands in.
    """

    def __init__(self, tokens: Tokens) -> None:
        """Begin before the first token."""
        self._tokens = tokens
        self._changes: dict[int, list[tuple[str, int]]] = {}
        self._hidden: Counter[str] = Counter()

    def __contains__(self, name: str) -> bool:
        """Whether a name of the place means a variable here."""
        return self._hidden[name] > 0

    def add(self, tag: int, sign: int) -> None:
        """Note what a `for` or `set` binds; `sign` is where its `in` or `=` stands."""
        texts = self._tokens.texts
        for at in range(tag + 2, sign):
            if texts[at] in PLACED and "." not in (texts[at - 1], texts[at + 1]):
                begin = end_of_iterable(self._tokens, tag, sign)
                self._changes.setdefault(begin, []).append((texts[at], 1))
                self._changes.setdefault(self._ends.get(tag, len(texts)), []).append((texts[at], -1))

    def move_to(self, index: int) -> None:
        """Go on to a token."""
        for name, change in self._changes.get(index, ()):
            self._hidden[name] += change

    @cached_property
    def _ends(self) -> dict[int, int]:
        """The end of the loop that a `for` begins or a `set` stands in, by their tags."""
        ends: dict[int, int] = {}
        loops: list[list[int]] = [[]]
        for tag in self._tokens.tags:
            word = self._tokens.texts[tag + 1] if self._tokens.kinds[tag] == OPEN_STATEMENT else ""
            if word == "set":
                loops[-1].append(tag)
            elif word == "for":
                loops.append([tag])
            elif word == "endfor" and len(loops) > 1:
                ends |= dict.fromkeys(loops.pop(), tag)
        return ends


def end_of_iterable(tokens: Tokens, tag: int, sign: int) -> int:
    """Return where a loop's condition begins, or else where its tag, or that of a `set`, is closed."""
    end, is_loop = tokens.closes[tag], tokens.texts[tag + 1] == "for"
    stop = sign + 1
    while stop < end and not (is_loop and tokens.texts[stop] == "if" and tokens.texts[stop - 1] != "."):
        stop = tokens.closing.get(stop, stop) + 1
    return stop
