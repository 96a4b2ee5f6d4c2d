"""The names that expressions may use; anything else is a mistake that is found before a run."""

import difflib
from functools import lru_cache

from engine.expressions._filters import FILTERS as _FILTERS
from engine.expressions._methods import METHODS as _METHODS
from engine.expressions._tests import TESTS as _TESTS

ROOTS = frozenset({"inputs", "nodes", "run", "secrets"})
"""Names that an expression has anywhere; no variable can have them."""

PASS_NAMES = frozenset({"item", "index", "last", "result"})
"""Names that are there in a pass of a map or a loop."""

PLACED = PASS_NAMES | {"trigger", "outputs"}
"""Names that are there only in some places, also `trigger` in a trigger's inputs and `outputs` in its answer.

A variable of the same name hides them."""

READABLE = ROOTS | PLACED
FUNCTIONS = frozenset({"range", "dict", "namespace"})
FILTERS = frozenset(_FILTERS) | {"default", "d"}
METHODS = frozenset(_METHODS)
TESTS = frozenset(_TESTS)


@lru_cache(maxsize=1_000)
def did_you_mean(name: str, known: frozenset[str]) -> str:
    """Return a hint that names the most similar of the known names; empty when none is similar."""
    similar = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean “{similar[0]}”?" if similar else ""
