"""How much an evaluation may do. Deterministic, unlike a clock: a replayed workflow decides the same.

MiniJinja's fuel counts instructions. This counts what the instructions copy and call, in units of some twenty
nanoseconds: one a character, more for what is handled one by one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import ExpressionError

LIMIT = 6_000_000
ITEM = 20
"""Units for an item that a filter handles."""

READ = 30
"""Units for an item or member that MiniJinja reads: a call from it into Python, and a view."""

KEPT_TEXT = 256_000
"""The longest text in a variable: MiniJinja compares variables without a charge, in every turn of a loop."""


LOOP = 4_000_000
"""What the instructions of a text with statements may come to, in units: its loops may use all the fuel."""

TEMPLATE = 2_000
"""What the instructions of an expression come to."""


class _Evaluation(threading.local):
    left = 0
    spent = 0


_evaluation = _Evaluation()


@contextmanager
def allowance() -> Iterator[None]:
    """Grant the work of one evaluation to the code in the block."""
    before = _evaluation.left
    _evaluation.left = LIMIT
    try:
        yield
    finally:
        _evaluation.left = before


def charge(units: int) -> None:
    """Take units from the allowance; ExpressionError when it is used up."""
    _evaluation.left -= units
    _evaluation.spent += units
    if _evaluation.left < 0:
        raise ExpressionError(
            "The expression handles too much data: it may read about 200,000 items or 6 MB of text."
        )


def charge_items(count: int) -> None:
    """Take the price of `count` items."""
    charge(count * ITEM)


def charge_instructions(text: str) -> None:
    """Count the instructions of a text that MiniJinja evaluates: its fuel limits them, not the allowance."""
    _evaluation.spent += LOOP if "{%" in text else TEMPLATE


def spent() -> int:
    """Return the units this thread has spent so far; the same evaluation spends the same when replayed."""
    return _evaluation.spent
