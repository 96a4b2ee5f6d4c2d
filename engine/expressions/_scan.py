"""What an expression's tokens say without evaluating them: names read, filters used, what is not allowed.

MiniJinja's own analysis misses names (`nodes.a.output[:3]`, `nodes["a"]`) and does not tell filters and
functions; an unknown one would only show when a run gets there.
"""

from dataclasses import dataclass

from engine.expressions._names import (
    FILTERS,
    FUNCTIONS,
    METHODS,
    READABLE,
    ROOTS,
    TESTS,
    did_you_mean,
)
from engine.expressions._shadows import Shadows
from engine.expressions._tokens import INTEGER, NAME, OPEN_STATEMENT, OPEN_VALUE, OPERATOR, STRING, Tokens

Path = tuple[str | int, ...]
"""A name and the keys that are read below it: `("nodes", "fetch", "output", "items", 0)`."""

CONSTANTS = frozenset({"true", "True", "false", "False", "none", "None"})
WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else", "recursive"})
STATEMENTS = frozenset({"if", "elif", "else", "endif", "for", "endfor", "set", "break", "continue"})


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with an expression that can be told without evaluating it."""

    code: str
    message: str
    hint: str = ""


@dataclass(slots=True)
class Chain:
    """A primary and what follows it: `items[0].title.upper()`, from token `start` up to token `end`.

    `path` is the part that is known without evaluating; `methods` are the tokens of method names.
    """

    start: int
    primary_end: int
    end: int
    path: Path
    methods: tuple[int, ...] = ()


class Scan:
    """One pass over the tokens of a string."""

    def __init__(self, tokens: Tokens) -> None:
        """Scan the tokens of one string."""
        self.tokens = tokens
        self.paths: set[Path] = set()
        self.faults: list[Fault] = []
        self.chains: list[Chain] = []
        self.bindings: dict[int, int] = {}
        self._targets: set[int] = set()
        self._locals: set[str] = set()
        self._shadows = Shadows(tokens)
        for tag in tokens.tags:
            if tokens.kinds[tag] == OPEN_STATEMENT:
                self._look_at_statement(tag)
        for index, kind in enumerate(tokens.kinds):
            self._shadows.move_to(index)
            if kind == NAME:
                self._look_at_name(index, tokens.texts[index])
            elif (kind == STRING and tokens.kinds[index - 1] != STRING) or (
                index in tokens.closing and not self._continues(index)
            ):
                self._add_chain(index, tokens.closing.get(index, index) + 1, ())

    def _fault(self, code: str, message: str, hint: str = "") -> None:
        fault = Fault(code, message, hint)
        if fault not in self.faults:
            self.faults.append(fault)

    def _look_at_statement(self, tag: int) -> None:
        word = self.tokens.texts[tag + 1]
        if word not in STATEMENTS:
            hint = "The statements are if, elif, else, for, set, break and continue."
            self._fault("forbidden-statement", f"“{{% {word} %}}” is not available.", hint)
        elif word == "for":
            self._look_at_binding(tag, "in")
            self._locals.add("loop")
            if self.tokens.texts[self.tokens.closes[tag] - 1] == "recursive":
                self._fault("forbidden-statement", "A recursive “{% for %}” is not available.")
        elif word == "set":
            self._look_at_binding(tag, "=")

    def _look_at_binding(self, tag: int, sign: str) -> None:
        """Note the names that a tag binds, and where the `in` or `=` behind them stands."""
        texts, end = self.tokens.texts, self.tokens.closes[tag]
        at = tag + 2
        while at < end and texts[at] != sign:
            if self.tokens.kinds[at] == NAME:
                self._targets.add(at)
                self._look_at_target(at, texts[at])
            at += 1
        self.bindings[tag] = at
        self._shadows.add(tag, at)
        if at == end and sign == "=":
            message = "A “{% set %}” must have a value."
            self._fault("forbidden-statement", message, "Write {% set name = … %}.")

    def _look_at_target(self, at: int, name: str) -> None:
        """Note a bound name; in `ns.total` it is the attribute of a namespace that is bound."""
        if self.tokens.texts[at - 1] == ".":
            return
        if name in ROOTS:
            self._fault("forbidden-name", f"“{name}” cannot be assigned.", "Choose another name.")
        if self.tokens.texts[at + 1] != ".":
            self._locals.add(name)

    def _continues(self, index: int) -> bool:
        """Return whether a bracket is a call or a subscript of what stands before it."""
        before, kind = self.tokens.texts[index - 1], self.tokens.kinds[index - 1]
        if self.tokens.texts[index] == "{":
            return False
        if kind == NAME:
            earlier = self.tokens.texts[index - 2]
            is_keyword = before in WORDS or self.tokens.kinds[index - 2] == OPEN_STATEMENT
            return not is_keyword or earlier in (".", "|")
        return before in (")", "]", "}") or kind in (STRING, INTEGER)

    def _look_at_name(self, index: int, name: str) -> None:
        texts = self.tokens.texts
        before = texts[index - 1]
        if before == "." or index in self._targets or self.tokens.kinds[index - 1] == OPEN_STATEMENT:
            return
        dotted = f"{name}.{texts[index + 2]}" if texts[index + 1] == "." else name
        if before == "|":
            self._known("unknown-filter", "filter", dotted, FILTERS)
        elif before == "is" or (before == "not" and texts[index - 2] == "is"):
            if name != "not":
                self._known("unknown-test", "test", dotted, TESTS)
        elif name in WORDS:
            self._look_at_word(index, name)
        elif name in CONSTANTS or (texts[index + 1] == "=" and before in ("(", ",")):
            return
        elif name in READABLE or name in self._locals:
            path = self._add_chain(index, index + 1, (name,))
            if name in READABLE and name not in self._shadows:
                self.paths.add(path)
        elif texts[index + 1] == "(":
            if name == "namespace" and index not in (binding + 1 for binding in self.bindings.values()):
                self._fault(
                    "forbidden-name", "“namespace” can only be assigned: {% set ns = namespace(n=0) %}."
                )
            self._known("unknown-function", "function", name, FUNCTIONS)
            self._add_chain(index, index + 1, ())
        elif name in FUNCTIONS:
            self._fault("unknown-name", f"“{name}” is a function; call it: {name}(…).")
        else:
            hint = did_you_mean(name, ROOTS | self._locals)
            hint = hint or "Expressions read inputs.NAME, nodes.ID.output, run.id and run.started_at."
            self._fault("unknown-name", f"There is no “{name}” here.", hint)

    def _look_at_word(self, index: int, name: str) -> None:
        """Refuse a word such as `in` where a value must stand; MiniJinja would take it for a name."""
        before, kind = self.tokens.texts[index - 1], self.tokens.kinds[index - 1]
        begins = kind in (OPEN_VALUE, OPERATOR) and before not in (")", "]", "}")
        begins = begins or self.tokens.kinds[index - 2] == OPEN_STATEMENT or before in WORDS
        if begins and name != "not" and (before, name) != ("not", "in"):
            self._fault("unknown-name", f"“{name}” cannot be the name of a value.")

    def _known(self, code: str, what: str, name: str, known: frozenset[str]) -> None:
        if name not in known:
            self._fault(code, f"There is no {what} “{name}”.", did_you_mean(name, known))

    def _add_chain(self, start: int, primary_end: int, path: Path) -> Path:
        """Record the chain that begins at a primary, and return the part of it that is known."""
        texts, closing = self.tokens.texts, self.tokens.closing
        end, methods, known = primary_end, list[int](), bool(path)
        while True:
            sign, key = texts[end], None
            if sign == ".":
                if texts[end + 2] == "(":
                    methods.append(end + 1)
                    self._look_at_method(start, texts[end + 1])
                    known = False
                key = self._key(end + 1)
                end += 2
            elif sign == "[" and end in closing:
                key = self._key(end + 1) if closing[end] == end + 2 else None
                end = closing[end] + 1
            elif sign == "(" and end in closing:
                end = closing[end] + 1
            else:
                break
            known = known and key is not None
            if known and key is not None:
                path = (*path, key)
        if end > primary_end or path:
            self.chains.append(Chain(start, primary_end, end, path, tuple(methods)))
        return path

    def _look_at_method(self, start: int, name: str) -> None:
        if self.tokens.texts[start] != "loop" or name != "cycle":
            self._known("unknown-method", "method", name, METHODS)

    def _key(self, index: int) -> str | int | None:
        """Return the key that a token stands for in a chain, or None when that is not known."""
        kind, text = self.tokens.kinds[index], self.tokens.texts[index]
        if kind == NAME and self.tokens.texts[index - 1] == ".":
            return text
        if kind == INTEGER and text.isdecimal():
            return int(text)
        if kind == STRING and "\\" not in text:
            return text[1:-1]
        return None
